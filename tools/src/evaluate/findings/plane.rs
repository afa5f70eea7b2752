use super::around;
use crate::model::Model;

/// Points of the grid along each axis.
const POINTS: usize = 128;

/// The log_prob on a grid over the plane, of a model of two features.
#[derive(Clone, Debug)]
pub struct Plane {
    /// The ranges of the two features.
    pub ranges: [[f64; 2]; 2],
    /// Points along each axis. The first lies half a step above the low end of the range.
    pub points: usize,
    /// The log_probs in nats, row by row of ascending y. What is impossible is negative infinity.
    pub log_probs: Vec<f32>,
    /// A log_prob below which lie few samples, one in a hundred, in nats.
    pub rare: f32,
    /// The context of all points, as `load = 0.5`, input by input.
    pub context: Vec<String>,
}

impl Plane {
    /// Around samples of the model and rows; `None` where there are not two features.
    pub fn of(model: &Model, samples: &[f32], rows: &[f32]) -> Option<Self> {
        if model.flow.description.dimension() != 2 {
            return None;
        }
        let width = model.flow.description.width();
        let along = |axis: usize| [samples, rows].concat().into_iter().skip(axis).step_by(width);
        let context = model.flow.some_context(0);
        let ranges = [around(along(0)), around(along(1))];
        let at = |axis: usize, i: usize| {
            let [low, high] = ranges[axis];
            (low + (i as f64 + 0.5) / POINTS as f64 * (high - low)) as f32
        };
        let mut grid = Vec::with_capacity(POINTS * POINTS * width);
        for (y, x) in (0..POINTS).flat_map(|y| (0..POINTS).map(move |x| (y, x))) {
            grid.extend([at(0, x), at(1, y)]);
            grid.extend_from_slice(&context);
        }
        let inputs = model.flow.description.context_inputs();
        let mut sorted = model.log_probs(samples);
        sorted.sort_unstable_by(f32::total_cmp);
        Some(Plane {
            ranges,
            points: POINTS,
            log_probs: model.log_probs(&grid),
            rare: sorted[sorted.len() / 100],
            context: inputs.iter().zip(&context).map(|(name, c)| format!("{name} = {c}")).collect(),
        })
    }
}
