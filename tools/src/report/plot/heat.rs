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

/// The density at the end of the colour scale: at most [`CLIPPED`] of the probability lies above
/// it.
pub(super) fn scale_end(mut densities: Vec<f32>) -> f32 {
    densities.sort_unstable_by(|a, b| b.total_cmp(a));
    let sum = |densities: &[f32]| densities.iter().map(|&density| f64::from(density)).sum::<f64>();
    let mut above = CLIPPED * sum(&densities);
    let end = densities.into_iter().find(|&density| {
        above -= f64::from(density);
        above <= 0.0
    });
    end.filter(|&end| end > 0.0).unwrap_or(1.0)
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
        // half of the probability in a needle is a peak, one part in a hundred is not
        assert_eq!(scale_end([&[100.0][..], &[1.0; 100]].concat()), 100.0);
        assert_eq!(scale_end([&[100.0][..], &[1.0; 10_000]].concat()), 1.0);
        assert_eq!(scale_end(vec![3.0; 7]), 3.0);
        assert_eq!(scale_end(vec![0.0; 7]), 1.0);
        assert_eq!(scale_end(vec![f32::MAX; 7]), f32::MAX);
        assert_eq!(scale_end(vec![]), 1.0);
    }

    #[test]
    fn the_colours_run_from_dark_to_bright() {
        let light = |value| colour(value).map(u32::from).iter().sum::<u32>();
        assert!((0..10).all(|i| light(i as f32 / 10.0) < light((i + 1) as f32 / 10.0)));
        assert_eq!((colour(-1.0), colour(2.0)), (colour(0.0), colour(1.0)));
    }
}
