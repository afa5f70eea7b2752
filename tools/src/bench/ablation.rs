//! What the ablation changes, and on which rows: never on a workload's test rows, so that defaults
//! can be chosen by it.

use super::{Source, Split, Workload, synthetic};
use crate::data::toy::{Set, Toy};
use anyhow::Result;
use rand::seq::SliceRandom;
use rand_core::SeedableRng;
use rand_xoshiro::Xoshiro128PlusPlus;
use std::path::Path;

/// Each part of training that is a choice, taken away or changed: its name and flags of `couplet
/// train`.
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

/// New draws of a toy set; of any other workload, a fifth of its training rows to measure on and
/// the rest to train on, in an anomaly set beside anomalies made of training rows.
pub fn split(workload: &Workload, folder: &Path, seed: u64) -> Result<Split> {
    let mut rng = Xoshiro128PlusPlus::seed_from_u64(1000 + seed);
    let toy = |set, rows: usize, rng: &mut Xoshiro128PlusPlus| {
        let mut draw = |rows| {
            Toy { set, noise: 0.1 }
                .sample(rows, rng)
                .iter()
                .flat_map(|row| [row.x as f32, row.y as f32])
                .collect()
        };
        Split {
            features: vec!["x".into(), "y".into()],
            training: draw(rows),
            test: draw(10_000),
            ..Split::default()
        }
    };
    match workload.source {
        Source::Files("toy/moons_train.csv", _) => Ok(toy(Set::Moons, 1000, &mut rng)),
        Source::Files("toy/circles_train.csv", _) => Ok(toy(Set::Circles, 1000, &mut rng)),
        Source::Files("toy/spirals_train.csv", _) => Ok(toy(Set::Spirals, 5000, &mut rng)),
        Source::Anomalies(_) => {
            let Split { features, training, .. } = workload.source.splits(folder)?.swap_remove(0);
            synthetic::split(&features, &training, &mut rng)
        }
        source => {
            let Split { features, training, .. } = source.splits(folder)?.swap_remove(0);
            let mut rows: Vec<&[f32]> = training.chunks_exact(features.len()).collect();
            rows.shuffle(&mut rng);
            let (test, training) = rows.split_at(rows.len() / 5);
            Ok(Split {
                features,
                training: training.concat(),
                test: test.concat(),
                ..Split::default()
            }
            .without_constants())
        }
    }
}
