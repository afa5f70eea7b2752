use super::Picture;
use crate::{
    evaluate::findings::{Findings, Span},
    report::chart::{Axis, Frame, line},
};
use maud::html;

/// How far the axis reaches below the threshold, relative to what is above it.
const BELOW: f64 = 1.5;

/// The log_probs row by row: the lowest and the median of each span, with the alarms.
pub fn draw(found: &Findings) -> Option<Picture> {
    let test = found.test.as_ref()?;
    let spans = &test.timeline.spans;
    let medians = || spans.iter().filter_map(|span| span.median.map(f64::from));
    let high = medians().reduce(f64::max)?;
    let mut lows: Vec<f64> = spans.iter().filter_map(|it| it.lowest.map(f64::from)).collect();
    lows.sort_unstable_by(f64::total_cmp);
    let quarter = lows.get(lows.len() / 4).copied().unwrap_or(high);
    let threshold = found.promise.as_ref().map(|it| f64::from(it.threshold));
    let anchor = threshold.unwrap_or(quarter).min(high);
    let lowest = lows.first().copied().unwrap_or(high).min(anchor);
    let low = lowest.max(anchor - BELOW * (high - anchor).max(0.5));
    let high = threshold.map_or(high, |threshold| threshold.max(high));
    let margin = 0.06 * (high - low);
    let size = [Picture::SIZE[0], 290.0];
    let rows = Axis::linear(1.0, test.rows as f64);
    let frame = Frame::within(size, rows, Axis::linear(low - margin, high + margin));
    let curve = |of: fn(&Span) -> Option<f32>| {
        // A span with an impossible row, or with one far below, is at the lower edge.
        let edge = low - margin;
        let value = |span: &Span| of(span).map_or(edge, |x| f64::from(x).max(edge));
        line(spans.iter().map(|span| frame.at(span.first as f64, value(span))))
    };
    let at = |span: &&Span| frame.at(span.first as f64, 0.0)[0];
    let triangles: String = spans
        .iter()
        .filter(|span| span.in_alarm)
        .map(|span| at(&span))
        .map(|x| line([[x - 3.5, 17.0], [x + 3.5, 17.0], [x, 23.0]]) + "Z")
        .collect();
    let bottom = frame.ends()[1];
    let ticks: String = spans
        .iter()
        .filter(|span| span.anomalies > 0)
        .map(|span| at(&span))
        .map(|x| line([[x, bottom - 7.0], [x, bottom]]))
        .collect();
    let mut alt = format!(
        "The log_probs of {} rows in their order: the thick line is the median of a span, the thin one \
         its lowest row.",
        test.rows
    );
    if let Some(alarms) = test.timeline.alarms {
        alt += &format!(" {alarms} alarms. Triangles above mark the spans in alarm.");
    }
    if test.roc.is_some() {
        alt += " Short strokes below mark rows labelled as anomalies.";
    }
    if lowest < low {
        alt += &format!(" What is below {low:.1} nats is at the lower edge.");
    }
    Some(Picture {
        title: "Log_prob row by row".into(),
        alt,
        size,
        drawn: html! {
            (frame.draw("row", "log_prob in nats"))
            path.thin d=(curve(|span| span.lowest)) {}
            path.first d=(curve(|span| span.median)) {}
            path.solid d=(ticks) {}
            @if let Some(threshold) = threshold { (frame.level(threshold, "threshold")) }
            path.mark d=(triangles) {}
        },
    })
}
