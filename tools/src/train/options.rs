use crate::data::{
    Standardization,
    split::{Kind, Request},
};
use serde::Serialize;

/// How to train. A checkpoint holds all of it but the threads, and names what differs from it by
/// the flags' words.
#[derive(Clone, Debug, Serialize)]
pub struct Options {
    /// Optimiser steps.
    pub steps: usize,
    /// Rows in a step.
    pub batch: usize,
    /// The highest learning rate.
    #[serde(rename = "lr")]
    pub learning_rate: f64,
    /// The part of the steps in which the learning rate rises to that.
    #[serde(rename = "warm-up")]
    pub warm_up: f64,
    /// How it falls after that.
    pub schedule: Schedule,
    /// For splitting, shuffling and initial weights.
    pub seed: u64,
    /// Threads that work on a batch; more than four find nothing to do.
    #[serde(skip)]
    pub threads: usize,
    /// The part of the rows held out to choose the best weights by.
    #[serde(rename = "validation-fraction")]
    pub validation_fraction: f64,
    /// The part of the rows that is set apart and chooses nothing.
    #[serde(rename = "test-fraction")]
    pub test_fraction: f64,
    /// How rows are held out; `None` chooses it from their dependence.
    pub split: Option<Kind>,
    /// The standard deviation of the noise added to each batch, where any two rows make it, in
    /// standard deviations of the features; `None` chooses it from the number of rows and
    /// features.
    pub noise: Option<f64>,
    /// The noise of a row is a part of the difference of the two rows nearest to it among so many
    /// random ones; `None` chooses it from the number of rows and features.
    #[serde(rename = "noise-among")]
    pub noise_among: Option<usize>,
    /// The part of the rows that gets noise of [`OUTLYING`](Self::OUTLYING) standard deviations:
    /// it teaches the flow to keep some probability for what lies apart from the rows, where it
    /// could be impossible otherwise. `None` chooses it from the features.
    pub outliers: Option<f64>,
    /// After how many looks at the held-out rows without a better one to stop, of
    /// [`LOOKS`](super::LOOKS) in a whole training.
    pub patience: Option<usize>,
    /// How much of the running average of the weights a step keeps. The average is what is looked
    /// at and kept: it lies closer to the middle of where the noise of small batches drives the
    /// weights about.
    pub averaging: f64,
    /// A longer gradient is shortened to this length.
    #[serde(rename = "clip")]
    pub longest_gradient: f64,
    /// How much of itself each weight loses in a step, times the learning rate; `None` chooses it
    /// from [`DECAYS`](Self::DECAYS).
    #[serde(rename = "weight-decay")]
    pub weight_decay: Option<f64>,
    /// Whether the biases of the first layers are zero, instead of drawn so that each unit's kink
    /// is near the data.
    #[serde(rename = "zero-biases")]
    pub zero_biases: bool,
    /// How the features are standardised.
    pub standardize: Standardization,
}

/// What becomes of the learning rate after the warm-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Schedule {
    /// Half a cosine down to zero.
    Cosine,
    /// The learning rate stays.
    Constant,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            steps: 4000,
            batch: 256,
            learning_rate: 3e-3,
            warm_up: 0.05,
            schedule: Schedule::Cosine,
            seed: 1,
            threads: Self::all_threads(),
            validation_fraction: 0.1,
            test_fraction: 0.0,
            split: None,
            noise: None,
            noise_among: None,
            outliers: None,
            patience: None,
            averaging: 0.99,
            longest_gradient: 5.0,
            weight_decay: None,
            zero_biases: false,
            standardize: Standardization::Mean,
        }
    }
}

/// At most one row in this many is an outlier by default: as with the fewest rows there may be.
const MOST_OUTLIERS: usize = 18;

impl Options {
    /// Fewer cannot be split into rows to learn from and rows to choose by.
    pub const FEWEST_ROWS: usize = 20;

    /// The noise of outliers, in standard deviations of the features.
    pub const OUTLYING: f64 = 3.0;

    /// The weight decays to choose from: a training starts with the first, and anew with the next
    /// where the flow memorises the rows, which shows early: a fifth of the steps is done, and the
    /// held-out rows were likeliest before half of that. The best weights of all are kept.
    pub const DECAYS: [f64; 4] = [0.0, 2.0, 4.0, 8.0];

    /// The fewest independent training rows that make sense with so many features: 20 a feature.
    /// From there on trainings on rows of a Gaussian were less than 0.1 nats a feature worse than
    /// one Gaussian of the same rows; with fewer, some were 0.2 worse.
    pub fn enough_rows(features: usize) -> usize {
        20 * features
    }

    /// How often to go through the rows where nothing is asked for, within 4000 to 40,000 steps.
    pub const EPOCHS: usize = 10;

    /// What these options ask of a split.
    pub fn request(&self) -> Request {
        Request {
            kind: self.split,
            validation: self.validation_fraction,
            test: self.test_fraction,
            seed: self.seed,
        }
    }

    /// As many threads as the machine has processors.
    pub fn all_threads() -> usize {
        std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
    }

    /// The noise for this many independent training rows, unless it was chosen: 600 / rows, at most
    /// 0.3, where it is of rows nearby, and 200 / rows, at most 0.4, where it is of any two; in the
    /// plane 2.5 / sqrt(rows), at most 0.1.
    ///
    /// Rows are a sample of a density, and noise keeps the flow from fitting the sample: see
    /// tools/benches/ABLATION.md.
    pub fn noise_for(&self, rows: usize, features: usize) -> f64 {
        let nearby = self.noise_among_for(rows, features) > 2;
        let rows = rows as f64;
        self.noise.unwrap_or(match features {
            ..=2 => (2.5 / rows.sqrt()).min(0.1),
            _ if nearby => (600.0 / rows).min(0.3),
            _ => (200.0 / rows).min(0.4),
        })
    }

    /// The noise of a row is made of the two nearest of so many, unless it was chosen: of 16; of
    /// any two in the plane, with fewer than 16 rows for each feature, where none are near, and
    /// with more than 10,000 rows, which need little noise.
    pub fn noise_among_for(&self, rows: usize, features: usize) -> usize {
        let nearby = features > 2 && (16 * features..=10_000).contains(&rows);
        self.noise_among.unwrap_or(if nearby { 16 } else { 2 })
    }

    /// The part of this many independent training rows that are outliers, unless it was chosen: of two features
    /// as if one row were. Of more features none, since they blur what tells anomalies from normal
    /// rows: see tools/benches/ABLATION.md.
    pub fn outliers_for(&self, rows: usize, features: usize) -> f64 {
        self.outliers.unwrap_or(if features > 2 {
            0.0
        } else {
            1.0 / rows.max(MOST_OUTLIERS) as f64
        })
    }

    /// How many rows of a step's batch are outliers: so many of all up to and with this step, less
    /// those before it.
    pub fn outliers_at(&self, step: usize, rows: usize, features: usize) -> usize {
        let part = self.outliers_for(rows, features);
        let upto = |steps: usize| (part * (steps * self.batch) as f64) as usize;
        upto(step + 1) - upto(step)
    }

    /// The learning rate of a step: a linear warm-up, then the schedule down to zero, if it falls.
    pub fn learning_rate_at(&self, step: usize) -> f64 {
        let warm_up = (self.steps as f64 * self.warm_up).ceil() as usize;
        if step < warm_up {
            return self.learning_rate * step as f64 / warm_up as f64;
        }
        let part = (step - warm_up) as f64 / (self.steps - warm_up + 1) as f64;
        match self.schedule {
            Schedule::Cosine => {
                self.learning_rate * (1.0 + (std::f64::consts::PI * part).cos()) / 2.0
            }
            Schedule::Constant => self.learning_rate,
        }
    }
}
