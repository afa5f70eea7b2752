//! The answers that a model knows of itself, so that a device can compare.

use crate::{device::cost::Cost, model::Model};
use rand_core::SeedableRng;
use rand_xoshiro::Xoshiro128PlusPlus;

/// The mean reading, a reading that is not a number, and samples; each with its log_prob.
pub fn known_answers(model: &Model) -> Vec<(Vec<f32>, f32)> {
    let d = model.flow.description.dimension();
    let mut rows = model.flow.standardize.mean.clone();
    rows.extend(vec![f32::NAN; d]);
    let mut rng = Xoshiro128PlusPlus::seed_from_u64(0);
    rows.extend(model.flow.sample(
        &model.parameters,
        Cost::of(&model.flow).known_answers - 2,
        &mut rng,
    ));
    let log_probs = model.log_probs(&rows);
    rows.chunks_exact(d).map(<[f32]>::to_vec).zip(log_probs).collect()
}
