use super::Promised;
use crate::model::TABLE;
use couplet::Calibration;
use serde::Serialize;

/// Points of the curve for a tenth of p.
const PER_DECADE: usize = 8;

/// The p-values that stand in a table.
const NAMED: [f64; 6] = [0.5, 0.2, 0.1, 0.05, 0.01, 0.001];

/// The p-values of normal rows, beside those that a right model has: of a part p of the rows the
/// p-value is at most p.
#[derive(Clone, Debug, Serialize)]
pub struct PValues {
    /// Normal rows.
    pub rows: usize,
    /// The parts of the rows for p from small to 1.
    pub curve: Vec<Share>,
    /// The same for a few p.
    pub named: Vec<Share>,
    /// Normal rows below the threshold.
    pub below: usize,
    /// The part of new normal rows that is promised to be there, in the mean over calibrations.
    pub promised: f64,
    /// How many standard deviations more rows are below than that, if rows are independent.
    pub deviations: f64,
}

/// How many rows have a p-value of at most p.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Share {
    /// p.
    pub p: f64,
    /// The part of the rows.
    pub share: f64,
    /// The standard deviation of the part, if rows are independent: of these rows, and of those of
    /// the calibration.
    pub deviation: f64,
}

impl PValues {
    /// Of the log_probs of normal rows; `None` where there are no rows.
    pub fn of(
        device: &Calibration<f32, TABLE>,
        promised: &Promised,
        log_probs: &[f32],
    ) -> Option<Self> {
        let mut p_values: Vec<f64> =
            log_probs.iter().map(|&x| f64::from(device.p_value(x))).collect();
        p_values.sort_unstable_by(f64::total_cmp);
        let rows = p_values.len();
        let deviation =
            |p: f64| (p * (1.0 - p) * (1.0 / rows as f64 + 1.0 / f64::from(device.rows))).sqrt();
        let share = |p: f64| {
            // f32 rounds a p-value of .05 to a little more.
            let within = p_values.partition_point(|&other| other <= p * (1.0 + 1e-6));
            Share { p, share: within as f64 / rows as f64, deviation: deviation(p) }
        };
        let smallest = 1.0 / (f64::from(device.rows) + 1.0);
        let points = (PER_DECADE as f64 * -smallest.log10()).ceil() as usize;
        let p = |i: usize| 10_f64.powf(-(i as f64) / PER_DECADE as f64).max(smallest);
        let below = log_probs.iter().filter(|&&x| device.is_anomaly(x)).count();
        let rate = promised.rate();
        let more = below as f64 / rows as f64 - rate;
        (rows > 0).then(|| PValues {
            rows,
            curve: (0..=points).rev().map(|i| share(p(i))).collect(),
            named: NAMED.into_iter().filter(|&p| p >= smallest).map(share).collect(),
            below,
            promised: rate,
            deviations: more / deviation(rate).max(f64::MIN_POSITIVE),
        })
    }
}
