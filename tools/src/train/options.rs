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
}

impl Options {
    /// Fewer cannot be split into rows to learn from and rows to choose by.
    pub const FEWEST_ROWS: usize = 20;

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
