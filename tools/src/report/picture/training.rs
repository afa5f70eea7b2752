use super::Picture;
use crate::{
    evaluate::findings::Findings,
    report::chart::{Axis, Frame, line},
};
use maud::html;

/// How far above the best look the axis reaches, relative to where the median look is.
const ABOVE: f64 = 6.0;

/// The curve of the looks at the held-out rows, run after run.
pub fn draw(found: &Findings) -> Option<Picture> {
    let runs = &found.card.training.looks;
    let moved = |start: usize, look: &(usize, f64)| (start + look.0, look.1);
    let starts: Vec<usize> = runs
        .iter()
        .scan(0, |steps, run| {
            let start = *steps;
            *steps += run.last().map_or(0, |look| look.0);
            Some(start)
        })
        .collect();
    let looks = || {
        let with_start = starts.iter().zip(runs);
        with_start.flat_map(|(&start, run)| run.iter().map(move |look| moved(start, look)))
    };
    let (step, nats) = looks().min_by(|a, b| a.1.total_cmp(&b.1))?;
    let mut sorted: Vec<f64> = looks().map(|look| look.1).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let (median, most) = (sorted[sorted.len() / 2], sorted[sorted.len() - 1]);
    let top = most.min(nats + ABOVE * (median - nats).max(0.01));
    let last = looks().map(|look| look.0).max()?.max(1) as f64;
    let low = nats - 0.08 * (top - nats);
    let frame = Frame::within(Picture::SIZE, Axis::linear(0.0, last), Axis::linear(low, top));
    let curve = |(&start, run): (&usize, &Vec<(usize, f64)>)| {
        line(run.iter().map(|look| moved(start, look)).map(|(x, y)| frame.at(x as f64, y)))
    };
    let curves: String = starts.iter().zip(runs).map(curve).collect();
    let [x, y] = frame.at(step as f64, nats);
    let of_runs = if runs.len() > 1 { format!(" of {} runs", runs.len()) } else { String::new() };
    let cut =
        if top < most { format!(" Looks above {top:.2} nats are cut off.") } else { String::new() };
    Some(Picture {
        title: "Training curve".into(),
        alt: format!(
            "The mean negative log-likelihood of the held-out rows against the steps{of_runs}. The best \
             look has {nats:.4} nats at step {step}.{cut}"
        ),
        size: Picture::SIZE,
        drawn: html! {
            (frame.draw("steps of all runs, one after another", "nats of the held-out rows"))
            @for start in starts.iter().skip(1) {
                @let [x, _] = frame.at(*start as f64, 0.0);
                path.dash d=(line([[x, frame.top], [x, frame.ends()[1]]])) {}
            }
            path.first d=(curves) {}
            circle.ring cx=(x.round()) cy=(y.round()) r="4" {}
        },
    })
}
