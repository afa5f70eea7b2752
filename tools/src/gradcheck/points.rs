//! Where the derivatives are taken: at points far from ReLU's kinks, with dead rows revived, and with
//! units on in each layer.

use super::{POINTS, Space};
use crate::model::{Arithmetic, Context, Dense, Flow, Model, Network, Number};
use couplet::{Base, StandardNormal};
use rand_core::SeedableRng;
use rand_xoshiro::Xoshiro128PlusPlus;

/// The number of samples that the points are chosen from.
const CANDIDATES: usize = 256;

/// How many layers may change their signs.
const ROUNDS: usize = 64;

/// A row of a dense layer whose weights and bias are all smaller is dead: no step stays on one side
/// of the kink behind it, be it ReLU's or that of the bounded log-scale at 0.
const DEAD: f64 = 1e-3;

/// The bias that a dead row gets; in a head, also the size of its weights, of alternating sign.
pub const REVIVED: f64 = 0.01;

/// The parameters, with others where a row of a dense layer is dead. Heads are dead in a model that
/// kept its first weights.
pub fn revived(flow: &Flow, mut p: Vec<f64>) -> Vec<f64> {
    for Network { trunk, heads, .. } in flow.couplings().map(|coupling| &coupling.network) {
        let layers = trunk.layers.iter().map(|layer| (layer, false));
        for (layer, head) in layers.chain(heads.iter().map(|head| (head, true))) {
            for row in 0..layer.outputs {
                let start = layer.weight.start + row * layer.inputs;
                let (weight, bias) = (start..start + layer.inputs, layer.bias.start + row);
                if p[weight.clone()].iter().chain([&p[bias]]).any(|x| x.abs() >= DEAD) {
                    continue;
                }
                p[bias] = REVIVED;
                for (i, weight) in p[weight].iter_mut().enumerate().filter(|_| head) {
                    *weight = if (i + row) % 2 == 0 { REVIVED } else { -REVIVED };
                }
            }
        }
    }
    p
}

/// The parameters, with the signs of layers changed that would be off at all points; and the
/// points. Where a layer's units are all off, a wrong sign in it would not show.
pub fn lit(model: &Model, mut p: Vec<f64>, seed: u64) -> (Vec<f64>, Vec<f64>) {
    let flow = &model.flow;
    let mut x = points(model, &p, seed);
    // The points of other parameters are others, so that another layer may be off.
    for _ in 0..ROUNDS {
        let mut space = Space::new(flow, Arithmetic::Device);
        space.load(&x);
        flow.forward(&p, &mut space);
        let layers = flow.layers.iter().zip(&space.tapes);
        let off: Vec<&Dense> = layers.flat_map(|(layer, tape)| layer.off(tape)).collect();
        let Some(first) = off.first() else { break };
        for i in first.weight.clone().chain(first.bias.clone()) {
            p[i] = -p[i];
        }
        x = points(model, &p, seed);
    }
    (p, x)
}

/// Samples of a flow. The inputs of a context are normal around their mean.
pub fn samples<T: Number>(flow: &Flow, p: &[T], count: usize, seed: u64) -> Vec<T> {
    let mut rng = Xoshiro128PlusPlus::seed_from_u64(seed);
    let Context { mean, std, .. } = &flow.context;
    if flow.context.is_empty() {
        return flow.sample(p, count, &mut rng);
    }
    let mut contexts = vec![0.0_f32; count * flow.context.len()];
    StandardNormal.sample(&mut rng, &mut contexts);
    let given = contexts.iter().zip(mean.iter().zip(std).cycle());
    let contexts: Vec<T> = given.map(|(c, (mean, std))| T::from_f32(mean + std * c)).collect();
    flow.sample_given(p, &contexts, &mut rng)
}

/// Samples of the model, those with the largest distance to ReLU's kinks. Unlike independent features,
/// they lie where the model has its rows, even if its features hang together.
fn points(model: &Model, p: &[f64], seed: u64) -> Vec<f64> {
    let flow = &model.flow;
    let width = flow.description.width();
    let candidates = samples(flow, p, CANDIDATES, seed);
    let mut space = Space::new(flow, Arithmetic::Device);
    let mut rows: Vec<(f64, &[f64])> = Vec::with_capacity(CANDIDATES);
    for block in candidates.chunks(POINTS * width) {
        space.load(block);
        flow.forward(p, &mut space);
        let mut margin = [f64::INFINITY; POINTS];
        for (layer, tape) in flow.layers.iter().zip(&space.tapes) {
            layer.margin(p, tape, &mut margin);
        }
        rows.extend(margin.into_iter().zip(block.chunks(width)));
    }
    rows.sort_by(|a, b| b.0.total_cmp(&a.0));
    rows[..POINTS].iter().flat_map(|row| row.1).copied().collect()
}
