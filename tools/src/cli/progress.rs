//! Bars and spinners on standard error, for work that takes a while.

use crate::train::{Progress, Trainer};
use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};
use std::time::Duration;

/// The parts of a bar.
const PARTS: f64 = 1000.0;

/// Steps from one change of a training bar's message to the next.
const MESSAGE_EVERY: usize = 20;

/// A spinner, which turns until it is dropped or cleared.
pub fn spinner(message: String) -> ProgressBar {
    let spinner = ProgressBar::new_spinner().with_message(message);
    spinner.enable_steady_tick(Duration::from_millis(100));
    spinner
}

/// The bar of a training.
#[derive(Debug)]
pub struct TrainingBar(ProgressBar);

impl TrainingBar {
    /// A bar behind a title. `part` of the training is done.
    ///
    /// # Errors
    ///
    /// None that is known of: the bar's template is valid.
    pub fn new(title: &str, part: f64) -> Result<Self> {
        let bar = ProgressBar::new(PARTS as u64).with_position((part * PARTS) as u64);
        bar.set_style(ProgressStyle::with_template(
            "{prefix}{wide_bar} {percent} %, {msg}, {eta} left",
        )?);
        bar.set_prefix(title.to_string());
        bar.reset_eta();
        Ok(TrainingBar(bar))
    }

    /// Shows where training stands.
    pub fn show(&self, trainer: &Trainer) {
        let Progress { run, step, weight_decay, training, validation, .. } = trainer.progress();
        if step % MESSAGE_EVERY == 0 {
            self.0.set_position((trainer.part() * PARTS) as u64);
            let decay = with_decay(weight_decay);
            self.0.set_message(format!(
                "run {run}, step {step}: {training:.3} nats in training, {validation:.3} held out{decay}"
            ));
        }
    }

    /// Prints a line on standard error, above the bar.
    pub fn warn(&self, line: &str) {
        self.0.suspend(|| eprintln!("{line}"));
    }

    /// Removes the bar.
    pub fn clear(self) {
        self.0.finish_and_clear();
    }
}

/// A weight decay in words; none where it is 0. Training may have restarted with another.
pub fn with_decay(weight_decay: f64) -> String {
    if weight_decay > 0.0 { format!(", weight decay {weight_decay}") } else { String::new() }
}
