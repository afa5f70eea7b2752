//! Which features are tied to others, or to the context.

use super::given::evenly;
use crate::model::Model;
use rand::seq::SliceRandom;
use rand_core::SeedableRng;
use rand_xoshiro::Xoshiro128PlusPlus;
use serde::Serialize;

/// The most numbers that are looked at for each feature.
const NUMBERS: usize = 20_000;

/// A row counts with at most this many nats, so that a few impossible rows do not decide.
const MOST: f64 = 20.0;

/// A feature that is worth fewer nats is hardly tied to anything.
pub const FEW_NATS: f64 = 0.02;

/// What each feature tells about the others and the context.
#[derive(Clone, Debug, Serialize)]
pub struct Shuffles {
    /// Rows among which the readings of a feature were shuffled.
    pub rows: usize,
    /// The features.
    pub features: Vec<Shuffled>,
}

/// What a feature tells about the others and the context.
#[derive(Clone, Debug, Serialize)]
pub struct Shuffled {
    /// The feature.
    pub feature: String,
    /// By how many nats rows become less likely in the mean, if the readings of this feature are
    /// shuffled among them. 0 where the feature is independent of the others and of the context:
    /// then a limit of its own would do as well.
    pub nats: f64,
}

/// For each feature, by rows of features and context, or by some of them at even distances. `None`
/// where rows are too few or impossible.
pub fn shuffled(model: &Model, rows: &[f32]) -> Option<Shuffles> {
    let features = &model.flow.description.features;
    let d = features.len();
    let width = model.flow.description.width();
    let all: Vec<usize> = (0..rows.len() / width).collect();
    let chosen = evenly(&all, NUMBERS / width).flat_map(|row| &rows[row * width..][..width]);
    let rows: Vec<f32> = chosen.copied().collect();
    let before = model.log_probs(&rows);
    let possible = before.iter().filter(|x| x.is_finite()).count();
    let nats = |i: usize| {
        let mut column: Vec<f32> = rows.iter().skip(i).step_by(width).copied().collect();
        column.shuffle(&mut Xoshiro128PlusPlus::seed_from_u64(1));
        let mut changed = rows.clone();
        changed.iter_mut().skip(i).step_by(width).zip(column).for_each(|(x, other)| *x = other);
        let after = model.log_probs(&changed);
        let pairs = before.iter().zip(after).filter(|(before, _)| before.is_finite());
        let lost =
            pairs.map(|(&before, after)| (f64::from(before) - f64::from(after)).clamp(-MOST, MOST));
        lost.sum::<f64>() / possible as f64
    };
    let found =
        |(i, feature): (usize, &String)| Shuffled { feature: feature.clone(), nats: nats(i) };
    (possible > d).then(|| Shuffles {
        rows: before.len(),
        features: features.iter().enumerate().map(found).collect(),
    })
}
