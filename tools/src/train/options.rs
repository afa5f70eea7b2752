/// How to train.
#[derive(Clone, Debug)]
pub struct Options {
    /// Optimiser steps.
    pub steps: usize,
    /// Rows in a step.
    pub batch: usize,
    /// The highest learning rate.
    pub learning_rate: f64,
    /// For splitting, shuffling and initial weights.
    pub seed: u64,
    /// The part of the rows held out to choose the best weights by.
    pub validation_fraction: f64,
    /// The standard deviation of the noise added to each batch, in standard deviations of the features; `None` chooses it
    /// from the number of rows.
    pub noise: Option<f64>,
}

impl Options {
    /// Fewer cannot be split into rows to learn from and rows to choose by.
    pub const FEWEST_ROWS: usize = 20;

    /// The noise for this many training rows: 1.8 / sqrt(rows), at most a tenth, unless it was chosen.
    ///
    /// Rows are a sample of a density, and noise keeps the flow from fitting the sample: on 1000 rows of moons it lowers the
    /// gap to the true density from 0.17 to 0.06 nats and the worst held-out point from 520 to 28 nats; on 20,000 it is too
    /// small to blur anything.
    pub fn noise_for(&self, rows: usize) -> f64 {
        self.noise.unwrap_or_else(|| (1.8 / (rows as f64).sqrt()).min(0.1))
    }

    /// The learning rate of a step: a linear warm-up over a twentieth of the steps, then half a cosine down to zero.
    pub fn learning_rate_at(&self, step: usize) -> f64 {
        let warm_up = self.steps.div_ceil(20);
        if step < warm_up {
            return self.learning_rate * step as f64 / warm_up as f64;
        }
        let part = (step - warm_up) as f64 / (self.steps - warm_up + 1) as f64;
        self.learning_rate * (1.0 + (std::f64::consts::PI * part).cos()) / 2.0
    }
}
