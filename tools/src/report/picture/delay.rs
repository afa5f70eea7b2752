use super::Picture;
use crate::{
    evaluate::findings::Findings,
    report::chart::{Axis, Frame, steps},
};
use maud::html;

/// How many stretches of anomalies were found after how many readings; nothing where each was found at
/// once.
pub fn draw(found: &Findings) -> Option<Picture> {
    let delays = found.test.as_ref()?.delays.as_ref()?;
    let longest = delays.longest.filter(|&longest| longest > 0)?;
    let end = (longest as f64 * 1.05).max(1.0);
    let x = Axis::linear(0.0, end);
    let frame = Frame::within(Picture::SIZE, x, Axis::linear(0.0, delays.stretches as f64));
    let found = |delay: f64, by: usize| frame.at(delay, by as f64);
    let curve = delays.curve.iter().map(|&(delay, by)| found(delay as f64, by));
    let points = [found(0.0, 0)].into_iter().chain(curve).chain([found(end, delays.found)]);
    Some(Picture {
        title: "Delay of the alarm".into(),
        alt: format!(
            "How many of {} stretches of anomalies are in alarm after how many readings: {} are found, \
             half of those within {} readings, the last after {longest}.",
            delays.stretches,
            delays.found,
            delays.median.unwrap_or(0)
        ),
        size: Picture::SIZE,
        drawn: html! {
            (frame.draw("readings since the anomaly began", "stretches of anomalies in alarm"))
            path.first d=(steps(points)) {}
        },
    })
}
