use super::Options;

/// The fewest steps of a training whose number of steps follows from its rows.
const FEWEST_STEPS: usize = 4000;

/// The most steps of such a training.
const MOST_STEPS: usize = 40_000;

impl Options {
    /// Steps that go through the training rows of `rows` rows this many times.
    pub fn steps_of_epochs(&self, epochs: usize, rows: usize) -> usize {
        let held_out = (rows as f64 * self.validation_fraction) as usize;
        let steps_of_epoch = rows.saturating_sub(held_out).div_ceil(self.batch.max(1));
        epochs.saturating_mul(steps_of_epoch)
    }

    /// Steps for `rows` rows where nothing else is asked for: those of [`EPOCHS`](Self::EPOCHS)
    /// epochs, from 4000 to 40,000.
    pub fn steps_for(&self, rows: usize) -> usize {
        self.steps_of_epochs(Self::EPOCHS, rows).clamp(FEWEST_STEPS, MOST_STEPS)
    }
}
