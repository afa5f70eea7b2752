use crate::calibrate::rank;
use rand::seq::SliceRandom;
use rand_core::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;

/// The rates of false alarms over many calibrations by the same kind of rows.
#[derive(Clone, Copy, Debug)]
pub struct Rates {
    /// k, the rank of the threshold.
    pub rank: usize,
    /// k / (n + 1), the rate in the mean.
    pub expected: f64,
    /// The mean rate.
    pub mean: f64,
    /// Its standard error.
    pub error: f64,
    /// The part of the calibrations with a higher rate than was asked for.
    pub above: f64,
    /// The number of calibrations.
    pub count: usize,
}

impl Rates {
    /// Whether the mean is within three standard errors of what it should be.
    pub fn mean_holds(&self) -> bool {
        (self.mean - self.expected).abs() <= 3.0 * self.error
    }

    /// Whether so few calibrations have a higher rate than was asked for, up to three standard
    /// errors.
    pub fn confidence_holds(&self, confidence: f64) -> bool {
        let part = 1.0 - confidence;
        self.above <= part + 3.0 * (part * (1.0 - part) / self.count as f64).sqrt()
    }
}

/// Draws n of the log_probs as calibration rows, again and again; all others are new rows.
pub fn resampled(
    log_probs: &[f32],
    n: usize,
    alpha: f64,
    confidence: Option<f64>,
    count: usize,
) -> Rates {
    let rank = rank(n, alpha, confidence);
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
    let mut shuffled = log_probs.to_vec();
    let rates: Vec<f64> = (0..count)
        .map(|_| {
            let (calibration, new) = shuffled.partial_shuffle(&mut rng, n);
            calibration.sort_by(f32::total_cmp);
            let threshold = calibration[rank - 1];
            new.iter().filter(|&&x| x < threshold).count() as f64 / new.len() as f64
        })
        .collect();
    let mean = rates.iter().sum::<f64>() / count as f64;
    let square = rates.iter().map(|rate| (rate - mean).powi(2)).sum::<f64>();
    Rates {
        rank,
        expected: rank as f64 / (n + 1) as f64,
        mean,
        error: (square / (count - 1) as f64 / count as f64).sqrt(),
        above: rates.iter().filter(|&&rate| rate > alpha).count() as f64 / count as f64,
        count,
    }
}
