//! What part of the plane is shown, and the numbers beside it.

use plotters::coord::{ranged1d::Ranged, types::RangedCoordf64};
use std::ops::Range;

/// What part of the plane a panel shows, and the names of the two features.
///
/// A panel is drawn to scale unless that would make it more than twice as wide as high, or as high
/// as wide: then its features are taken to have units of their own, and it is square.
#[derive(Clone, Debug, PartialEq)]
pub struct Axes {
    /// From left to right.
    pub x: Range<f32>,
    /// From bottom to top.
    pub y: Range<f32>,
    /// Of x and y; may be empty.
    pub labels: [String; 2],
}

/// More than this, and a panel is not drawn to scale.
const SLIMMEST: f64 = 2.0;

impl Axes {
    /// Around the points with a margin, labelled x and y.
    ///
    /// A few far outliers, at most 1% on each side, do not shrink the rest: beyond them the axes
    /// reach no further than a quarter of the others' range. Points that are not finite are
    /// ignored.
    pub fn around(points: &[[f32; 2]]) -> Self {
        let range = |i: usize| {
            around(points.iter().map(|point| point[i]).filter(|value| value.is_finite()).collect())
        };
        Axes { x: range(0), y: range(1), labels: ["x".into(), "y".into()] }
    }

    /// A panel's height relative to its width.
    pub(super) fn aspect(&self) -> f64 {
        let [x, y] = [&self.x, &self.y].map(span);
        let aspect = (y.end - y.start) / (x.end - x.start);
        if (1.0 / SLIMMEST..=SLIMMEST).contains(&aspect) { aspect } else { 1.0 }
    }
}

fn around(mut values: Vec<f32>) -> Range<f32> {
    values.sort_unstable_by(f32::total_cmp);
    let (Some(&min), Some(&max)) = (values.first(), values.last()) else {
        return -1.0..1.0;
    };
    let most = values.len() - 1;
    let (low, high) = (f64::from(values[most / 100]), f64::from(values[most - most / 100]));
    let slack = 0.25 * (high - low);
    let (low, high) = (f64::from(min).max(low - slack), f64::from(max).min(high + slack));
    // one value only: a range that its magnitude can resolve
    let margin = if high > low { 0.08 * (high - low) } else { 1.0_f64.max(0.1 * low.abs()) };
    ((low - margin) as f32).max(f32::MIN)..((high + margin) as f32).min(f32::MAX)
}

pub(super) fn span(range: &Range<f32>) -> Range<f64> {
    range.start.into()..range.end.into()
}

/// How a number beside a panel is written.
pub(super) fn number(range: &Range<f32>) -> impl Fn(&f64) -> String + use<> {
    let Range { start, end } = span(range);
    let (width, largest) = (end - start, start.abs().max(end.abs()));
    move |value| {
        let value = if value.abs() < 1e-6 * width { 0.0 } else { *value as f32 };
        let text = if value == 0.0 || (1e-3..1e6).contains(&largest) {
            value.to_string()
        } else {
            format!("{value:e}")
        };
        text.replace('-', "\u{2212}")
    }
}

/// The numbers that plotters puts beside a panel, up to `count`.
pub(super) fn numbers(range: &Range<f32>, count: usize) -> Vec<String> {
    RangedCoordf64::from(span(range)).key_points(count).iter().map(number(range)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        let written = |range, count| numbers(&range, count).join(" ");
        assert_eq!(written(-0.7..0.7, 9), "−0.6 −0.4 −0.2 0 0.2 0.4 0.6");
        assert_eq!(written(995.0..1005.0, 6), "996 998 1000 1002 1004");
        assert_eq!(written(21.9975..22.0045, 4), "21.998 22 22.002 22.004");
        assert_eq!(written(0.0..7e-6, 4), "0 2e−6 4e−6 6e−6");
        assert_eq!(written(f32::MIN..f32::MAX, 3), "−2e38 0 2e38");
        assert_eq!(written(0.0..1.0, 0), "");
    }

    #[test]
    fn axes_leave_a_margin_around_the_points() {
        let axes = Axes::around(&[[0.0, 5.0], [1.0, 7.0], [f32::NAN, f32::INFINITY]]);
        assert_eq!((axes.x, axes.y), (-0.08..1.08, 4.84..7.16));
    }

    #[test]
    fn axes_are_not_stretched_by_an_outlier() {
        let mut points: Vec<[f32; 2]> = (0..=1000).map(|i| [i as f32, 0.0]).collect();
        points.push([1e9, 0.0]);
        let axes = Axes::around(&points);
        assert!(
            (-100.0..0.0).contains(&axes.x.start) && (1000.0..1400.0).contains(&axes.x.end),
            "{axes:?}"
        );
    }

    #[test]
    fn axes_of_any_points_have_an_extent() {
        for points in [&[][..], &[[3.0, -1e30]], &[[f32::NAN; 2]], &[[f32::MIN; 2], [f32::MAX; 2]]]
        {
            let Axes { x, y, .. } = Axes::around(points);
            assert!(
                x.start < x.end && y.start < y.end && x.end.is_finite(),
                "{points:?}: {x:?} {y:?}"
            );
        }
    }

    #[test]
    fn panels_are_to_scale_unless_they_would_be_slim() {
        let aspect =
            |x: f32, y: f32| Axes { x: 0.0..x, y: 0.0..y, labels: Default::default() }.aspect();
        assert_eq!(
            [aspect(2.0, 1.0), aspect(1.0, 2.0), aspect(1.0, 1000.0), aspect(1000.0, 1.0)],
            [0.5, 2.0, 1.0, 1.0]
        );
    }
}
