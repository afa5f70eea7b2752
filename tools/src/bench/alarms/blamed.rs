use super::standardized::Standardized;
use crate::{
    evaluate::blame::blame,
    model::{Calibration, Model},
};
use anyhow::Result;
use nalgebra::DMatrix;
use rand::RngExt;
use rand_core::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;

/// Alarms that are blamed on a feature, for a rate within .025.
const ALARMS: usize = 400;

/// Readings that are changed, at most: some changes seldom raise an alarm.
const READINGS: usize = 40_000;

/// Added to the diagonal of the correlation.
const RIDGE: f64 = 1e-6;

/// How a feature of a normal reading is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    /// By so many standard deviations, up or down.
    Off(u8),
    /// It gets its value in another reading.
    Swapped,
}

/// How often the changed feature is the first that is blamed.
#[derive(Clone, Copy, Debug)]
pub struct Hits {
    /// Readings that raised the alarm.
    pub alarms: usize,
    /// The part of them where resets to typical values blame it.
    pub resets: f64,
    /// The part where linear reconstruction-based contribution does.
    pub linear: f64,
}

/// Changes one feature of readings that raise no alarm, and blames where they then do. `training` are the rows that the linear
/// method is fitted to.
///
/// Reconstruction-based contribution (Alcala and Qin, 2009) of feature i is (P z)_i^2 / P_ii, with
/// standardized readings z and the inverse P of their correlation.
///
/// # Errors
///
/// The calibration is none.
pub fn hits(
    model: &Model,
    calibration: &Calibration,
    training: &[f32],
    normal: &[f32],
    case: Case,
) -> Result<Hits> {
    let d = model.flow.description.dimension();
    let device = calibration.device()?;
    let linear = Linear::fit(training, d);
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(5);
    let count = normal.len() / d;
    let (mut alarms, mut by_resets, mut by_linear) = (0, 0, 0);
    for _ in 0..READINGS {
        if alarms == ALARMS {
            break;
        }
        let row = rng.random_range(0..count);
        let (feature, other) = (rng.random_range(0..d), rng.random_range(0..count));
        let mut x = normal[row * d..][..d].to_vec();
        if device.is_anomaly(model.log_probs(&x)[0]) {
            continue; // another feature would be to blame
        }
        match case {
            Case::Off(by) => {
                let sign = if rng.random::<bool>() { 1.0 } else { -1.0 };
                x[feature] += (sign * f64::from(by) * linear.features.std[feature]) as f32;
            }
            Case::Swapped => x[feature] = normal[other * d + feature],
        }
        if !device.is_anomaly(model.log_probs(&x)[0]) {
            continue;
        }
        alarms += 1;
        by_resets += usize::from(blame(model, calibration, &x)?.ranked[0] == feature);
        by_linear += usize::from(linear.blame(&x) == feature);
    }
    let part = |hits: usize| hits as f64 / alarms as f64;
    Ok(Hits { alarms, resets: part(by_resets), linear: part(by_linear) })
}

/// Linear reconstruction-based contribution.
struct Linear {
    features: Standardized,
    inverse: DMatrix<f64>,
}

impl Linear {
    fn fit(rows: &[f32], d: usize) -> Self {
        let features = Standardized::fit(rows, d);
        let correlation = &features.correlation + DMatrix::identity(d, d) * RIDGE;
        let inverse = correlation.try_inverse().unwrap_or_else(|| DMatrix::identity(d, d));
        Linear { features, inverse }
    }

    fn blame(&self, x: &[f32]) -> usize {
        let along = &self.inverse * self.features.z(x);
        let of = |i: usize| along[i] * along[i] / self.inverse[(i, i)];
        (0..x.len()).max_by(|&a, &b| of(a).total_cmp(&of(b))).unwrap_or(0)
    }
}
