//! The colours of densities.

use super::{Axes, LogProb};
use anyhow::ensure;
use std::ops::Range;

/// The part of the probability that lies above the end of the colour scale.
const CLIPPED: f64 = 0.02;

/// The densities at the centres of the pixels of a panel, row by row from the top.
///
/// # Errors
///
/// `log_prob` does not return one value for each point.
pub(super) fn density(
    log_prob: &LogProb<'_>,
    axes: &Axes,
    width: usize,
    height: usize,
) -> anyhow::Result<Vec<f32>> {
    let along = |range: &Range<f32>, i: usize, count: usize| {
        range.start + (i as f32 + 0.5) / count as f32 * (range.end - range.start)
    };
    let row = |y: usize| {
        (0..width).map(move |x| [along(&axes.x, x, width), along(&axes.y, height - 1 - y, height)])
    };
    let points: Vec<[f32; 2]> = (0..height).flat_map(row).collect();
    let log_probs = log_prob(&points);
    ensure!(
        log_probs.len() == points.len(),
        "log_prob gave {} values for {} points",
        log_probs.len(),
        points.len()
    );
    let exp = |value: f32| if value.is_finite() { value.exp().min(f32::MAX) } else { 0.0 };
    Ok(log_probs.into_iter().map(exp).collect())
}

/// The scale of colours, from density 0 up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scale {
    /// The density at its end: at most [`CLIPPED`] of the probability lies above it.
    pub end: f32,
    /// Whether any density lies above the end.
    pub is_clipped: bool,
}

impl Scale {
    /// The scale for the densities of a row of panels.
    pub fn of(mut densities: Vec<f32>) -> Self {
        densities.sort_unstable_by(|a, b| b.total_cmp(a));
        let mut above = CLIPPED * densities.iter().map(|&density| f64::from(density)).sum::<f64>();
        let end = densities.iter().copied().find(|&density| {
            above -= f64::from(density);
            above <= 0.0
        });
        let end = end.filter(|&end| end > 0.0).unwrap_or(1.0);
        Scale { end, is_clipped: densities.first().is_some_and(|&largest| largest > end) }
    }
}

/// The colour of a density, given relative to the end of the scale.
pub(super) fn colour(value: f32) -> [u8; 3] {
    colorous::MAGMA.eval_continuous(value.clamp(0.0, 1.0).into()).as_array()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_colour_scale_ends_below_needles() {
        let scale = |densities| {
            let Scale { end, is_clipped } = Scale::of(densities);
            (end, is_clipped)
        };
        // half of the probability in a needle is a peak, one part in a hundred is not
        assert_eq!(scale([&[100.0][..], &[1.0; 100]].concat()), (100.0, false));
        assert_eq!(scale([&[100.0][..], &[1.0; 10_000]].concat()), (1.0, true));
        assert_eq!(scale(vec![3.0; 7]), (3.0, false));
        assert_eq!(scale(vec![0.0; 7]), (1.0, false));
        assert_eq!(scale(vec![f32::MAX; 7]), (f32::MAX, false));
        assert_eq!(scale(vec![]), (1.0, false));
    }

    #[test]
    fn the_colours_run_from_dark_to_bright() {
        let light = |value| colour(value).map(u32::from).iter().sum::<u32>();
        assert!((0..10).all(|i| light(i as f32 / 10.0) < light((i + 1) as f32 / 10.0)));
        assert_eq!((colour(-1.0), colour(2.0)), (colour(0.0), colour(1.0)));
    }
}
