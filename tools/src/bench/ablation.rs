//! What the ablation changes, and the rows it uses. They never include the test rows of a workload,
//! so that defaults can be chosen by the ablation.

use super::{Dataset, Fold, Workload, synthetic};
use crate::data::toy::{Set, Toy};
use anyhow::Result;
use rand::seq::SliceRandom;
use rand_core::SeedableRng;
use rand_xoshiro::Xoshiro128PlusPlus;
use std::path::Path;

/// The changes: each takes away or alters one choice in training. A change is a name and flags of
/// `couplet train`.
pub const CHANGES: &[(&str, &str)] = &[
    ("no schedule", "--schedule constant"),
    ("no warm-up", "--warm-up 0"),
    ("no clipping", "--clip inf"),
    ("no averaging", "--averaging 0"),
    ("longer averaging", "--averaging 0.999"),
    ("biases of zero", "--zero-biases"),
    ("no noise", "--noise 0"),
    ("noise of any two rows", "--noise-among 2"),
    ("no outliers", "--outliers 0"),
    ("a hundredth outliers", "--outliers 0.01"),
    ("no weight decay", "--weight-decay 0"),
    ("weight decay", "--weight-decay 0.1"),
    ("more weight decay", "--weight-decay 1"),
    ("early stopping", "--patience 10"),
];

/// The rows that a workload is ablated on.
///
/// A toy set has new draws. In any other workload, a fifth of the training rows become the test and
/// the others stay for training; in an anomaly set, the test also has anomalies made of them.
///
/// # Errors
///
/// A file is missing, or has other columns or labels than the data set.
pub fn split(workload: &Workload, folder: &Path, seed: u64) -> Result<Fold> {
    let mut rng = Xoshiro128PlusPlus::seed_from_u64(1000 + seed);
    let toy = |set, rows: usize, rng: &mut Xoshiro128PlusPlus| {
        let mut draw = |rows| {
            Toy { set, noise: 0.1 }
                .sample(rows, rng)
                .iter()
                .flat_map(|row| [row.x as f32, row.y as f32])
                .collect()
        };
        Fold {
            features: vec!["x".into(), "y".into()],
            training: draw(rows),
            test: draw(10_000),
            ..Fold::default()
        }
    };
    match workload.dataset {
        Dataset::Files("toy/moons_train.csv", _) => Ok(toy(Set::Moons, 1000, &mut rng)),
        Dataset::Files("toy/circles_train.csv", _) => Ok(toy(Set::Circles, 1000, &mut rng)),
        Dataset::Files("toy/spirals_train.csv", _) => Ok(toy(Set::Spirals, 5000, &mut rng)),
        Dataset::Anomalies(_) => {
            let Fold { features, training, .. } = workload.dataset.splits(folder)?.swap_remove(0);
            synthetic::split(&features, &training, &mut rng)
        }
        dataset => {
            let Fold { features, training, .. } = dataset.splits(folder)?.swap_remove(0);
            let mut rows: Vec<&[f32]> = training.chunks_exact(features.len()).collect();
            rows.shuffle(&mut rng);
            let (test, others) = rows.split_at(rows.len() / 5);
            Ok(Fold { features, training: others.concat(), test: test.concat(), ..Fold::default() }
                .without_constants())
        }
    }
}
