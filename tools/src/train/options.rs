use super::Open;
use crate::{
    data::{
        Standardization,
        split::{Kind, Request},
    },
    model::Description,
};
use serde::Serialize;

/// How to train. A checkpoint holds all options but the threads. A refused checkpoint names the
/// option that differs, by the word of its flag.
#[derive(Clone, Debug, Serialize)]
pub struct Options {
    /// Optimiser steps of a run.
    pub steps: usize,
    /// What is left to held-out rows; several runs answer it.
    pub open: Open,
    /// Other kinds of density to try, beside the one that is asked for.
    pub kinds: Vec<Description>,
    /// Multiply-adds that all runs together may take, where the number of steps is open. Restarts
    /// with weight decay may add three fifths of the last run.
    pub budget: f64,
    /// Rows in a step.
    pub batch: usize,
    /// The highest learning rate; `None` is [`learning_rate_for`](Self::learning_rate_for) the
    /// widths of the flow.
    #[serde(rename = "lr")]
    pub learning_rate: Option<f64>,
    /// The part of the steps in which the learning rate rises to its highest value.
    #[serde(rename = "warm-up")]
    pub warm_up: f64,
    /// How the learning rate falls after the warm-up.
    pub schedule: Schedule,
    /// The seed of splits, batches and first weights.
    pub seed: u64,
    /// Threads that work on a batch; more than four find nothing to do.
    #[serde(skip)]
    pub threads: usize,
    /// The part of the rows that is held out; validation on them chooses the weights.
    #[serde(rename = "validation-fraction")]
    pub validation_fraction: f64,
    /// The part of the rows that is held out for a test and chooses nothing.
    #[serde(rename = "test-fraction")]
    pub test_fraction: f64,
    /// The part of the rows that is held out to calibrate the model.
    #[serde(rename = "calibration-fraction")]
    pub calibration_fraction: f64,
    /// How rows are held out; `None` chooses it from their dependence.
    pub split: Option<Kind>,
    /// The noise added to each batch, in standard deviations of the features; `None` is
    /// [`noise_for`](Self::noise_for) the rows and features.
    pub noise: Option<f64>,
    /// The number of random rows among which the two nearest to a row make its noise; `None` is
    /// [`noise_among_for`](Self::noise_among_for) the rows and features.
    #[serde(rename = "noise-among")]
    pub noise_among: Option<usize>,
    /// The part of the rows that gets noise of [`OUTLYING`](Self::OUTLYING) standard deviations:
    /// it teaches the flow to keep some probability for what lies apart from the rows, where it
    /// could be impossible otherwise. `None` chooses it from the features.
    pub outliers: Option<f64>,
    /// The number of validations without a better one after which training stops. A whole training
    /// has [`VALIDATIONS`](super::VALIDATIONS).
    pub patience: Option<usize>,
    /// The part of the running average of the weights that a step keeps. The average is validated
    /// and kept, since the noise of small batches drives the weights about it.
    pub averaging: f64,
    /// The greatest length of a gradient; longer ones are shortened to it.
    #[serde(rename = "clip")]
    pub longest_gradient: f64,
    /// The part of itself that each weight loses in a step, divided by the learning rate; `None`
    /// chooses from [`DECAYS`](Self::DECAYS).
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
            open: Open::default(),
            kinds: Vec::new(),
            budget: 0.0,
            batch: 256,
            learning_rate: None,
            warm_up: 0.05,
            schedule: Schedule::Cosine,
            seed: 1,
            threads: Self::all_threads(),
            validation_fraction: 0.1,
            test_fraction: 0.0,
            calibration_fraction: 0.0,
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

impl Options {
    /// The fewest rows that can be split into training and validation rows.
    pub const FEWEST_ROWS: usize = 20;

    /// The noise of outliers, in standard deviations of the features.
    pub const OUTLYING: f64 = 3.0;

    /// The weight decays to choose from. Training starts with the first and restarts with the next
    /// where the flow overfits: a fifth of the steps is done, and validation was best before half
    /// of that. The best weights of all restarts are kept.
    pub const DECAYS: [f64; 4] = [0.0, 2.0, 4.0, 8.0];

    /// The fewest independent training rows that make sense: 20 a feature. From there on trainings
    /// on rows of a Gaussian were less than 0.1 nats a feature worse than one Gaussian of the same
    /// rows; with fewer, some were 0.2 worse.
    pub fn enough_rows(features: usize) -> usize {
        20 * features
    }

    /// The default number of epochs, within 4000 to 40,000 steps.
    pub const EPOCHS: usize = 10;

    /// What these options ask of a split.
    pub fn request(&self) -> Request {
        Request {
            kind: self.split,
            validation: self.validation_fraction,
            test: self.test_fraction,
            calibration: self.calibration_fraction,
            seed: self.seed,
        }
    }

    /// As many threads as the machine has processors.
    pub fn all_threads() -> usize {
        std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
    }

    /// The noise in standard deviations for this many independent training rows, unless it was
    /// chosen:
    ///
    /// | features | candidates | noise | at most |
    /// | --- | --- | --- | --- |
    /// | up to 2 | any | 2.5 / sqrt(rows) | 0.1 |
    /// | more | more than 2 | 600 / rows | 0.3 |
    /// | more | 2 | 200 / rows | 0.4 |
    /// | more, dependent rows | 2 | 200 / rows | 4 features / rows, from 0.4 to 0.8 |
    ///
    /// Rows are a sample of a density, and noise keeps the flow from fitting the sample: see
    /// tools/benches/ABLATION.md. Where a long stretch of dependent rows is worth fewer than ten
    /// independent rows a feature, the sample is poorer than its length says: see
    /// `couplet bench --streams`.
    pub fn noise_for(&self, rows: usize, features: usize, dependent: bool) -> f64 {
        let nearby = self.noise_among_for(rows, features) > 2;
        let rows = rows as f64;
        let most = if dependent { (4.0 * features as f64 / rows).clamp(0.4, 0.8) } else { 0.4 };
        self.noise.unwrap_or(match features {
            ..=2 => (2.5 / rows.sqrt()).min(0.1),
            _ if nearby => (600.0 / rows).min(0.3),
            _ => (200.0 / rows).min(most),
        })
    }

    /// The number of noise candidates for this many independent training rows, unless it was
    /// chosen:
    ///
    /// | features | rows | candidates |
    /// | --- | --- | --- |
    /// | up to 2 | any | 2 |
    /// | more | fewer than 16 a feature: none are near | 2 |
    /// | more | 16 a feature to 10,000 | 16 |
    /// | more | more than 10,000: they need little noise | 2 |
    pub fn noise_among_for(&self, rows: usize, features: usize) -> usize {
        let nearby = features > 2 && (16 * features..=10_000).contains(&rows);
        self.noise_among.unwrap_or(if nearby { 16 } else { 2 })
    }

    /// The part of this many independent training rows that become outliers, unless it was chosen:
    /// one row, at most 1 in 18 with up to two features and 1 in 100 with more.
    ///
    /// Outliers keep what lies apart from the rows possible. More of them blur the border between
    /// normal rows and anomalies, see tools/benches/ABLATION.md.
    pub fn outliers_for(&self, rows: usize, features: usize) -> f64 {
        let fewest = if features <= 2 { 18 } else { 100 };
        self.outliers.unwrap_or(1.0 / rows.max(fewest) as f64)
    }

    /// The number of outliers in a step's batch of this many rows, where a part of all rows becomes
    /// outliers: that part of the rows up to this step, less the outliers before it.
    pub fn outliers_at(step: usize, batch: usize, part: f64) -> usize {
        let upto = |steps: usize| (part * (steps * batch) as f64) as usize;
        upto(step + 1) - upto(step)
    }

    /// The highest learning rate for a flow with these hidden widths, unless it was chosen:
    /// 0.024 / sqrt(widest), at most 0.01.
    ///
    /// A unit's weights add up in what follows, so that narrow layers bear longer steps: see
    /// tools/benches/ABLATION.md.
    pub fn learning_rate_for(&self, hidden: &[usize]) -> f64 {
        let widest = hidden.iter().copied().max().unwrap_or(1) as f64;
        self.learning_rate.unwrap_or((0.024 / widest.sqrt()).min(0.01))
    }

    /// The learning rate of a step of a run of `steps`: a linear warm-up, then the schedule down to
    /// zero, if it falls. `highest` is that of the run.
    pub fn learning_rate_at(&self, step: usize, steps: usize, highest: f64) -> f64 {
        let warm_up = (steps as f64 * self.warm_up).ceil() as usize;
        if step < warm_up {
            return highest * step as f64 / warm_up as f64;
        }
        let part = (step - warm_up) as f64 / (steps - warm_up + 1) as f64;
        match self.schedule {
            Schedule::Cosine => highest * (1.0 + (std::f64::consts::PI * part).cos()) / 2.0,
            Schedule::Constant => highest,
        }
    }
}
