/// One verified property.
#[derive(Clone, Debug)]
pub struct Check {
    /// What was compared.
    pub name: String,
    /// The worst error found.
    pub error: f64,
    /// What it may be at most.
    pub bound: f64,
    /// Where it was found.
    pub at: String,
}

impl Check {
    /// Whether the error is within the bound; an error that is not a number is not.
    pub fn passed(&self) -> bool {
        self.error <= self.bound
    }

    pub(super) fn new(name: impl Into<String>, bound: f64) -> Self {
        Check { name: name.into(), error: 0.0, bound, at: String::new() }
    }

    /// Keeps the worst error, and NaN is the worst of all.
    pub(super) fn see(&mut self, error: f64, at: impl FnOnce() -> String) {
        if error > self.error || (error.is_nan() && !self.error.is_nan()) {
            self.error = error;
            self.at = at();
        }
    }
}
