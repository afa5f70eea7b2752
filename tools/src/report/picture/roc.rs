use super::Picture;
use crate::{
    evaluate::findings::Findings,
    report::chart::{Axis, Frame, line},
};
use maud::html;

/// Detection against false alarms, for each threshold.
pub fn draw(found: &Findings) -> Option<Picture> {
    let test = found.test.as_ref()?;
    let roc = test.roc.as_ref()?;
    let area = test.evaluation.detection.as_ref()?.auroc;
    let size = [Picture::SIZE[0], 320.0];
    let frame = Frame::within(size, Axis::linear(0.0, 1.0), Axis::linear(0.0, 1.0));
    let curve = roc.curve.iter().map(|it| frame.at(it.false_alarms, it.detected));
    let at_threshold = roc.at_threshold.map_or(String::new(), |it| {
        format!(
            " At the threshold {:.2} % of the anomalies and {:.2} % of the normal rows are below it.",
            100.0 * it.detected,
            100.0 * it.false_alarms
        )
    });
    Some(Picture {
        title: "Detection against false alarms".into(),
        alt: format!(
            "The part of the anomalies below each threshold against the part of the normal rows below \
             it. The area below the curve is {area:.4}, chance is 0.5.{at_threshold}"
        ),
        size,
        drawn: html! {
            (frame.draw("part of the normal rows: false alarms", "part of the anomalies: detected"))
            path.dash d=(line([frame.at(0.0, 0.0), frame.at(1.0, 1.0)])) {}
            path.first d=(line(curve)) {}
            @if let Some(it) = roc.at_threshold {
                @let [x, y] = frame.at(it.false_alarms, it.detected);
                circle.ring cx=(x.round()) cy=(y.round()) r="5" {}
                text.word x=((x + 10.0).round()) y=((y + 4.0).clamp(40.0, 260.0).round()) {
                    "at the threshold"
                }
            }
        },
    })
}
