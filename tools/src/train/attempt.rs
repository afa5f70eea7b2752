use crate::model::Description;
use std::sync::Arc;

/// What one run of the optimiser is asked for.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// Its number among the runs of a training, from 1.
    pub number: usize,
    /// The flow.
    pub description: Description,
    /// Which draw of permutations it has.
    pub permutation: usize,
    /// Whether batches get noise.
    pub noise: bool,
    /// The weight decay; `None` starts without and lets the run choose from
    /// [`Options::DECAYS`](super::Options::DECAYS).
    pub weight_decay: Option<f64>,
    /// Steps of the optimiser.
    pub steps: usize,
    /// The first weights, unless they are drawn.
    pub from: Option<Arc<Vec<f32>>>,
    /// Runs of different salt see other batches.
    pub salt: usize,
}
