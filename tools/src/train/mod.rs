//! Fits a flow to rows: mini-batch Adam on the mean negative log-likelihood, the best weights on
//! held-out rows kept.

mod adam;
mod attempt;
mod batches;
mod checkpoint;
mod clusters;
mod fit;
mod init;
mod looks;
mod noise;
mod options;
mod plan;
mod range;
mod rows;
mod run;
mod shards;
mod start;
mod steps;
mod trainer;

pub use attempt::Attempt;
pub use checkpoint::is_checkpoint;
pub use fit::{best_with_notes, fit, test};
pub use options::{Options, Schedule};
pub use plan::{Choice, Open, Plan};
pub use range::OutOfRange;
pub use run::{Look, VALIDATIONS};
pub use trainer::Trainer;

use crate::model::Description;
use rand::seq::SliceRandom;
use rand_xoshiro::Xoshiro128PlusPlus;
use serde::{Deserialize, Serialize};

/// Where training stands.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Progress {
    /// The number of the run, from 1.
    pub run: usize,
    /// Steps done since training started or restarted.
    pub step: usize,
    /// Steps that are asked of the run.
    pub steps: usize,
    /// The weight decay of these steps.
    pub weight_decay: f64,
    /// Mean negative log-likelihood of recent batches in nats.
    pub training: f64,
    /// Mean negative log-likelihood of the held-out rows in nats, at the last validation.
    pub validation: f64,
}

/// How training went.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Summary {
    /// Rows trained on.
    pub training_rows: usize,
    /// Rows held out.
    pub validation_rows: usize,
    /// Runs of the optimiser.
    pub runs: usize,
    /// The run whose weights were kept, from 1.
    pub best_run: usize,
    /// The run whose weights that run started from, from 1.
    pub from_run: Option<usize>,
    /// Steps done in that run: fewer than asked for where training was stopped.
    pub steps: usize,
    /// Steps that were asked of that run.
    pub steps_asked: usize,
    /// Steps of all runs, those before restarts too.
    pub all_steps: usize,
    /// How many of all steps were rolled back to the best weights, since they went too far.
    pub rolled_back: usize,
    /// The step whose weights were kept.
    pub best_step: usize,
    /// The weight decay with which the kept weights were trained.
    pub weight_decay: f64,
    /// The mean negative log-likelihood of the held-out rows under the kept weights in nats.
    pub validation: f64,
    /// The standard error of `validation` over held-out rows, blocks or groups; none for a single
    /// one.
    pub validation_error: Option<f64>,
}

fn permutations(description: &Description, rng: &mut Xoshiro128PlusPlus) -> Vec<Vec<u16>> {
    (0..description.couplets)
        .map(|_| {
            let mut index: Vec<u16> = (0..description.dimension() as u16).collect();
            index.shuffle(rng);
            index
        })
        .collect()
}
