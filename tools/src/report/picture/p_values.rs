use super::Picture;
use crate::{
    evaluate::findings::{Findings, Share},
    report::chart::{Axis, Frame, area, line, steps},
};
use maud::html;

/// How many standard deviations the band of chance is wide, on each side.
const BAND: f64 = 2.0;

/// The part of the rows with a p-value of at most p, against p.
pub fn draw(found: &Findings) -> Option<Picture> {
    let p_values = found.test.as_ref()?.p_values.as_ref()?;
    let smallest = p_values.curve.first()?.p;
    let low = smallest.min(0.5 / p_values.rows as f64);
    let size = [Picture::SIZE[0], 320.0];
    let frame = Frame::within(size, Axis::log(smallest, 1.0), Axis::log(low, 1.0));
    let at = |p: f64, share: f64| frame.at(p, share);
    let side = |sign: f64| -> Vec<[f64; 2]> {
        let edge = |it: &Share| at(it.p, it.p + sign * BAND * it.deviation);
        p_values.curve.iter().map(edge).collect()
    };
    let curve = steps(p_values.curve.iter().map(|it| at(it.p, it.share)));
    let largest = p_values.named.iter().max_by(|a, b| {
        let off = |it: &Share| (it.share - it.p).abs() / it.deviation.max(f64::MIN_POSITIVE);
        off(a).total_cmp(&off(b))
    });
    let off = largest.map_or(String::new(), |it| {
        format!(" The part of the rows at p = {} is {:.4}.", it.p, it.share)
    });
    Some(Picture {
        title: "P-values of normal rows".into(),
        alt: format!(
            "The part of {} normal rows whose p-value is at most p, against p, both on logarithmic \
             axes. Where the promise holds, the curve lies on the dashed diagonal or below it, since \
             the device rounds p-values up. The band is chance, two standard deviations.{off}",
            p_values.rows
        ),
        size,
        drawn: html! {
            (frame.draw("p", "part of the normal rows with a p-value of at most p"))
            path.soft d=(area(&side(1.0), &side(-1.0))) {}
            path.dash d=(line([at(smallest, smallest), at(1.0, 1.0)])) {}
            path.first d=(curve) {}
        },
    })
}
