use super::{Calibration, Cause, Drift, Event, Rules};
use crate::Real;

/// Turns log_probs, one by one, into alarms: what it remembers, in 32 bytes.
///
/// Each reading updates, in this order: the score, log_prob less the offset against drift; the
/// surprise w of the score, from the table; whether the reading is an anomaly, and with it the
/// history of the last 32; the sum S <- max(0, S + w - reference), at most 2 limit; the alarm; and
/// at the end the offset. [`Rules`] says when the alarm begins and ends.
///
/// A reading that is not finite raises the alarm, is an anomaly, adds the largest surprise, and is
/// counted. A missing reading changes its counts and nothing else. A reading whose context training
/// never saw is counted and not judged. Surprises are at most ln(rows + 1), so no sequence of
/// readings makes the sum infinite or NaN.
///
/// With the feature `serde` its state survives deep sleep; a state that is none is refused.
///
/// ```
/// use couplet::{Calibration, Cause, Detector, Event, Rules};
///
/// // from `couplet calibrate` and `couplet export`, in flash
/// static CALIBRATION: Calibration<f32, 3> =
///     Calibration::new(0x5eed, -9.5, [-9.5, -4.0, -2.5], [4.6, 2.3, 0.7], 99);
/// static RULES: Rules<f32> =
///     Rules { reference: 2.0, limit: 5.6, release: 2.8, k: 1, n: 2, silence: 3, drift: None };
///
/// let mut detector = Detector::new();
/// let mut push = |log_prob| detector.push(&CALIBRATION, &RULES, log_prob);
/// assert_eq!(push(-2.0), None);
/// assert_eq!(push(-12.0), Some(Event::Alarm { cause: Cause::Single, began: 0 }));
/// assert_eq!(push(-2.0), None); // held
/// assert_eq!(push(-2.0), Some(Event::Cleared));
/// assert_eq!(push(f32::NAN), Some(Event::Alarm { cause: Cause::Invalid, began: 0 }));
///
/// assert_eq!(detector.missing(&RULES), None);
/// assert_eq!(detector.missing(&RULES), None);
/// assert_eq!(detector.missing(&RULES), Some(Event::Silent));
/// assert_eq!((detector.readings(), detector.invalid(), detector.missed()), (5, 1, 3));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Detector<T> {
    sum: T,
    offset: T,
    history: u32,
    readings: u32,
    invalid: u32,
    missed: u32,
    gap: u32,
    /// How many readings the sum has been above 0.
    rising: u16,
    alarm: Option<Cause>,
    flags: u8,
}

const _: () = assert!(size_of::<Detector<f32>>() <= 32);

/// The sum was above its limit and has not been down to its release since.
const HELD: u8 = 1;
/// The offset was at its cap and has not been at half of it since.
const DRIFTED: u8 = 2;
/// The last reading had a context that training never saw.
const UNFAMILIAR: u8 = 4;

impl<T: Real> Detector<T> {
    /// That has seen nothing.
    pub const fn new() -> Self {
        Detector {
            sum: T::ZERO,
            offset: T::ZERO,
            history: 0,
            readings: 0,
            invalid: 0,
            missed: 0,
            gap: 0,
            rising: 0,
            alarm: None,
            flags: 0,
        }
    }

    /// Takes the log_prob of a reading, in nats, and says what it changes.
    pub fn push<const M: usize>(
        &mut self,
        calibration: &Calibration<T, M>,
        rules: &Rules<T>,
        log_prob: T,
    ) -> Option<Event> {
        self.arrives();
        self.flags &= !UNFAMILIAR;

        let score = if rules.drift.is_some() { log_prob - self.offset } else { log_prob };
        let is_anomaly = calibration.is_anomaly(score);
        self.history = self.history << 1 | u32::from(is_anomaly);
        let is_sustained = self.add(rules, calibration.surprise(score));

        let is_valid = score.is_finite();
        if !is_valid {
            self.invalid = self.invalid.saturating_add(1);
        }
        let recent = self.history & rules.mask();
        let event = if is_valid && recent == 0 && !is_sustained {
            self.end(rules)
        } else {
            self.begin(rules, recent, is_valid, is_sustained)
        };

        match &rules.drift {
            Some(drift) => self.follow(rules, drift, is_anomaly, is_valid, event),
            None => event,
        }
    }

    /// Takes the log_prob of a reading given a context, in nats, and says what it changes: as
    /// [`Detector::push`], but [`Detector::unfamiliar`] where the context is not known and log_prob is
    /// finite. A reading or a context that is not finite raises the alarm in any context.
    ///
    /// ```
    /// # use couplet::{Calibration, Context, Detector, Event, Rules};
    /// # static CALIBRATION: Calibration<f32, 3> =
    /// #     Calibration::new(0x5eed, -9.5, [-9.5, -4.0, -2.5], [4.6, 2.3, 0.7], 99);
    /// # static RULES: Rules<f32> =
    /// #     Rules { reference: 2.0, limit: 5.6, release: 2.8, k: 1, n: 2, silence: 3, drift: None };
    /// static CONTEXT: Context<f32, 1> = Context::new([50.0], [25.0], [0.0], [95.0], None);
    ///
    /// let mut detector = Detector::new();
    /// for (load, log_prob) in [(50.0, -2.0), (99.0, -3.0), (99.0, -3.0), (20.0, -12.0)] {
    ///     // log_prob is MODEL.log_prob_given(&reading, &context)
    ///     let is_known = CONTEXT.is_known(&[load].into());
    ///     match detector.push_given(&CALIBRATION, &RULES, log_prob, is_known) {
    ///         Some(Event::Alarm { .. }) => println!("alarm at load {load}"),
    ///         Some(Event::Unfamiliar) => println!("nobody knows what is normal at load {load}"),
    ///         _ => (),
    ///     }
    /// }
    /// assert!(detector.in_alarm() && !detector.is_unfamiliar());
    /// ```
    pub fn push_given<const M: usize>(
        &mut self,
        calibration: &Calibration<T, M>,
        rules: &Rules<T>,
        log_prob: T,
        is_known: bool,
    ) -> Option<Event> {
        if is_known || !log_prob.is_finite() {
            self.push(calibration, rules, log_prob)
        } else {
            self.unfamiliar()
        }
    }

    /// A reading came whose context training never saw, as [`crate::Context::is_known`] says. What
    /// the model says of it is a guess, so the sum, the history and the alarm stay as they are.
    ///
    /// ```
    /// # use couplet::{Detector, Event};
    /// let mut detector: Detector<f32> = Detector::new();
    /// assert_eq!(detector.unfamiliar(), Some(Event::Unfamiliar));
    /// assert_eq!(detector.unfamiliar(), None);
    /// assert!(detector.is_unfamiliar());
    /// ```
    pub fn unfamiliar(&mut self) -> Option<Event> {
        self.arrives();
        let begins = !self.is_unfamiliar();
        self.flags |= UNFAMILIAR;
        begins.then_some(Event::Unfamiliar)
    }

    fn arrives(&mut self) {
        self.readings = self.readings.saturating_add(1);
        self.gap = 0;
    }

    /// No reading came when one was due. The sum and the alarm stay as they are.
    pub fn missing(&mut self, rules: &Rules<T>) -> Option<Event> {
        let was_silent = self.is_silent(rules);
        self.missed = self.missed.saturating_add(1);
        self.gap = self.gap.saturating_add(1);
        (!was_silent && self.is_silent(rules)).then_some(Event::Silent)
    }

    /// Begins a new episode, as a run, a shift or a day: the sum starts at 0, the last readings and the
    /// alarm are forgotten. Counts and the offset against drift stay.
    ///
    /// The promise of `couplet calibrate --episodes` is of episodes that begin so.
    pub fn restart(&mut self) {
        self.sum = T::ZERO;
        self.rising = 0;
        self.history = 0;
        self.alarm = None;
        self.flags &= !(HELD | UNFAMILIAR);
    }

    /// Adds a surprise to the sum; whether that is above its limit.
    fn add(&mut self, rules: &Rules<T>, surprise: T) -> bool {
        let mut sum = self.sum + (surprise - rules.reference);
        let (Some(cap), false) = (rules.cap(), sum <= T::ZERO) else {
            self.sum = T::ZERO;
            self.rising = 0;
            return false;
        };
        sum = if sum < cap { sum } else { cap }; // NaN, of rules that are, is the cap
        self.sum = sum;
        self.rising = self.rising.saturating_add(1);
        sum > rules.limit
    }

    /// Ends the alarm, where no rule asks for it and the sum is small enough.
    fn end(&mut self, rules: &Rules<T>) -> Option<Event> {
        (self.alarm.is_some() && self.sum <= rules.release).then(|| {
            self.alarm = None;
            Event::Cleared
        })
    }

    /// Begins the alarm, where a rule asks for it and it is not held.
    fn begin(
        &mut self,
        rules: &Rules<T>,
        recent: u32,
        is_valid: bool,
        is_sustained: bool,
    ) -> Option<Event> {
        if self.alarm.is_some() {
            return None;
        }
        let (cause, began) = if !is_valid {
            (Cause::Invalid, 0)
        } else if rules.k == 1 && recent != 0 {
            (Cause::Single, 0)
        } else if rules.k > 1 && recent.count_ones() >= u32::from(rules.k.min(rules.n).min(32)) {
            (Cause::Repeated, 31_u32.saturating_sub(recent.leading_zeros()))
        } else if is_sustained {
            (Cause::Sustained, u32::from(self.rising.saturating_sub(1)))
        } else {
            return None;
        };
        self.alarm = Some(cause);
        Some(Event::Alarm { cause, began })
    }

    /// Moves the offset against drift. An event that came before is the one to report.
    fn follow(
        &mut self,
        rules: &Rules<T>,
        drift: &Drift<T>,
        is_anomaly: bool,
        is_valid: bool,
        event: Option<Event>,
    ) -> Option<Event> {
        if self.sum > rules.limit {
            self.flags |= HELD;
        } else if self.sum <= rules.release {
            self.flags &= !HELD;
        }
        if is_valid && self.flags & HELD == 0 {
            let hit = if is_anomaly { T::ONE } else { T::ZERO };
            let offset = self.offset + drift.step * (drift.rate - hit);
            let offset = if offset > drift.cap {
                drift.cap
            } else if offset < -drift.cap {
                -drift.cap
            } else {
                offset
            };
            // A drift that fails its check leaves no offset.
            let is_within = offset.is_finite() && offset.abs() <= drift.cap;
            self.offset = if is_within { offset } else { T::ZERO };
        }
        let distance = self.offset.abs();
        if distance <= drift.cap * T::HALF {
            self.flags &= !DRIFTED;
        } else if distance >= drift.cap && self.flags & DRIFTED == 0 && event.is_none() {
            self.flags |= DRIFTED;
            return Some(Event::Drifted);
        }
        event
    }

    /// Whether an alarm is held.
    pub fn in_alarm(&self) -> bool {
        self.alarm.is_some()
    }

    /// What raised the alarm that is held.
    pub fn alarm(&self) -> Option<Cause> {
        self.alarm
    }

    /// Whether as many readings in a row are missing as [`Rules::silence`] says.
    pub fn is_silent(&self, rules: &Rules<T>) -> bool {
        rules.silence > 0 && self.gap >= rules.silence
    }

    /// Whether the last reading had a context that training never saw.
    pub fn is_unfamiliar(&self) -> bool {
        self.flags & UNFAMILIAR != 0
    }

    /// Whether readings come that can be judged, and none of them raised an alarm that is still held.
    pub fn is_normal(&self, rules: &Rules<T>) -> bool {
        !self.in_alarm() && !self.is_silent(rules) && !self.is_unfamiliar()
    }

    /// The number of readings, those that were not finite included. It stops at `u32::MAX`, as the
    /// other counts do.
    pub fn readings(&self) -> u32 {
        self.readings
    }

    /// The number of readings whose log_prob was not finite.
    pub fn invalid(&self) -> u32 {
        self.invalid
    }

    /// The number of missing readings.
    pub fn missed(&self) -> u32 {
        self.missed
    }

    /// The number of missing readings since the last that came.
    pub fn gap(&self) -> u32 {
        self.gap
    }

    /// The sum of surprises above the reference, S, in nats.
    pub fn sum(&self) -> T {
        self.sum
    }

    /// The offset against drift, in nats.
    pub fn offset(&self) -> T {
        self.offset
    }

    /// Which of the last 32 readings were anomalies: the lowest bit is the last reading.
    pub fn history(&self) -> u32 {
        self.history
    }
}

impl<T: Real> Default for Detector<T> {
    fn default() -> Self {
        Detector::new()
    }
}

#[cfg(feature = "serde")]
mod serde_impl {
    use super::{DRIFTED, Detector, HELD, UNFAMILIAR};
    use crate::{Cause, wire::Number};
    use serde::{Deserialize, Deserializer, de::Error};

    /// A state that nobody has checked.
    #[derive(Deserialize)]
    #[serde(rename = "Detector", bound = "T: Number")]
    struct Unchecked<T> {
        #[serde(deserialize_with = "crate::wire::finite")]
        sum: T,
        #[serde(deserialize_with = "crate::wire::finite")]
        offset: T,
        history: u32,
        readings: u32,
        invalid: u32,
        missed: u32,
        gap: u32,
        rising: u16,
        alarm: Option<Cause>,
        flags: u8,
    }

    impl<'de, T: Number> Deserialize<'de> for Detector<T> {
        /// Refuses what no detector remembers: a sum that is negative or not finite, more invalid
        /// readings than readings, a longer gap than there are missing readings.
        fn deserialize<De: Deserializer<'de>>(from: De) -> Result<Self, De::Error> {
            let Unchecked {
                sum,
                offset,
                history,
                readings,
                invalid,
                missed,
                gap,
                rising,
                alarm,
                flags,
            } = Unchecked::deserialize(from)?;
            let is_possible = sum >= T::ZERO
                && (sum > T::ZERO) == (rising > 0)
                && invalid <= readings
                && gap <= missed
                && flags & !(HELD | DRIFTED | UNFAMILIAR) == 0;
            if !is_possible {
                return Err(De::Error::custom("a state that no detector has"));
            }
            Ok(Detector {
                sum,
                offset,
                history,
                readings,
                invalid,
                missed,
                gap,
                rising,
                alarm,
                flags,
            })
        }
    }
}
