use super::Options;
use std::{error::Error, fmt};

/// An option whose value is out of its range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutOfRange {
    /// The option, by the name that a checkpoint gives it.
    pub option: &'static str,
    /// Its range: "must be ...", after the value where there always is one.
    pub range: String,
}

impl fmt::Display for OutOfRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.option, self.range)
    }
}

impl Error for OutOfRange {}

impl Options {
    /// The options, if each is in its range.
    ///
    /// # Errors
    ///
    /// The first option that is out of its range.
    pub fn validated(self) -> Result<Self, OutOfRange> {
        let validation = self.validation_fraction;
        ensure("validation-fraction", validation > 0.0 && validation <= 0.5, || {
            format!("{validation} must be above 0 and at most 0.5")
        })?;
        let test = self.test_fraction;
        ensure("test-fraction", (0.0..=0.3).contains(&test), || {
            format!("{test} must be from 0 to 0.3")
        })?;
        let calibration = self.calibration_fraction;
        ensure("calibration-fraction", (0.0..=0.5).contains(&calibration), || {
            format!("{calibration} must be from 0 to 0.5")
        })?;
        ensure("batch", self.batch >= 1, || "must be at least 1".into())?;
        ensure("noise", self.noise.is_none_or(|noise| (0.0..=1.0).contains(&noise)), || {
            "must be from 0 to 1".into()
        })?;
        ensure(
            "noise-among",
            self.noise_among.is_none_or(|rows| (2..=1024).contains(&rows)),
            || "must be from 2 to 1024".into(),
        )?;
        if let Some(rate) = self.learning_rate {
            ensure("lr", rate > 0.0 && rate.is_finite(), || format!("{rate} must be positive"))?;
        }
        let budget = self.budget;
        ensure("budget", !self.open.steps || (budget > 0.0 && budget.is_finite()), || {
            format!("{budget} must be positive")
        })?;
        ensure("steps", self.steps >= 1, || "must be at least 1".into())?;
        for (option, fraction) in [("warm-up", self.warm_up), ("averaging", self.averaging)] {
            ensure(option, (0.0..1.0).contains(&fraction), || {
                format!("{fraction} must be from 0 to below 1")
            })?;
        }
        ensure("outliers", self.outliers.is_none_or(|part| (0.0..=0.5).contains(&part)), || {
            "must be from 0 to 0.5".into()
        })?;
        let longest = self.longest_gradient;
        ensure("clip", longest > 0.0, || format!("{longest} must be positive"))?;
        ensure(
            "weight-decay",
            self.weight_decay.is_none_or(|decay| (0.0..=100.0).contains(&decay)),
            || "must be from 0 to 100".into(),
        )?;
        ensure("patience", self.patience != Some(0), || "must be at least 1".into())?;
        Ok(self)
    }
}

fn ensure(
    option: &'static str,
    holds: bool,
    range: impl FnOnce() -> String,
) -> Result<(), OutOfRange> {
    if holds { Ok(()) } else { Err(OutOfRange { option, range: range() }) }
}
