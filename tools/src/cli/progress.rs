//! Bars and spinners on standard error, for work that takes a while.

use crate::train::Progress;
use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};
use std::time::Duration;

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
    /// A bar of this many steps, behind a title, that starts at a step.
    ///
    /// # Errors
    ///
    /// None that is known of: the bar's template is valid.
    pub fn new(title: &str, steps: usize, start: usize) -> Result<Self> {
        let bar = ProgressBar::new(steps as u64).with_position(start as u64);
        bar.set_style(ProgressStyle::with_template(
            "{prefix}{wide_bar} {pos}/{len} steps, {msg}, {eta} left",
        )?);
        bar.set_prefix(title.to_string());
        bar.reset_eta();
        Ok(TrainingBar(bar))
    }

    /// Shows where training stands.
    pub fn show(&self, progress: Progress) {
        let Progress { step, weight_decay, training, validation } = progress;
        self.0.set_position(step as u64);
        if step % MESSAGE_EVERY == 0 {
            let decay = with_decay(weight_decay);
            self.0.set_message(format!(
                "{training:.3} nats in training, {validation:.3} held out{decay}"
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
