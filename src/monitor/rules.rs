use crate::Real;
use core::{error::Error, fmt};

/// When a [`crate::Detector`] raises the alarm and when it ends.
///
/// An alarm begins where one of these holds:
///
/// - a reading is not finite: always;
/// - at least `k` of the last `n` readings are below the threshold: `k = 1` is the single reading;
///   `k = 0` switches this off;
/// - the sum S of surprises is above `limit`, where each reading with surprise w makes it max(0, S
///   + w - `reference`), at most 2 `limit` (CUSUM); a `limit` of 0 or infinity switches this off.
///
/// It ends where S is at most `release` and none of the last `n` readings was below the threshold.
/// So `n` is also how many readings an alarm outlives its last cause.
///
/// ```
/// use couplet::{Drift, Rules};
///
/// // single readings, held for 8 readings, and the sum
/// static RULES: Rules<f32> =
///     Rules { reference: 2.0, limit: 5.6, release: 2.8, k: 1, n: 8, silence: 60, drift: None };
/// assert_eq!(RULES.check(), Ok(()));
///
/// // 3 of 5 alone
/// static REPEATED: Rules<f32> = Rules { k: 3, n: 5, ..Rules::single() };
/// assert_eq!(REPEATED.check(), Ok(()));
/// ```
///
/// The sum is of Continuous Inspection Schemes (Page, 1954),
/// <https://doi.org/10.1093/biomet/41.1-2.100>.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Rules<T> {
    /// What is taken off each surprise before it is added, in nats: above 1, the mean surprise of
    /// normal readings, and about half of what a fault brings. 1.5 finds small faults, 3 large ones
    /// sooner.
    pub reference: T,
    /// The sum above which the alarm begins, in nats. 0 or infinity: no sum.
    pub limit: T,
    /// The sum down to which an alarm is held, in nats, from 0 to `limit`.
    pub release: T,
    /// How many of the last `n` readings below the threshold raise the alarm. 0: this rule is off.
    pub k: u8,
    /// The number of readings that `k` counts in, `k` to 32. How long an alarm outlives them.
    pub n: u8,
    /// How many missing readings in a row are [`crate::Event::Silent`]. 0: never.
    pub silence: u32,
    /// An offset that follows slow drift. None: thresholds are fixed, as they were calibrated.
    pub drift: Option<Drift<T>>,
}

/// A slow offset that is taken off each log_prob before it meets the calibration.
///
/// offset <- offset + `step` (`rate` - \[log_prob - offset < threshold\]), within -`cap` and
/// `cap`, but not while the sum holds an alarm, and not by a reading that is not finite. In the
/// long run the rate of anomalies is then `rate`, as long as drift stays within the cap. It is no
/// longer the promise of the calibration: a fault that stays and is smaller than the cap is
/// followed too.
///
/// Adaptive Conformal Inference Under Distribution Shift (Gibbs and Candès, 2021),
/// <https://arxiv.org/abs/2106.00170>, has this update without the cap.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Drift<T> {
    /// The rate of anomalies that is aimed at: that of the threshold, between 0 and 1.
    pub rate: T,
    /// How far a reading moves the offset, in nats: .02 standard deviations of log_prob over the
    /// calibration rows. Faster is worse.
    pub step: T,
    /// How far the offset gets, in nats: 2 standard deviations of log_prob.
    pub cap: T,
}

impl<T: Real> Rules<T> {
    /// Each reading below the threshold is an alarm, which the next other one ends. All else is
    /// off.
    pub const fn single() -> Self {
        let zero = T::ZERO;
        Rules { reference: zero, limit: zero, release: zero, k: 1, n: 1, silence: 0, drift: None }
    }

    /// Whether a detector can work by these rules.
    ///
    /// A detector does not ask: with rules that fail this check its state stays finite, and alarms
    /// come too often rather than never.
    ///
    /// # Errors
    ///
    /// The first value that is out of its range.
    pub fn check(&self) -> Result<(), RulesError> {
        if self.limit.is_nan() || self.limit < T::ZERO {
            return Err(RulesError::Limit);
        }
        if self.cap().is_some() && !(self.reference.is_finite() && self.reference > T::ONE) {
            return Err(RulesError::Reference);
        }
        let holds = self.cap().is_none() || self.release <= self.limit;
        if !(self.release.is_finite() && self.release >= T::ZERO && holds) {
            return Err(RulesError::Release);
        }
        if self.n > 32 || self.k > self.n {
            return Err(RulesError::Count);
        }
        self.drift.as_ref().map_or(Ok(()), Drift::check)
    }

    /// The largest sum, where there is a sum.
    pub(super) fn cap(&self) -> Option<T> {
        if self.limit > T::ZERO {
            let cap = self.limit + self.limit;
            return cap.is_finite().then_some(cap);
        }
        None
    }

    /// The bits of the last n readings.
    pub(super) fn mask(&self) -> u32 {
        !u32::MAX.unbounded_shl(self.n.into())
    }
}

impl<T: Real> Drift<T> {
    fn check(&self) -> Result<(), RulesError> {
        let is_positive = |value: T| value.is_finite() && value > T::ZERO;
        if is_positive(self.rate)
            && self.rate < T::ONE
            && is_positive(self.step)
            && is_positive(self.cap)
        {
            Ok(())
        } else {
            Err(RulesError::Drift)
        }
    }
}

/// Rules that no detector can work by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RulesError {
    /// [`Rules::reference`] is not above 1.
    Reference,
    /// [`Rules::limit`] is negative or NaN.
    Limit,
    /// [`Rules::release`] is not between 0 and the limit.
    Release,
    /// [`Rules::k`] is above [`Rules::n`], or that is above 32.
    Count,
    /// A value of [`Drift`] is not positive, or its rate is not below 1.
    Drift,
}

impl fmt::Display for RulesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            RulesError::Reference => "the reference of the rules is not a number above 1",
            RulesError::Limit => "the limit of the rules is negative or NaN",
            RulesError::Release => "the release of the rules is not between 0 and the limit",
            RulesError::Count => "the rules want k of n readings, where k is above n or n above 32",
            RulesError::Drift => {
                "the rate of the drift is not between 0 and 1, or its step or cap is not positive"
            }
        })
    }
}

impl Error for RulesError {}

#[cfg(feature = "serde")]
mod serde_impl {
    use super::{Drift, Rules};
    use crate::wire::Number;
    use serde::{Deserialize, Deserializer, de::Error};

    /// Rules that nobody has checked.
    #[derive(Deserialize)]
    #[serde(rename = "Rules", bound = "T: Number")]
    struct Unchecked<T> {
        reference: T,
        limit: T,
        release: T,
        k: u8,
        n: u8,
        silence: u32,
        drift: Option<Drift<T>>,
    }

    impl<'de, T: Number> Deserialize<'de> for Rules<T> {
        fn deserialize<De: Deserializer<'de>>(from: De) -> Result<Self, De::Error> {
            let Unchecked { reference, limit, release, k, n, silence, drift } =
                Unchecked::deserialize(from)?;
            let rules = Rules { reference, limit, release, k, n, silence, drift };
            rules.check().map_err(De::Error::custom)?;
            Ok(rules)
        }
    }
}
