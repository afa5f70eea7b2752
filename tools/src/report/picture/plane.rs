use super::Picture;
use crate::{
    evaluate::findings::{Findings, Plane},
    report::chart::{Axis, Frame, line},
};
use contour::ContourBuilder;
use maud::html;

/// Shades, from the contour of the alarm up.
const SHADES: usize = 8;

/// So many nats below the lowest contour a log_prob ends, so that no contour comes from an impossible
/// point.
const DEEP: f64 = 30.0;

/// The log_prob over the plane, with the alarm contour.
pub fn draw(found: &Findings) -> Option<Picture> {
    let plane = found.plane.as_ref()?;
    let [a, b] = &found.card.features[..] else { return None };
    let [x, y] = plane.ranges.map(|[low, high]| Axis::linear(low, high));
    let size = [Picture::SIZE[0], 340.0];
    let frame = Frame::within(size, x, y);
    let highest = plane.log_probs.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let threshold = found.promise.as_ref().map(|promise| promise.threshold);
    let lowest = threshold.unwrap_or(plane.rare);
    let [lowest, highest] = [f64::from(lowest), f64::from(highest)];
    if !highest.is_finite() || highest <= lowest {
        return None;
    }
    let level = |i: usize| lowest + i as f64 / SHADES as f64 * (highest - lowest);
    let levels: Vec<f64> = (0..SHADES).map(level).collect();
    let shades = contours(plane, &levels, &frame)?;
    let edge = match threshold {
        Some(threshold) => format!(
            "The dashed contour is the threshold of the alarm, {threshold:.3} nats: readings outside \
             are below it."
        ),
        None => format!(
            "The lowest contour is at {lowest:.2} nats: one sample in a hundred lies outside."
        ),
    };
    let given = match &plane.context[..] {
        "" => String::new(),
        context => format!(" at {context}"),
    };
    Some(Picture {
        title: format!("Log_prob over the plane{given}"),
        alt: format!(
            "Shades of log_prob{given} from {lowest:.2} to {highest:.2} nats, the stronger the more \
             probable, {b} against {a}. {edge}"
        ),
        size,
        drawn: html! {
            (frame.draw(a, b))
            @for shade in &shades { path.layer d=(shade) {} }
            @if threshold.is_some() { path.second d=(shades.first().map_or("", String::as_str)) {} }
        },
    })
}

/// The outline of where the log_prob is at least at each level; `None` where there is none.
fn contours(plane: &Plane, levels: &[f64], frame: &Frame) -> Option<Vec<String>> {
    let deepest = levels.first()? - DEEP;
    let values: Vec<f64> =
        plane.log_probs.iter().map(|&value| f64::from(value).max(deepest)).collect();
    let points = plane.points as f64;
    let found = ContourBuilder::new(plane.points, plane.points, true).contours(&values, levels);
    let place = |along: usize, at: f64| {
        let [low, high] = plane.ranges[along];
        low + at / points * (high - low)
    };
    let outline = |contour: contour::Contour| {
        let polygons = contour.geometry().iter();
        let rings = polygons.flat_map(|it| [it.exterior()].into_iter().chain(it.interiors()));
        rings
            .map(|ring| {
                line(ring.coords().map(|at| frame.at(place(0, at.x), place(1, at.y)))) + "Z"
            })
            .collect()
    };
    Some(found.ok()?.into_iter().map(outline).collect())
}
