//! What the self-test of an alarm compares with, in each language.

use crate::{
    evaluate::blame::{Blame, blame},
    model::{Calibration, Model, TYPICAL},
};
use anyhow::Result;

/// How far beyond the highest typical value the reading is, in the distance of the highest and the
/// lowest.
const BEYOND: f32 = 4.0;

/// A reading that is an anomaly, and what the device must say of it.
pub struct AlarmAnswer {
    /// The medians, with the first feature far out, and a context.
    pub x: Vec<f32>,
    /// Of its log_prob, in nats.
    pub surprise: f32,
    /// The feature that is blamed first.
    pub blamed: usize,
    /// The log_prob that its reset leads to, in nats.
    pub best: f32,
}

impl AlarmAnswer {
    /// Computes it with the device's bits.
    ///
    /// # Errors
    ///
    /// The calibration is none.
    pub fn of(model: &Model, calibration: &Calibration) -> Result<Self> {
        let mut x = reading(calibration);
        x.extend(model.flow.some_context(0));
        let surprise = calibration.device()?.surprise(model.log_probs(&x)[0]);
        let Blame { ranked, best, .. } = blame(model, calibration, &x)?;
        Ok(AlarmAnswer { x, surprise, blamed: ranked[0], best: best[ranked[0]] })
    }
}

fn reading(calibration: &Calibration) -> Vec<f32> {
    let typical = &calibration.typical;
    let mut x = typical[TYPICAL / 2].clone();
    let (low, high) = (typical[0][0], typical[TYPICAL - 1][0]);
    x[0] = high + BEYOND * (high - low);
    x
}
