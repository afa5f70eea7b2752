//! Fits a flow to rows: mini-batch Adam on the mean negative log-likelihood, the best weights on
//! held-out rows kept.

mod adam;
mod batches;
mod checkpoint;
mod init;
mod noise;
mod options;
mod shards;
mod trainer;

pub use checkpoint::is_checkpoint;
pub use options::{Options, Schedule};
pub use trainer::{LOOKS, Trainer};

use crate::{
    data::statistics::{column, moments, quartiles},
    model::{Description, Permutation},
};
use anyhow::{Result, bail};
use rand::seq::SliceRandom;
use rand_xoshiro::Xoshiro128PlusPlus;
use serde::{Deserialize, Serialize};

/// Where training stands.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Progress {
    /// Steps done since training started, or started anew.
    pub step: usize,
    /// The weight decay of these steps.
    pub weight_decay: f64,
    /// Mean negative log-likelihood of recent batches in nats.
    pub training: f64,
    /// Mean negative log-likelihood of the held-out rows in nats, at the last look.
    pub validation: f64,
}

/// How training went.
#[derive(Clone, Copy, Debug)]
pub struct Summary {
    /// Rows trained on.
    pub training_rows: usize,
    /// Rows held out.
    pub validation_rows: usize,
    /// Steps done: fewer than asked for where training was stopped.
    pub steps: usize,
    /// Steps among them that went too far, so that training went back to the best weights.
    pub undone: usize,
    /// The step whose weights were kept.
    pub best_step: usize,
    /// The weight decay that they had.
    pub weight_decay: f64,
    /// Their mean negative log-likelihood of the held-out rows in nats.
    pub validation: f64,
    /// Its standard error over rows, blocks or groups that are held out; none where there is one.
    pub validation_error: Option<f64>,
}

/// Above this many interquartile ranges a standard deviation is that of a few values alone. Honest
/// heavy tails stay far below: thousands of rows of Student's t with two degrees of freedom, or of
/// a lognormal of sigma 2, reach tens.
const FAR_OUT: f64 = 1e4;

/// Fails where a value lies so far out that standardization would leave the other rows no
/// difference.
///
/// # Errors
///
/// The column, the value and its row.
pub fn refuse_sentinels(features: &[String], rows: &[f32]) -> Result<()> {
    for (i, name) in features.iter().enumerate() {
        let column = column(rows, features.len(), i);
        if column.is_empty() {
            return Ok(());
        }
        let mut sorted = column.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        let [low, median, high] = quartiles(&sorted);
        if high > low && moments(&column).1 > FAR_OUT * (high - low) {
            let distance = |row: &usize| (column[*row] - median).abs();
            let row =
                (0..column.len()).max_by(|a, b| distance(a).total_cmp(&distance(b))).unwrap_or(0);
            bail!(
                "column {name}: {:?} in row {} is so far out that the other rows would count as equal; drop the row if it is a \
                 sentinel",
                column[row] as f32,
                row + 1
            );
        }
    }
    Ok(())
}

/// Fewer steps of f32 in a standard deviation make ties of most readings.
const FEWEST_STEPS: f64 = 16.0;

/// What may be wrong with rows that can be trained on, a line each: columns that f32 resolves
/// coarsely.
pub fn warnings(features: &[String], rows: &[f32]) -> Vec<String> {
    let coarse = |(i, name): (usize, &String)| {
        let (mean, std) = moments(&column(rows, features.len(), i));
        let near = (mean as f32).abs();
        let steps = std / f64::from(near.next_up() - near);
        (steps > 0.0 && steps < FEWEST_STEPS).then(|| {
            format!(
                "column {name}: the standard deviation is {steps:.1} steps of f32 at the mean {}, so many readings are equal; \
                 subtract an offset first",
                mean as f32
            )
        })
    };
    features.iter().enumerate().filter_map(coarse).collect()
}

fn permutations(description: &Description, rng: &mut Xoshiro128PlusPlus) -> Vec<Permutation> {
    (0..description.couplets)
        .map(|_| {
            let mut index: Vec<u16> = (0..description.dimension() as u16).collect();
            index.shuffle(rng);
            Permutation { index }
        })
        .collect()
}
