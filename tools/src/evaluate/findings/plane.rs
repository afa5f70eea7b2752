use super::{around, contexts};
use crate::model::Model;
use rand_core::SeedableRng;
use rand_xoshiro::Xoshiro128PlusPlus;

/// Points of the grid along each axis.
const POINTS: usize = 128;

/// Samples at the context of the map.
const SAMPLES: usize = 5000;

/// The log_prob on a grid over the plane, of a model of two features.
#[derive(Clone, Debug)]
pub struct Plane {
    /// The ranges of the two features.
    pub ranges: [[f64; 2]; 2],
    /// Points along each axis. The first lies half a step above the low end of the range.
    pub points: usize,
    /// The log_probs in nats, row by row of ascending y. What is impossible is negative infinity.
    pub log_probs: Vec<f32>,
    /// A log_prob below which lie few samples at this context, one in a hundred, in nats.
    pub rare: f32,
    /// The context of all points, as `load 0.5, mode eco`; empty where there is none.
    pub context: String,
}

impl Plane {
    /// Around samples of the model and rows; `None` where there are not two features. A conditional
    /// model has a map at one context: that of the row whose context is most like the others.
    pub fn of(model: &Model, samples: &[f32], rows: &[f32]) -> Option<Self> {
        if model.flow.description.dimension() != 2 {
            return None;
        }
        let width = model.flow.description.width();
        let context = contexts::central(model, rows);
        let at_context = (!context.is_empty()).then(|| {
            let mut rng = Xoshiro128PlusPlus::seed_from_u64(1);
            model.flow.sample_given(&model.parameters, &context.repeat(SAMPLES), &mut rng)
        });
        // Rows and samples at other contexts may lie elsewhere.
        let [samples, rows] = at_context.as_ref().map_or([samples, rows], |own| [own, &[]]);
        // An impossible row may lie so far out that nothing else would be seen.
        let log_probs = model.log_probs(rows);
        let is_possible = |row: &usize| log_probs[*row].is_finite();
        let possible = (0..log_probs.len()).filter(is_possible);
        let rows =
            &possible.flat_map(|row| &rows[row * width..][..width]).copied().collect::<Vec<_>>();
        let along =
            |axis: usize| [samples, &rows[..]].concat().into_iter().skip(axis).step_by(width);
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
        let mut sorted = model.log_probs(samples);
        sorted.sort_unstable_by(f32::total_cmp);
        Some(Plane {
            ranges,
            points: POINTS,
            log_probs: model.log_probs(&grid),
            rare: sorted[sorted.len() / 100],
            context: contexts::in_words(model, &context),
        })
    }
}
