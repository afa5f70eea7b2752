//! The answers that a model knows of itself, so that a device can compare.

use crate::{device::cost::Cost, model::Model};
use rand_core::SeedableRng;
use rand_xoshiro::Xoshiro128PlusPlus;

/// How many readings are tried for one sharp answer.
const TRIED: usize = 32;

/// How far from the mean they are at most, in the distance of a sample.
const FAR: f32 = 4.0;

/// The mean reading, a reading that is not a number, and samples; each with its context, and with its
/// log_prob.
pub fn known_answers(model: &Model) -> Vec<(Vec<f32>, f32)> {
    let Model { flow, parameters, .. } = model;
    let mut rng = Xoshiro128PlusPlus::seed_from_u64(0);
    let count = Cost::of(flow).known_answers - 2;
    let readings = match flow.context.is_empty() {
        true => flow.sample(parameters, count, &mut rng),
        false => {
            let contexts: Vec<f32> = (0..count).flat_map(|i| flow.some_context(i)).collect();
            flow.sample_given(parameters, &contexts, &mut rng)
        }
    };
    answers(model, readings)
}

/// The mean reading, a reading that is not a number, and those of many readings that depend most on
/// rounding: standardized by a product with 1 / std in place of a quotient, most features differ, and
/// log_prob changes where a feature changes by its last bit. They notice a compiler that computes
/// otherwise, though it does not say so.
pub fn sharp_answers(model: &Model) -> Vec<(Vec<f32>, f32)> {
    let Model { flow, parameters, .. } = model;
    let d = flow.description.dimension();
    let count = Cost::of(flow).known_answers - 2;
    let mut rng = Xoshiro128PlusPlus::seed_from_u64(0);
    let contexts: Vec<f32> = (0..count * TRIED).flat_map(|i| flow.some_context(i)).collect();
    let samples = match flow.context.is_empty() {
        true => flow.sample(parameters, count * TRIED, &mut rng),
        false => flow.sample_given(parameters, &contexts, &mut rng),
    };
    let mut readings: Vec<Vec<f32>> = Vec::new();
    for (i, sample) in samples.chunks_exact(flow.description.width()).enumerate() {
        let (sample, context) = sample.split_at(d);
        let stretch = 1.0 + (FAR - 1.0) * i as f32 / (count * TRIED) as f32;
        let mean = flow.standardize.mean.iter();
        let x = mean.zip(sample).map(|(mean, x)| mean + stretch * (x - mean));
        readings.push(x.chain(context.iter().copied()).collect());
    }
    readings.sort_by_cached_key(|x| {
        let step = |i: usize, up: bool| {
            let mut near = x.clone();
            near[i] = if up { near[i].next_up() } else { near[i].next_down() };
            near
        };
        let near: Vec<f32> =
            (0..d).flat_map(|i| [step(i, true), step(i, false)]).flatten().collect();
        let log_prob = model.log_probs(x)[0];
        let blunt = model.log_probs(&near).iter().filter(|near| **near == log_prob).count();
        let is_exact = |i: &usize| {
            let (apart, std) = (x[*i] - flow.standardize.mean[*i], flow.standardize.std[*i]);
            apart / std == apart * (1.0 / std)
        };
        blunt + 2 * (0..d).filter(is_exact).count()
    });
    answers(model, readings.into_iter().take(count).flatten().collect())
}

fn answers(model: &Model, readings: Vec<f32>) -> Vec<(Vec<f32>, f32)> {
    let Model { flow, .. } = model;
    let (d, width) = (flow.description.dimension(), flow.description.width());
    let mut rows = [&flow.standardize.mean[..], &flow.some_context(0)].concat();
    rows.extend(vec![f32::NAN; d]);
    rows.extend(flow.some_context(1));
    rows.extend(readings);
    let log_probs = model.log_probs(&rows);
    rows.chunks_exact(width).map(<[f32]>::to_vec).zip(log_probs).collect()
}
