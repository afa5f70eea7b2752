/// What a [`crate::Detector`] reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Event {
    /// The alarm begins.
    Alarm {
        /// Which rule raised it.
        cause: Cause,
        /// How many readings ago its evidence began; 0 is this reading.
        ///
        /// For [`Cause::Repeated`] that is the oldest of the readings that were counted, for
        /// [`Cause::Sustained`] the first after the sum was last 0, at most 65,534 ago.
        began: u32,
    },
    /// The alarm ends: the sum is at most [`crate::Rules::release`], and none of the last
    /// [`crate::Rules::n`] readings was an anomaly.
    Cleared,
    /// [`crate::Rules::silence`] readings in a row are missing.
    Silent,
    /// The offset against drift arrived at its cap: the readings have moved further than it
    /// follows. It comes again only after the offset was below half of the cap.
    Drifted,
    /// Readings begin whose context training never saw: their log_prob is a guess, so they are not
    /// judged. It comes again only after a reading of a known context.
    Unfamiliar,
}

/// The rule that raised an alarm. Where several hold at once, the first of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Cause {
    /// A log_prob that is not finite: a broken sensor, or a reading that is impossible. It raises
    /// the alarm whatever the rules are.
    Invalid,
    /// One reading below the threshold.
    Single,
    /// k of n readings below the threshold.
    Repeated,
    /// The sum of surprises is above its limit.
    Sustained,
}
