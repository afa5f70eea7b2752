use super::Picture;
use crate::{
    evaluate::findings::{Findings, Pair},
    report::chart::{Axis, Frame, dots, fitted},
};
use maud::html;

/// The distance between the two panels.
const GAP: f64 = 22.0;

/// The height of a picture.
const HEIGHT: f64 = 240.0;

/// Rows on the left, samples on the right, for each pair of features.
pub fn draw(found: &Findings) -> Vec<Picture> {
    let Some((pairs, kind)) = found.pairs.as_ref().zip(found.rows) else { return Vec::new() };
    pairs.worst.iter().map(|pair| picture(pair, kind)).collect()
}

fn picture(pair: &Pair, kind: &str) -> Picture {
    let [x, y] = pair.ranges.map(|[low, high]| Axis::linear(low, high));
    let size = [Picture::SIZE[0], HEIGHT];
    let left = 12.0 + Frame::numbers(&y, HEIGHT);
    let width = (size[0] - left - GAP - 20.0) / 2.0;
    let frame = |i: usize| Frame {
        left: left + i as f64 * (width + GAP),
        top: 40.0,
        width,
        height: HEIGHT - 80.0,
        x,
        y,
    };
    let panels = [(kind, frame(0), &pair.rows), ("samples", frame(1), &pair.sampled)];
    let inside = |points: &[[f32; 2]], frame: &Frame| {
        let inside = points.iter().map(|point| point.map(f64::from));
        let inside = inside.filter(|&[a, b]| x.contains(a) && y.contains(b));
        dots(inside.map(|[a, b]| frame.at(a, b)))
    };
    let [a, b] = &pair.features;
    Picture {
        title: format!("{a} and {b}"),
        alt: format!(
            "On the left {} {kind}, on the right {} samples of the model, {b} against {a}. \
             They differ by {:.3}, where chance gives {:.3}.",
            pair.rows.len(),
            pair.sampled.len(),
            pair.misfit,
            pair.by_chance
        ),
        size,
        drawn: html! {
            text.name x="4" y="13" { (fitted(b, 32.0)) }
            text.name.mid x=((left + width + GAP / 2.0).round()) y=(HEIGHT - 7.0) { (fitted(a, 32.0)) }
            @for (i, (word, frame, points)) in panels.iter().enumerate() {
                (frame.numbered(i == 0))
                text.mid x=((frame.left + frame.width / 2.0).round()) y="33" { (word) }
                path.dots d=(inside(points, frame)) {}
            }
        },
    }
}
