use super::Picture;
use crate::{
    evaluate::findings::Findings,
    report::chart::{Axis, Frame, line, steps},
};
use maud::html;

/// The bottom of a bar on an axis that has no 0.
const BOTTOM: f64 = 0.5;

/// How many rows have which log_prob, with the threshold.
pub fn draw(found: &Findings) -> Option<Picture> {
    let test = found.test.as_ref()?;
    let histogram = test.histogram.as_ref()?;
    let anomalies = histogram.anomalies.as_ref();
    let all = [Some(&histogram.normal), anomalies];
    let most = all.into_iter().flatten().flat_map(|counts| &counts.bins).max().copied()?;
    let x = Axis::linear(histogram.low, histogram.high);
    let frame = Frame::within(Picture::SIZE, x, Axis::log(BOTTOM, 1.5 * most.max(1) as f64));
    let count = histogram.normal.bins.len();
    let edge =
        |i: usize| histogram.low + i as f64 / count as f64 * (histogram.high - histogram.low);
    let bars: String = (0..count)
        .filter(|&i| histogram.normal.bins[i] > 0)
        .map(|i| {
            let [left, top] = frame.at(edge(i), histogram.normal.bins[i] as f64);
            let [right, bottom] = frame.at(edge(i + 1), BOTTOM);
            let right = right - 0.8;
            line([[left, bottom], [left, top], [right, top], [right, bottom]]) + "Z"
        })
        .collect();
    let outline = anomalies.map(|counts| {
        let heights = counts.bins.iter().chain([&0]).enumerate();
        steps(heights.map(|(i, &rows)| frame.at(edge(i), (rows as f64).max(BOTTOM))))
    });
    let threshold = found.promise.as_ref().map(|promise| f64::from(promise.threshold));
    let below: usize = all.into_iter().flatten().map(|counts| counts.below).sum();
    let impossible: usize = all.into_iter().flatten().map(|counts| counts.impossible).sum();
    let mut alt = format!(
        "How many of {} rows have which log_prob, from {:.2} to {:.2} nats, on a logarithmic axis.",
        test.rows, histogram.low, histogram.high
    );
    if let Some(threshold) = threshold {
        alt += &format!(" The threshold is {threshold:.3} nats.");
    }
    if anomalies.is_some() {
        alt += " Bars are normal rows, the line is anomalies.";
    }
    if below + impossible > 0 {
        alt += &format!(
            " {below} rows lie further to the left, and {impossible} are impossible for the model."
        );
    }
    Some(Picture {
        title: "Log_probs of the test rows".into(),
        alt,
        size: Picture::SIZE,
        drawn: html! {
            (frame.draw("log_prob in nats", "rows, on a logarithmic axis"))
            path.bar d=(bars) {}
            @if let Some(outline) = outline { path.solid d=(outline) {} }
            @if let Some(threshold) = threshold {
                @let [x, _] = frame.at(threshold, 1.0);
                path.second d=(line([[x, frame.top], [x, frame.ends()[1]]])) {}
                @if x < frame.left + frame.width / 2.0 {
                    text.word x=((x + 4.0).round()) y="36" { "threshold" }
                } @else {
                    text.end.word x=((x - 4.0).round()) y="36" { "threshold" }
                }
            }
        },
    })
}
