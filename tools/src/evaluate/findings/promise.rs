use crate::{calibrate::promise, model::Calibration};
use anyhow::Result;
use serde::Serialize;

/// What a calibration promises.
#[derive(Clone, Debug, Serialize)]
pub struct Promised {
    /// The threshold in nats.
    pub threshold: f32,
    /// Its rank among the calibration rows.
    pub rank: u32,
    /// How many calibration rows there were.
    pub rows: u32,
    /// The limit of the sum of surprises in nats; none where there is no sum.
    pub limit: Option<f32>,
    /// The promise, in sentences that are true.
    pub sentences: Vec<String>,
}

impl Promised {
    /// What this calibration promises.
    ///
    /// # Errors
    ///
    /// The calibration is none.
    pub fn of(calibration: &Calibration) -> Result<Self> {
        let (device, rules) = (calibration.device()?, calibration.rules()?);
        Ok(Promised {
            threshold: device.threshold,
            rank: device.threshold_rank(),
            rows: device.rows,
            limit: (rules.limit > 0.0).then_some(rules.limit),
            sentences: promise(&calibration.promise),
        })
    }

    /// The rate of false alarms of single readings, in the mean over calibrations.
    pub fn rate(&self) -> f64 {
        f64::from(self.rank) / (f64::from(self.rows) + 1.0)
    }
}
