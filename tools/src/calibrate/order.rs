//! What the order of the calibration rows says: how long they depend on each other, and whether
//! their first half speaks for their second.

use super::rank;
use crate::model::Halves;

/// Lags beyond this one are not looked at.
const LAGS: usize = 4000;

/// Rows below the threshold of a half, at least: fewer say nothing.
const COUNTED: f64 = 10.0;

/// Halves that differ by more than this many standard deviations differ: 99 % of those that do not
/// stay below.
const DIFFER: f64 = 2.576;

/// The integrated autocorrelation time of a series in rows: 1 + 2 sum over k of r(k), up to where
/// the sum of two correlations that follow each other is no longer positive.
///
/// Independent rows have 1. Geyer (1992), <https://doi.org/10.1214/ss/1177011137>.
pub fn correlation_time(values: &[f64]) -> f64 {
    let count = values.len();
    let mean = values.iter().sum::<f64>() / count as f64;
    let centred: Vec<f64> = values.iter().map(|x| x - mean).collect();
    let product = |lag: usize| -> f64 {
        centred.iter().zip(&centred[lag..]).map(|(a, b)| a * b).sum::<f64>() / count as f64
    };
    let variance = product(0);
    if variance == 0.0 {
        return 1.0;
    }
    let mut time = 1.0;
    let mut lag = 1;
    while lag + 1 < count.min(2 * LAGS) / 2 {
        let pair = (product(lag) + product(lag + 1)) / variance;
        if pair <= 0.0 {
            break;
        }
        time += 2.0 * pair;
        lag += 2;
    }
    time.max(1.0)
}

/// The larger correlation time of log_probs, by their ranks, and of which are below the threshold.
pub fn dependence(log_probs: &[f32], threshold: f32) -> f64 {
    let mut order: Vec<usize> = (0..log_probs.len()).collect();
    order.sort_by(|&a, &b| log_probs[a].total_cmp(&log_probs[b]));
    let mut ranks = vec![0.0; log_probs.len()];
    let mut rank = 0.0;
    for ties in order.chunk_by(|&a, &b| log_probs[a] == log_probs[b]) {
        let mean = rank + (ties.len() - 1) as f64 / 2.0;
        ties.iter().for_each(|&row| ranks[row] = mean);
        rank += ties.len() as f64;
    }
    let below: Vec<f64> = log_probs.iter().map(|&x| f64::from(u8::from(x < threshold))).collect();
    correlation_time(&ranks).max(correlation_time(&below))
}

/// The rates that thresholds from each half have on the other half; none where the halves are too
/// short for the rate, or for any larger one.
///
/// The rate is at least that of ten rows below the threshold. The halves differ where a
/// count is further from what was asked than chance explains: both the threshold and the count vary,
/// and rows that depend on each other count as fewer.
pub fn halves(log_probs: &[f32], alpha: f64, time: f64) -> Option<Halves> {
    let (first, second) = log_probs.split_at(log_probs.len() / 2);
    let asked = alpha.max(COUNTED / (first.len() + 1) as f64);
    if asked > 0.25 {
        return None;
    }
    let rate = |from: &[f32], on: &[f32]| {
        let mut sorted = from.to_vec();
        sorted.sort_by(f32::total_cmp);
        let threshold = sorted[rank(from.len(), asked, None).max(1) - 1];
        on.iter().filter(|&&x| x < threshold).count() as f64 / on.len() as f64
    };
    let (on_second, on_first) = (rate(first, second), rate(second, first));
    let deviation = (2.0 * asked * time / first.len() as f64).sqrt();
    let differ = [on_second, on_first].iter().any(|rate| (rate - asked).abs() > DIFFER * deviation);
    Some(Halves { asked, second: on_second, first: on_first, differ })
}

#[cfg(test)]
mod tests {
    use super::*;
    use couplet::{Base, StandardNormal};
    use rand_core::SeedableRng;
    use rand_xoshiro::Xoshiro128PlusPlus;

    /// An autoregressive series x <- rho x + sqrt(1 - rho^2) z.
    fn series(rho: f32, count: usize, seed: u64) -> Vec<f32> {
        let mut z = vec![0.0_f32; count];
        StandardNormal.sample(&mut Xoshiro128PlusPlus::seed_from_u64(seed), &mut z);
        let mut x = z[0];
        z.iter()
            .map(|z| {
                x = rho * x + (1.0 - rho * rho).sqrt() * z;
                x
            })
            .collect()
    }

    /// Its correlation time is (1 + rho) / (1 - rho).
    #[test]
    fn the_correlation_time_is_that_of_the_series() {
        for (rho, expected) in [(0.0, 1.0), (0.8, 9.0), (0.95, 39.0)] {
            let values: Vec<f64> = series(rho, 20_000, 5).iter().map(|&x| x.into()).collect();
            let found = correlation_time(&values);
            assert!((found / expected - 1.0).abs() < 0.3, "{rho}: {found}, {expected}");
        }
        assert_eq!(correlation_time(&[1.0; 50]), 1.0);
    }

    /// A stable order would rank equal log_probs by their rows.
    #[test]
    fn equal_log_probs_make_no_dependence() {
        let mut rows = series(0.0, 3000, 9);
        rows.iter_mut().step_by(2).for_each(|x| *x = 0.25);
        let time = dependence(&rows, -2.0);
        assert!(time < 1.5, "{time}");
    }

    #[test]
    fn halves_differ_where_rows_drift_and_seldom_else() {
        let differ = |drift: f32, seed: u64| {
            let mut rows = series(0.0, 4000, seed);
            rows.iter_mut().skip(2000).for_each(|x| *x -= drift);
            halves(&rows, 0.01, 1.0).is_some_and(|halves| halves.differ)
        };
        assert!((0..100).filter(|&seed| differ(0.0, seed)).count() <= 5);
        assert!((0..20).all(|seed| differ(0.7, seed)));
        assert_eq!(halves(&series(0.0, 60, 1), 0.01, 1.0), None);
    }
}
