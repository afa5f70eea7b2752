use serde::Serialize;

/// One verified property.
#[derive(Clone, Debug, Serialize)]
pub struct Check {
    /// What was compared.
    pub name: String,
    /// The worst error found: the one that is largest beside its bound.
    pub error: f64,
    /// What it may be at most.
    pub bound: f64,
    /// Where it was found.
    pub at: String,
}

/// A bound above this one says that a comparison is too uncertain to find a fault. It fails then.
pub const LOOSEST: f64 = 1e-3;

impl Check {
    /// Whether the error is within the bound; an error that is not a number is not.
    pub fn passed(&self) -> bool {
        self.error <= self.bound
    }

    /// `bound` is the one that is promised where rounding does not stand in the way.
    pub(super) fn new(name: impl Into<String>, bound: f64) -> Self {
        Check { name: name.into(), error: 0.0, bound, at: String::new() }
    }

    /// Keeps the worst error, and NaN is the worst of all. `bound` is what this error may be: NaN or
    /// more than [`LOOSEST`] fails.
    pub(super) fn see(&mut self, error: f64, bound: f64, at: impl FnOnce() -> String) {
        let error = if bound <= LOOSEST { error } else { f64::NAN };
        let worse = error * self.bound > self.error * bound;
        if worse || (error.is_nan() && !self.error.is_nan()) {
            (self.error, self.bound) = (error, bound);
            self.at = at();
        }
    }
}
