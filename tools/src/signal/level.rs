/// Mean and variance of a column of a signal, sample by sample. Missing samples do not count.
#[derive(Clone, Copy, Debug, Default)]
pub struct Level {
    count: f64,
    mean: f64,
    /// The sum of squares about the mean (Welford 1962).
    squares: f64,
}

impl Level {
    /// Takes a sample.
    pub fn push(&mut self, x: f32) {
        if x.is_finite() {
            let x = f64::from(x);
            self.count += 1.0;
            let difference = x - self.mean;
            self.mean += difference / self.count;
            self.squares += difference * (x - self.mean);
        }
    }

    /// The mean; `None` if there is no sample.
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0.0).then_some(self.mean)
    }

    /// The variance; `None` if there is no sample.
    pub fn variance(&self) -> Option<f64> {
        (self.count > 0.0).then(|| self.squares / self.count)
    }
}
