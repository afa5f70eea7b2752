//! The part of the plane that a panel shows, and the numbers beside it.

use plotters::coord::{ranged1d::Ranged, types::RangedCoordf64};
use std::ops::Range;

/// The part of the plane that a panel shows, and the names of the two features.
///
/// A panel is drawn to scale, unless one side would be more than twice as long as the other. Then
/// the features are taken to have units of their own, and the panel is square.
#[derive(Clone, Debug, PartialEq)]
pub struct Axes {
    /// The range of x, from left to right.
    pub x: Range<f32>,
    /// The range of y, from bottom to top.
    pub y: Range<f32>,
    /// The labels of x and y; may be empty.
    pub labels: [String; 2],
}

/// The largest ratio of two sides with which a panel is drawn to scale.
const SLIMMEST: f64 = 2.0;

impl Axes {
    /// Axes around the points with a margin, labelled x and y.
    ///
    /// Far outliers, at most 1 % on each side, do not shrink the picture: the axes reach at most a
    /// quarter of the range of the other points beyond it. Points that are not finite are ignored.
    pub fn around(points: &[[f32; 2]]) -> Self {
        let range = |i: usize| {
            around(points.iter().map(|point| point[i]).filter(|value| value.is_finite()).collect())
        };
        Axes { x: range(0), y: range(1), labels: ["x".into(), "y".into()] }
    }

    /// The height of a panel divided by its width.
    pub(super) fn aspect(&self) -> f64 {
        let [x, y] = [&self.x, &self.y].map(span);
        let aspect = (y.end - y.start) / (x.end - x.start);
        if (1.0 / SLIMMEST..=SLIMMEST).contains(&aspect) { aspect } else { 1.0 }
    }
}

/// The range around numbers, with a margin.
fn around(mut values: Vec<f32>) -> Range<f32> {
    values.sort_unstable_by(f32::total_cmp);
    let (Some(&min), Some(&max)) = (values.first(), values.last()) else {
        return -1.0..1.0;
    };
    let most = values.len() - 1;
    let (near_low, near_high) =
        (f64::from(values[most / 100]), f64::from(values[most - most / 100]));
    let slack = 0.25 * (near_high - near_low);
    let low = f64::from(min).max(near_low - slack);
    let high = f64::from(max).min(near_high + slack);
    // A single value gets a range that its magnitude can resolve.
    let margin = if high > low { 0.08 * (high - low) } else { 1.0_f64.max(0.1 * low.abs()) };
    ((low - margin) as f32).max(f32::MIN)..((high + margin) as f32).min(f32::MAX)
}

/// The range in f64.
pub(super) fn span(range: &Range<f32>) -> Range<f64> {
    range.start.into()..range.end.into()
}

/// The text of a number beside a panel.
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

/// The texts of the numbers that plotters puts beside a panel, at most `count`.
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
