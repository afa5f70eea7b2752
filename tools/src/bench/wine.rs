//! White wine (Cortez et al., 2009) in ten folds. Log-likelihoods are of rows standardized by the
//! training folds.
//!
//! The readings are rounded decimals. They get uniform noise of one rounding step, because a
//! flexible density gains without bound on ties. The column of quality is left out.

use super::Fold;
use crate::data::{Columns, Reading, Standardization, Table};
use anyhow::{Result, ensure};
use rand::{RngExt, seq::SliceRandom};
use rand_core::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use std::path::Path;

/// The step that each reading is rounded to.
const STEPS: [f64; 11] = [0.1, 0.01, 0.01, 0.1, 0.001, 1.0, 1.0, 1e-5, 0.01, 0.01, 0.1];

const FOLDS: usize = 10;

/// The seed of noise and folds. They are the same for every seed of the training.
const SEED: u64 = 0;

/// Returns a split for each fold.
///
/// # Errors
///
/// The file is missing, or has other columns.
pub fn splits(folder: &Path) -> Result<Vec<Fold>> {
    let path = folder.join("wine/winequality-white.csv");
    let table = Table::read(&path, &Reading::default(), Columns::All)?;
    let d = STEPS.len();
    ensure!(
        table.dimension() == d + 1,
        "{} has {} columns; {d} and the quality are expected",
        path.display(),
        table.dimension()
    );
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(SEED);
    let mut noisy =
        |(x, step): (&f32, f64)| (f64::from(*x) + step * (rng.random::<f64>() - 0.5)) as f32;
    let mut rows: Vec<Vec<f32>> = table
        .rows
        .chunks_exact(d + 1)
        .map(|row| row.iter().zip(STEPS).map(&mut noisy).collect())
        .collect();
    rows.shuffle(&mut rng);
    let split = |fold| {
        let part = |test: bool| {
            rows.iter()
                .enumerate()
                .filter(|(i, _)| (i % FOLDS == fold) == test)
                .flat_map(|(_, row)| row)
                .copied()
                .collect()
        };
        let (training, test): (Vec<f32>, Vec<f32>) = (part(false), part(true));
        let features = table.features[..d].to_vec();
        let std = Standardization::Mean.of(&features, &training)?.std;
        let log_volume = std.iter().map(|&std| f64::from(std).ln()).sum();
        Ok(Fold { features, training, test, log_volume, ..Fold::default() })
    };
    (0..FOLDS).map(split).collect()
}
