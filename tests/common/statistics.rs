//! Tests that samples do not follow a distribution. Each is run with a fixed seed, and would be
//! wrong for one seed in a million.

/// The Kolmogorov-Smirnov distance of samples to a distribution, in units of what one correct
/// sampler in a million exceeds.
///
/// The distance exceeds sqrt(-ln(p / 2) / (2 n)) with probability p, for large n (Smirnov, 1948).
pub fn kolmogorov_smirnov(samples: &mut [f64], cdf: impl Fn(f64) -> f64) -> f64 {
    samples.sort_by(f64::total_cmp);
    let n = samples.len() as f64;
    let above_and_below = |(i, &x): (usize, &f64)| {
        (cdf(x) - i as f64 / n).abs().max((cdf(x) - (i + 1) as f64 / n).abs())
    };
    let distance = samples.iter().enumerate().map(above_and_below).fold(0.0, f64::max);
    distance / (-(5e-7_f64).ln() / (2.0 * n)).sqrt()
}

/// Pearson's chi-square of counts against probabilities, in units of what one correct sampler in a
/// million exceeds.
///
/// Neighbouring cells are pooled until each pool has a probability of 1/200; the quantile is
/// Wilson's and Hilferty's (1931).
pub fn chi_square(counts: &[u32], probabilities: &[f64]) -> f64 {
    let n = f64::from(counts.iter().sum::<u32>());
    let (mut statistic, mut pools) = (0.0, 0.0);
    let (mut seen, mut pooled) = (0.0, 0.0);
    for (&count, &probability) in counts.iter().zip(probabilities) {
        seen += f64::from(count);
        pooled += probability;
        if pooled >= 0.005 {
            let expected = n * pooled;
            statistic += (seen - expected) * (seen - expected) / expected;
            pools += 1.0;
            (seen, pooled) = (0.0, 0.0);
        }
    }
    let freedom: f64 = pools - 1.0;
    let variance = 2.0 / (9.0 * freedom);
    let quantile = freedom * (1.0 - variance + 4.753 * variance.sqrt()).powi(3);
    statistic / quantile
}
