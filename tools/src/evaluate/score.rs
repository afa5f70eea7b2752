//! How likely a model finds rows, in nats.

use serde::Serialize;

/// How a model fares on rows.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Score {
    /// Mean negative log-likelihood in nats of the rows that are possible; NaN if none is.
    pub nats: f64,
    /// How many rows are impossible: their log-density is negative infinity.
    pub impossible: usize,
    /// Standard error of that mean.
    pub error: f64,
    /// The negative log-likelihood of the least likely row.
    pub worst: f64,
    /// The index of the least likely row.
    #[serde(skip)]
    pub worst_row: usize,
}

impl Score {
    /// Summarises the log-density of each row.
    pub fn of<T: Copy + Into<f64>>(log_probs: &[T]) -> Self {
        let nats = |log_prob: &T| -(*log_prob).into();
        let possible = || log_probs.iter().map(nats).filter(|nats| *nats < f64::INFINITY);
        let count = possible().count() as f64;
        let mean = possible().sum::<f64>() / count;
        let variance =
            possible().map(|nats| (nats - mean).powi(2)).sum::<f64>() / (count - 1.0).max(1.0);
        let worst = log_probs.iter().enumerate().min_by(|a, b| nats(b.1).total_cmp(&nats(a.1)));
        Score {
            nats: mean,
            impossible: log_probs.len() - count as usize,
            error: (variance / count).sqrt(),
            worst: worst.map_or(f64::NAN, |(_, x)| nats(x)),
            worst_row: worst.map_or(0, |(row, _)| row),
        }
    }
}

/// The Kullback-Leibler divergence from the truth to a model in nats, estimated on rows: the mean
/// of their true log-densities plus the model's mean negative log-likelihood, `nats`.
pub fn gap(truth: &[f64], nats: f64) -> f64 {
    truth.iter().sum::<f64>() / truth.len() as f64 + nats
}
