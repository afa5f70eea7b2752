//! What part of the plane is shown, and its ticks.

use std::ops::Range;

/// What part of the plane a panel shows, and the names of the two features.
///
/// A panel is drawn to scale unless that would make it more than twice as wide as high, or as high as wide: then its features
/// are taken to have units of their own, and it is square.
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
const SLIMMEST: f32 = 2.0;

impl Axes {
    /// Around the points with a margin, labelled x and y.
    ///
    /// A few far outliers, at most 1% on each side, do not shrink the rest: beyond them the axes reach no further than a
    /// quarter of the others' range. Points that are not finite are ignored.
    pub fn around(points: &[[f32; 2]]) -> Self {
        let range = |i: usize| around(points.iter().map(|point| point[i]).filter(|value| value.is_finite()).collect());
        Axes { x: range(0), y: range(1), labels: ["x".into(), "y".into()] }
    }

    /// A panel's height relative to its width.
    pub(super) fn aspect(&self) -> f32 {
        let aspect = (self.y.end - self.y.start) / (self.x.end - self.x.start);
        if (1.0 / SLIMMEST..=SLIMMEST).contains(&aspect) { aspect } else { 1.0 }
    }
}

fn around(mut values: Vec<f32>) -> Range<f32> {
    values.sort_unstable_by(f32::total_cmp);
    let (Some(&min), Some(&max)) = (values.first(), values.last()) else {
        return -1.0..1.0;
    };
    let most = values.len() - 1;
    let (low, high) = (values[most / 100], values[most - most / 100]);
    let slack = 0.25 * (high - low);
    let (low, high) = (min.max(low - slack), max.min(high + slack));
    // one value only: a range that its magnitude can resolve
    let margin = if high > low { 0.08 * (high - low) } else { 1.0_f32.max(0.1 * low.abs()) };
    low - margin..high + margin
}

/// Round numbers within the range, about `count` of them, as they are written.
pub(super) fn ticks(range: &Range<f32>, count: usize) -> Vec<(f32, String)> {
    let (start, end) = (f64::from(range.start), f64::from(range.end));
    let rough = (end - start) / count.max(2) as f64;
    if !(rough.is_normal() && rough > 0.0) {
        return Vec::new();
    }
    let exponent = rough.log10().floor();
    let unit = 10_f64.powf(exponent);
    let factor = [1.0, 2.0, 5.0].into_iter().find(|factor| factor * unit >= 0.85 * rough).unwrap_or(10.0);
    let step = factor * unit;
    let last_digit = if factor < 10.0 { exponent } else { exponent + 1.0 };
    let (first, last) = ((start / step - 1e-3).ceil() as i64, (end / step + 1e-3).floor() as i64);
    let decimals = |first_digit: f64| (first_digit - last_digit).max(0.0) as usize;
    let write = |value: f64| {
        if (1e-4..1e6).contains(&start.abs().max(end.abs())) {
            format!("{value:.*}", decimals(0.0))
        } else if value == 0.0 {
            "0".into()
        } else {
            format!("{value:.*e}", decimals((value.abs() * 1.001).log10().floor()))
        }
    };
    (first..=last).map(|i| i as f64 * step).map(|value| (value as f32, write(value).replace('-', "\u{2212}"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(range: Range<f32>, count: usize) -> String {
        ticks(&range, count).into_iter().map(|(_, text)| text).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn ticks_are_round_numbers() {
        assert_eq!(written(-1.3..2.2, 5), "−1 0 1 2");
        assert_eq!(written(0.0..1.0, 5), "0.0 0.2 0.4 0.6 0.8 1.0");
        assert_eq!(written(0.0..0.37, 5), "0.0 0.1 0.2 0.3");
        assert_eq!(written(995.0..1005.0, 5), "996 998 1000 1002 1004");
        assert_eq!(written(0.0..3e7, 3), "0 1e7 2e7 3e7");
        assert_eq!(written(0.0..7e-6, 4), "0 2e−6 4e−6 6e−6");
        assert_eq!(written(1.0..1.0, 5), "");
        assert_eq!(written(0.0..f32::NAN, 5), "");
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
        assert!((-100.0..0.0).contains(&axes.x.start) && (1000.0..1400.0).contains(&axes.x.end), "{axes:?}");
    }

    #[test]
    fn axes_of_nothing_and_of_a_single_point_have_an_extent() {
        for points in [&[][..], &[[3.0, -1e30]], &[[f32::NAN; 2]]] {
            let Axes { x, y, .. } = Axes::around(points);
            assert!(x.start < x.end && y.start < y.end, "{points:?}: {x:?} {y:?}");
        }
    }

    #[test]
    fn panels_are_to_scale_unless_they_would_be_slim() {
        let aspect = |x: f32, y: f32| Axes { x: 0.0..x, y: 0.0..y, labels: Default::default() }.aspect();
        assert_eq!([aspect(2.0, 1.0), aspect(1.0, 2.0), aspect(1.0, 1000.0), aspect(1000.0, 1.0)], [0.5, 2.0, 1.0, 1.0]);
    }
}
