use super::{Calibration, CalibrationError, ranks::MAX_ROWS};
use crate::Real;
use core::{error::Error, fmt, mem::swap};
use heapless::Vec;

/// A new [`Calibration`] on the device, for what differs from unit to unit.
///
/// Give it every reading of a commissioning period in which the unit is known to work, those that
/// raised an alarm included. Readings without an alarm alone would cut off the low log_probs, so
/// the new threshold would be too high, and with each round higher.
///
/// It keeps up to N log_probs, sorted: 4 N bytes. Of more readings it keeps a random choice, each
/// reading with the same probability (Algorithm R), so the whole period counts. The choice depends
/// on `seed` and the number of the reading alone: the same readings give the same bits.
///
/// The promise is that of the [`Calibration`], with the kept rows as its rows: if readings of the
/// period and later ones are exchangeable, later ones raise false alarms at the asked rate at most,
/// in the mean over commissionings. It is about this unit in this state: a fault that was there
/// during the period is normal from then on. It is about readings that are finite: the others are
/// counted and not kept, and raise the alarm in any case.
///
/// ```
/// use couplet::{Calibration, Recalibration, RecalibrationError};
///
/// let mut recalibration: Recalibration<f32, 200> = Recalibration::new(1);
/// for i in 0..98 {
///     recalibration.push(-2.0 - i as f32 / 10.0);
/// }
/// // at most 1 false alarm in 100 readings takes 99 rows
/// let early: Result<Calibration<f32, 16>, _> = recalibration.calibration(0x5eed, 1, 100);
/// assert_eq!(early, Err(RecalibrationError::TooFew { kept: 98, needed: 99 }));
///
/// recalibration.push(-30.0); // an alarm counts too
/// let calibration: Calibration<f32, 16> = recalibration.calibration(0x5eed, 1, 100).unwrap();
/// assert_eq!((calibration.threshold, calibration.rows), (-30.0, 99));
/// ```
///
/// Random Sampling with a Reservoir (Vitter, 1985), <https://doi.org/10.1145/3147.3165>.
#[derive(Clone, Debug, PartialEq)]
pub struct Recalibration<T, const N: usize> {
    /// Ascending.
    kept: Vec<T, N>,
    valid: u32,
    invalid: u32,
    seed: u32,
}

impl<T: Real, const N: usize> Recalibration<T, N> {
    /// That has seen nothing. Any seed will do.
    pub const fn new(seed: u32) -> Self {
        const { assert!(N > 0 && N <= MAX_ROWS as usize, "it keeps 1 to MAX_ROWS log_probs") };
        Recalibration { kept: Vec::new(), valid: 0, invalid: 0, seed }
    }

    /// Takes the log_prob of a reading, in nats. Takes N comparisons.
    pub fn push(&mut self, log_prob: T) {
        if !log_prob.is_finite() {
            self.invalid = self.invalid.saturating_add(1);
            return;
        }
        self.valid = self.valid.saturating_add(1);
        if !self.kept.is_full() {
            let last = inserted(&mut self.kept, log_prob);
            let _ = self.kept.push(last); // it is not full
            return;
        }
        // Uniform in 0..valid.
        let word = mixed(self.seed.wrapping_add(self.valid.wrapping_mul(0x9e37_79b9)));
        let place = ((u64::from(word) * u64::from(self.valid)) >> 32) as usize;
        if let Some(&mut [ref mut old, ref mut above @ ..]) = self.kept.get_mut(place..) {
            if log_prob > *old {
                *old = inserted_from_above(above, log_prob);
            } else if let Some(below) = self.kept.get_mut(..=place) {
                inserted(below, log_prob);
            }
        }
    }

    /// The log_probs that are kept, ascending, in nats.
    pub fn kept(&self) -> &[T] {
        &self.kept
    }

    /// The number of readings, those that are not finite or not kept included.
    pub fn readings(&self) -> u32 {
        self.valid.saturating_add(self.invalid)
    }

    /// The number of readings whose log_prob was not finite.
    pub fn invalid(&self) -> u32 {
        self.invalid
    }

    /// How many rows `false_alarms` in `of` readings take: ceil(of / false_alarms) - 1.
    pub const fn needed(false_alarms: u32, of: u32) -> u32 {
        match false_alarms {
            0 => u32::MAX,
            _ => of.div_ceil(false_alarms).saturating_sub(1),
        }
    }

    /// A calibration by the kept rows, with at most `false_alarms` in `of` readings: the threshold
    /// has the rank floor(false_alarms (n + 1) / of), where n is the number of rows.
    ///
    /// `calibration(exported.model, exported.threshold_rank(), exported.rows + 1)` has the rate of
    /// an exported calibration.
    ///
    /// # Errors
    ///
    /// Too few rows for this rate, and how many it takes; a rate of 0 or of 1 and more.
    pub fn calibration<const M: usize>(
        &self,
        model: u64,
        false_alarms: u32,
        of: u32,
    ) -> Result<Calibration<T, M>, RecalibrationError> {
        if false_alarms == 0 || false_alarms >= of {
            return Err(RecalibrationError::Rate { false_alarms, of });
        }
        let (kept, needed) = (self.kept.len() as u32, Self::needed(false_alarms, of));
        if kept < needed {
            return Err(RecalibrationError::TooFew { kept, needed });
        }
        let places = u64::from(false_alarms) * (u64::from(kept) + 1);
        let rank = places.checked_div(of.into()).unwrap_or(0);
        Calibration::of_sorted(model, &self.kept, rank as u32).map_err(RecalibrationError::Table)
    }
}

/// Moves a value to its place among ascending ones; returns the largest, which has no place left.
fn inserted<T: Real>(ascending: &mut [T], value: T) -> T {
    let mut carried = value;
    for slot in ascending {
        if carried < *slot {
            swap(&mut carried, slot);
        }
    }
    carried
}

/// The same from the other end; returns the smallest.
fn inserted_from_above<T: Real>(ascending: &mut [T], value: T) -> T {
    let mut carried = value;
    for slot in ascending.iter_mut().rev() {
        if carried > *slot {
            swap(&mut carried, slot);
        }
    }
    carried
}

/// A word in which each bit depends on each bit of the input: lowbias32 of
/// <https://nullprogram.com/blog/2018/07/31/>.
const fn mixed(mut word: u32) -> u32 {
    word = (word ^ word >> 16).wrapping_mul(0x7feb_352d);
    word = (word ^ word >> 15).wrapping_mul(0x846c_a68b);
    word ^ word >> 16
}

/// Why there is no new calibration yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecalibrationError {
    /// The rate takes more rows than are kept.
    TooFew {
        /// The number of rows that are kept.
        kept: u32,
        /// The number that it takes; where N is below it, N has to be larger.
        needed: u32,
    },
    /// A rate that is not above 0 and below 1.
    Rate {
        /// The number of false alarms.
        false_alarms: u32,
        /// The number of readings.
        of: u32,
    },
    /// What the table is wrong with.
    Table(CalibrationError),
}

impl fmt::Display for RecalibrationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RecalibrationError::TooFew { kept, needed } => {
                write!(f, "{kept} readings are kept; this rate of false alarms takes {needed}")
            }
            RecalibrationError::Rate { false_alarms, of } => {
                write!(f, "{false_alarms} false alarms in {of} readings are no rate")
            }
            RecalibrationError::Table(error) => error.fmt(f),
        }
    }
}

impl Error for RecalibrationError {}
