//! Rounded columns: how to find the step of the rounding, and the noise that undoes it.
//!
//! Where readings are equal, a density is meaningless: a flexible one gains without bound on them.

use super::{
    list::first_of,
    statistics::{column, spread},
};
use rand::RngExt;
use rand_core::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;

/// In a rounded column a value occurs at least this many times on average.
const TIES: usize = 2;

/// The finest step, in robust standard deviations. A column with a finer step counts as continuous.
const FINEST: f64 = 1e-3;

/// The most decimals that a value in f32 can have been rounded to.
const MOST_DECIMALS: i32 = 9;

/// The step that the sorted values of a column are rounded to; `None` if they count as continuous.
///
/// A column counts as rounded when three things hold:
///
/// - A value occurs twice or more on average.
/// - All values lie on a grid: the multiples of a power of ten, from 1 down to 1e-9, or else values
///   whose neighbours are whole steps apart within a tenth of a step, as those of a converter in
///   volts are.
/// - The step of the grid is at least a thousandth of the robust standard deviation, which a
///   sentinel does not move, and at least two steps of f32 at the largest value, since f32 itself
///   is a finer grid.
///
/// The step is the largest that leads from any value to any other: 0/1 labels have 1, and 0, 5, 15
/// have 5.
pub fn step(sorted: &[f64]) -> Option<f64> {
    let mut values = sorted.to_vec();
    values.dedup();
    if values.len() < 2 || sorted.len() < TIES * values.len() {
        return None;
    }
    // Every value in f32 is a decimal with enough decimals.
    let largest = sorted[0].abs().max(sorted[sorted.len() - 1].abs()) as f32;
    let finest = (FINEST * spread(sorted)).max(2.0 * f64::from(largest.next_up() - largest));
    let coarse = |step: &f64| *step >= finest;
    decimal(&values).filter(coarse).or_else(|| even(&values).filter(coarse))
}

/// The step of each column of rows, `d` numbers each; 0 for a continuous column.
pub fn steps(rows: &[f32], d: usize) -> Vec<f64> {
    let of = |i| {
        let mut column = column(rows, d, i);
        column.sort_unstable_by(f64::total_cmp);
        step(&column).unwrap_or(0.0)
    };
    (0..d).map(of).collect()
}

/// The step of values that are decimals with at most [`MOST_DECIMALS`] in f32.
fn decimal(values: &[f64]) -> Option<f64> {
    let scaled = |scale: f64| -> Option<Vec<i64>> {
        values
            .iter()
            .map(|&value| {
                let multiple = (value * scale).round();
                (multiple.abs() < 1e18 && (multiple / scale) as f32 == value as f32)
                    .then_some(multiple as i64)
            })
            .collect()
    };
    let (scale, multiples) = (0..=MOST_DECIMALS).find_map(|decimals| {
        let scale = 10_f64.powi(decimals);
        Some((scale, scaled(scale)?))
    })?;
    let common = multiples.windows(2).fold(0, |common, pair| gcd(common, pair[1] - pair[0]));
    Some(common as f64 / scale)
}

/// The greatest common divisor.
fn gcd(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// The step of values that are whole steps apart. The whole range determines it, so it is more
/// precise than a single gap.
fn even(values: &[f64]) -> Option<f64> {
    let gaps = || values.windows(2).map(|pair| pair[1] - pair[0]);
    let (mut step, mut steps, mut range) = (gaps().fold(f64::INFINITY, f64::min), 0.0, 0.0);
    for gap in gaps() {
        let count = (gap / step).round();
        if (gap - count * step).abs() > 0.1 * step {
            return None;
        }
        steps += count;
        range += gap;
        step = range / steps;
    }
    Some(step)
}

/// Adds noise to each column that has a step: uniform, one step wide, centred. The
/// same seed gives the same noise.
///
/// With the noise, a flow learns the density of the value before it was rounded, and the expected
/// log-density is a lower bound on the log-probability of the rounded value (Theis, van den Oord
/// and Bethge 2016).
pub fn dequantize(rows: &mut [f32], steps: &[f64], seed: u64) {
    dequantize_next(rows, steps, &mut Xoshiro256PlusPlus::seed_from_u64(seed));
}

/// Adds the noise to the next rows of many, see [`dequantize`].
pub fn dequantize_next(rows: &mut [f32], steps: &[f64], rng: &mut Xoshiro256PlusPlus) {
    for row in rows.chunks_exact_mut(steps.len()) {
        for (x, &step) in row.iter_mut().zip(steps).filter(|(_, step)| **step > 0.0) {
            *x = (f64::from(*x) + step * (rng.random::<f64>() - 0.5)) as f32;
        }
    }
}

/// The first rounded columns in words, each with its step; empty if none is rounded.
pub fn describe(features: &[String], steps: &[f64]) -> String {
    let rounded = features.iter().zip(steps).filter(|(_, step)| **step > 0.0);
    first_of(
        &rounded.map(|(name, step)| format!("{name} (step {})", *step as f32)).collect::<Vec<_>>(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use couplet::{Base, StandardNormal};

    /// The step of these values.
    fn of(values: impl IntoIterator<Item = f64>) -> Option<f64> {
        let mut values: Vec<f64> = values.into_iter().map(|x| f64::from(x as f32)).collect();
        values.sort_unstable_by(f64::total_cmp);
        step(&values)
    }

    fn normal(count: usize) -> impl Iterator<Item = f64> {
        let mut values = vec![0.0_f64; count];
        StandardNormal.sample(&mut Xoshiro256PlusPlus::seed_from_u64(3), &mut values);
        values.into_iter()
    }

    /// The value as it reads back after printing.
    fn printed(value: f64, decimals: usize) -> f64 {
        format!("{value:.decimals$}").parse().unwrap()
    }

    #[test]
    fn rounded_columns_have_their_step() {
        assert_eq!(of((0..40).map(|i| f64::from(i % 2))), Some(1.0));
        assert_eq!(of((0..60).map(|i| [0.0, 5.0, 15.0][i % 3])), Some(5.0));
        assert_eq!(of((0..60).map(|i| [-0.0, 0.0, 0.13, 0.57][i % 4])), Some(0.01));
        assert_eq!(of(normal(1000).map(|x| printed(x, 1))), Some(0.1));
        assert_eq!(of(normal(1000).map(|x| printed(20.0 + 3.0 * x, 1))), Some(0.1));
        assert_eq!(of(normal(20_000).map(|x| printed(0.994 + 0.003 * x, 5))), Some(1e-5));
        assert_eq!(of(normal(1000).map(|x| (x * 10.0).round())), Some(1.0));
        assert_eq!(of(normal(1000).map(|x| (x * 10.0).round() / 16.0)), Some(0.0625));
        // one value that is far away
        assert_eq!(of(normal(1000).map(|x| printed(x, 1)).chain([-9999.0, -9999.0])), Some(0.1));
    }

    /// Twelve bits over 3.3 V, in full digits.
    #[test]
    fn the_step_of_a_converter_is_found() {
        let lsb = 3.3 / 4096.0;
        let found = of(normal(20_000).map(|x| (2000.0 + 300.0 * x).round() * lsb)).unwrap();
        assert!((found / lsb - 1.0).abs() < 1e-6, "{found} instead of {lsb}");
    }

    #[test]
    fn continuous_columns_have_none() {
        assert_eq!(of(normal(20_000)), None);
        for decimals in [6, 7, 9] {
            assert_eq!(
                of(normal(20_000).map(|x| printed(x, decimals))),
                None,
                "{decimals} decimals"
            );
            assert_eq!(
                of(normal(20_000).map(|x| printed(250.0 + x, decimals))),
                None,
                "250 and {decimals} decimals"
            );
        }
        let significant = |x: f64| format!("{x:.5e}").parse::<f64>().unwrap();
        assert_eq!(of(normal(20_000).map(significant)), None);
        // neither ties nor a grid alone make a rounded column
        assert_eq!(of(normal(5000).chain(normal(5000))), None);
        assert_eq!(of(normal(5000).chain(normal(5000)).map(|x| printed(x, 6))), None);
        assert_eq!(of((0..1000).map(f64::from)), None);
        assert_eq!(of([2.5; 10]), None);
    }

    #[test]
    fn noise_is_uniform_over_one_step_and_centred_where_there_is_a_step() {
        let mut rows = vec![3.0_f32; 20_000];
        dequantize(&mut rows, &[0.5, 0.0], 1);
        let noisy: Vec<f64> = rows.iter().step_by(2).map(|&x| f64::from(x) - 3.0).collect();
        assert!(rows.iter().skip(1).step_by(2).all(|&x| x == 3.0));
        assert!(noisy.iter().all(|x| x.abs() <= 0.25));
        let mean = noisy.iter().sum::<f64>() / 1e4;
        let variance = noisy.iter().map(|x| x * x).sum::<f64>() / 1e4;
        // of step^2 / 12, four standard errors
        assert!(mean.abs() < 4.0 * 0.5 / 12_f64.sqrt() / 100.0, "{mean}");
        assert!((variance * 12.0 / 0.25 - 1.0).abs() < 4.0 * 0.8_f64.sqrt() / 100.0, "{variance}");
        let mut again = vec![3.0_f32; 20_000];
        dequantize(&mut again, &[0.5, 0.0], 1);
        assert_eq!(rows, again);
        dequantize(&mut again, &[0.5, 0.0], 2);
        assert_ne!(rows, again);
    }
}
