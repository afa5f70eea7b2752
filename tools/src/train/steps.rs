use super::Options;

/// The fewest steps of a training whose number of steps follows from its rows.
const FEWEST_STEPS: usize = 4000;

/// The most steps of such a training.
const MOST_STEPS: usize = 40_000;

impl Options {
    /// The budget of a training, in those of a training of the default flow with the default steps.
    pub const USUAL_TRAININGS: f64 = 4.0;

    /// How many times more it is where several kinds of density are tried.
    pub const MORE_FOR_KINDS: f64 = 3.0;

    /// Steps that go through this many training rows this many times.
    pub fn steps_of_epochs(&self, epochs: usize, rows: usize) -> usize {
        epochs.saturating_mul(rows.div_ceil(self.batch.max(1)))
    }

    /// Steps where nothing else is asked for, of training rows that are worth `effective`
    /// independent ones: [`EPOCHS`](Self::EPOCHS) epochs of these, from 4000 to 40,000 steps.
    pub fn steps_for(&self, effective: usize) -> usize {
        self.steps_of_epochs(Self::EPOCHS, effective).clamp(FEWEST_STEPS, MOST_STEPS)
    }
}
