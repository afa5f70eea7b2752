use super::ranks::{MAX_ROWS, ranks};
use crate::Real;
use core::{error::Error, fmt};

/// What log_probs of normal readings look like: the threshold of the alarm, and a table from
/// log_prob to p-value. `couplet calibrate` makes it from rows that no training saw.
///
/// Of n calibration rows, s_(1) <= ... <= s_(n) are the log_probs in nats. The exact conformal
/// p-value of a reading is (1 + #{s_i <= log_prob}) / (n + 1). The table holds M of the s_(k) and
/// the surprise -ln(k / (n + 1)) of each, for the ranks k that [`ranks`] chooses. A reading has
/// the p-value k / (n + 1) of the first entry that its log_prob is below, and 1 if there is none.
/// That is never below the exact one, with ties too, and at most the ratio of [`ranks`] times it:
/// 1.30 for M = 32 and n = 9,999, where the table takes 256 bytes.
///
/// If calibration rows and reading are exchangeable, P(p <= alpha) is at most alpha, in the mean
/// over calibrations. So is the rate of alarms with a threshold of rank floor(alpha (n + 1)), and
/// [`Calibration::is_anomaly`] holds exactly where the p-value is at most k / (n + 1).
///
/// ```
/// use couplet::Calibration;
///
/// // 7 rows; the lowest log_prob is the threshold: 1 false alarm in 8 readings
/// let log_probs = [-9.5, -4.0, -3.5, -3.0, -2.5, -2.5, -1.0];
/// let calibration: Calibration<f32, 4> = Calibration::of_sorted(7, &log_probs, 1).unwrap();
/// assert_eq!(calibration.log_probs, [-9.5, -4.0, -3.0, -2.5]);
///
/// assert!(calibration.is_anomaly(-9.6) && calibration.is_anomaly(f32::NAN));
/// assert!(!calibration.is_anomaly(-9.5));
/// assert_eq!(calibration.p_value(-9.6), 1.0 / 8.0);
/// assert_eq!(calibration.surprise(-9.6), 8_f32.ln());
/// assert_eq!(calibration.p_value(-1.0), 1.0);
///
/// // a calibration of another model is refused
/// assert_eq!(calibration.check(7), Ok(()));
/// assert!(calibration.check(8).is_err());
/// ```
///
/// Algorithmic Learning in a Random World (Vovk, Gammerman and Shafer, 2005),
/// <https://doi.org/10.1007/b106715>; Testing for Outliers with Conformal p-values (Bates and
/// others, 2023), <https://arxiv.org/abs/2104.08279>.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Calibration<T, const M: usize> {
    /// The model that it belongs to: the first 8 bytes of the SHA-256 of its shape and tensors,
    /// big-endian, which `couplet export` writes as a constant.
    pub model: u64,
    /// A log_prob below it is an anomaly, in nats.
    pub threshold: T,
    /// s_(k_j) \[M\], ascending, in nats.
    pub log_probs: [T; M],
    /// -ln(k_j / (rows + 1)) \[M\], descending, in nats.
    pub surprises: [T; M],
    /// n, the number of calibration rows.
    pub rows: u32,
}

impl<T, const M: usize> Calibration<T, M> {
    /// From its parts, as `couplet export` writes them; [`Calibration::check`] says whether they
    /// fit together.
    pub const fn new(
        model: u64,
        threshold: T,
        log_probs: [T; M],
        surprises: [T; M],
        rows: u32,
    ) -> Self {
        Calibration { model, threshold, log_probs, surprises, rows }
    }
}

impl<T: Real, const M: usize> Calibration<T, M> {
    /// From the log_probs of all calibration rows, ascending, in nats. The threshold is the one at
    /// `rank`, where 1 is the lowest.
    ///
    /// The rank floor(alpha (n + 1)) promises a rate of false alarms of at most alpha in the mean
    /// over calibrations.
    ///
    /// # Errors
    ///
    /// No row, more than [`MAX_ROWS`], a rank that is none of theirs, log_probs that are not
    /// ascending or not finite.
    pub fn of_sorted(model: u64, log_probs: &[T], rank: u32) -> Result<Self, CalibrationError> {
        let rows = log_probs.len().try_into().unwrap_or(u32::MAX);
        if rows == 0 || rows > MAX_ROWS {
            return Err(CalibrationError::Rows { rows });
        }
        let at = |rank: u32| log_probs.get((rank as usize).wrapping_sub(1)).copied();
        let threshold = at(rank).ok_or(CalibrationError::Rank { rank, rows })?;
        ascending(log_probs)?;
        let ranks = ranks::<M>(rows, rank);
        let count = T::from_count(rows as usize + 1);
        let of_rank = |rank: &u32| at(*rank).unwrap_or(T::NAN); // it is one of theirs
        let surprise = |rank: &u32| -(T::from_count(*rank as usize) / count).ln();
        Ok(Calibration {
            model,
            threshold,
            log_probs: each(&ranks, of_rank),
            surprises: each(&ranks, surprise),
            rows,
        })
    }

    /// Whether a reading is improbable: its log_prob is below the threshold, or not finite.
    pub fn is_anomaly(&self, log_prob: T) -> bool {
        // So that a threshold that is NaN is below nothing.
        let is_normal = log_prob.is_finite() && log_prob >= self.threshold;
        !is_normal
    }

    /// -ln(p) in nats, where p is the p-value of the table: 0 at and above the last entry, ln(n +
    /// 1) at most. A log_prob that is not finite has the largest surprise.
    pub fn surprise(&self, log_prob: T) -> T {
        let entry = if log_prob.is_finite() {
            self.log_probs.partition_point(|&entry| log_prob >= entry)
        } else {
            0
        };
        self.surprises.get(entry).copied().unwrap_or(T::ZERO)
    }

    /// The p-value of the table: k / (n + 1), rounded once.
    pub fn p_value(&self, log_prob: T) -> T {
        T::from_count(self.rank_of(self.surprise(log_prob)) as usize)
            / T::from_count(self.rows as usize + 1)
    }

    /// The rank of the threshold: of readings like the calibration rows at most that many in rows
    /// + 1 are anomalies.
    pub fn threshold_rank(&self) -> u32 {
        let entry = self.log_probs.partition_point(|&entry| entry < self.threshold);
        self.rank_of(self.surprises.get(entry).copied().unwrap_or(T::ZERO))
    }

    /// k of a surprise -ln(k / (rows + 1)).
    fn rank_of(&self, surprise: T) -> u32 {
        let count = T::from_count(self.rows as usize + 1);
        ((-surprise).exp() * count).nearest_count().max(1)
    }

    /// Whether it belongs to a model and keeps its promises.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong: another model's, an unsorted table, values that are not
    /// finite.
    pub fn check(&self, model: u64) -> Result<(), CalibrationError> {
        if self.model != model {
            return Err(CalibrationError::OtherModel { expected: model, found: self.model });
        }
        if self.rows == 0 || self.rows > MAX_ROWS {
            return Err(CalibrationError::Rows { rows: self.rows });
        }
        if !self.threshold.is_finite() {
            return Err(CalibrationError::Threshold);
        }
        ascending(&self.log_probs)?;
        let mut before = None;
        for (index, &surprise) in self.surprises.iter().enumerate() {
            let falls = before.is_none_or(|before| surprise <= before);
            if !(surprise.is_finite() && surprise >= T::ZERO && falls) {
                return Err(CalibrationError::Surprise { index });
            }
            before = Some(surprise);
        }
        Ok(())
    }
}

/// Whether values are finite and none is below the one before.
fn ascending<T: Real>(values: &[T]) -> Result<(), CalibrationError> {
    let mut before = None;
    for (index, &value) in values.iter().enumerate() {
        if !value.is_finite() {
            return Err(CalibrationError::NotFinite { index });
        }
        if before.is_some_and(|before| value < before) {
            return Err(CalibrationError::Unsorted { index });
        }
        before = Some(value);
    }
    Ok(())
}

fn each<T, const M: usize>(ranks: &[u32; M], f: impl Fn(&u32) -> T) -> [T; M] {
    ranks.each_ref().map(f)
}

/// A calibration that cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CalibrationError {
    /// It belongs to another model.
    OtherModel {
        /// The hash of the model that is here.
        expected: u64,
        /// The hash that the calibration carries.
        found: u64,
    },
    /// The number of rows is 0 or above [`MAX_ROWS`].
    Rows {
        /// The number of rows.
        rows: u32,
    },
    /// The rank of the threshold is not between 1 and the number of rows.
    Rank {
        /// The rank of the threshold.
        rank: u32,
        /// The number of rows.
        rows: u32,
    },
    /// The threshold is not finite.
    Threshold,
    /// A log_prob is not finite.
    NotFinite {
        /// Its index.
        index: usize,
    },
    /// A log_prob is below the one before.
    Unsorted {
        /// Its index.
        index: usize,
    },
    /// A surprise is not finite, negative, or above the one before.
    Surprise {
        /// Its index.
        index: usize,
    },
}

impl fmt::Display for CalibrationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CalibrationError::OtherModel { expected, found } => {
                write!(f, "a calibration of the model {found:016x} where {expected:016x} is used")
            }
            CalibrationError::Rows { rows } => {
                write!(f, "a calibration by {rows} rows; it takes 1 to {MAX_ROWS}")
            }
            CalibrationError::Rank { rank, rows } => {
                write!(f, "a threshold of rank {rank} where there are {rows} rows")
            }
            CalibrationError::Threshold => f.write_str("a threshold that is not finite"),
            CalibrationError::NotFinite { index } => {
                write!(f, "a log_prob that is not finite, at {index}")
            }
            CalibrationError::Unsorted { index } => {
                write!(f, "a log_prob below the one before, at {index}")
            }
            CalibrationError::Surprise { index } => {
                write!(
                    f,
                    "a surprise that is not finite, negative or above the one before, at {index}"
                )
            }
        }
    }
}

impl Error for CalibrationError {}

#[cfg(feature = "serde")]
mod serde_impl {
    use super::Calibration;
    use crate::wire::Number;
    use nalgebra::{ArrayStorage, SVector};
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    /// How a calibration travels.
    #[derive(Serialize, Deserialize)]
    #[serde(rename = "Calibration", bound = "T: Number")]
    struct Shaped<T, const M: usize> {
        model: u64,
        threshold: T,
        #[serde(with = "crate::wire")]
        log_probs: SVector<T, M>,
        #[serde(with = "crate::wire")]
        surprises: SVector<T, M>,
        rows: u32,
    }

    impl<T: Number, const M: usize> Serialize for Calibration<T, M> {
        fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
            let Calibration { model, threshold, log_probs, surprises, rows } = *self;
            let [log_probs, surprises] = [log_probs, surprises]
                .map(|values| SVector::from_array_storage(ArrayStorage([values])));
            Shaped { model, threshold, log_probs, surprises, rows }.serialize(to)
        }
    }

    impl<'de, T: Number, const M: usize> Deserialize<'de> for Calibration<T, M> {
        fn deserialize<De: Deserializer<'de>>(from: De) -> Result<Self, De::Error> {
            let Shaped { model, threshold, log_probs, surprises, rows } =
                Shaped::deserialize(from)?;
            let [log_probs, surprises] =
                [log_probs, surprises].map(|values| values.data.0).map(|[values]| values);
            let calibration = Calibration { model, threshold, log_probs, surprises, rows };
            calibration.check(model).map_err(De::Error::custom)?;
            Ok(calibration)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rounding of ln, exp and division never moves a rank: p is never below the exact one.
    #[test]
    fn every_rank_comes_back_from_its_surprise() {
        for rows in [1, 999, 9_999, MAX_ROWS - 1, MAX_ROWS] {
            let calibration = Calibration::new(0, 0.0_f32, [0.0; 3], [0.0; 3], rows);
            for rank in (1..=rows).step_by(if cfg!(miri) { 99_991 } else { 1 }) {
                let surprise = -Real::ln(rank as f32 / (rows + 1) as f32);
                assert_eq!(calibration.rank_of(surprise), rank, "of {rows}");
            }
            assert_eq!(calibration.rank_of(0.0), rows + 1);
        }
    }
}
