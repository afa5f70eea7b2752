//! Where the derivatives are taken: at points far from ReLU's kinks, and with dead ReLUs revived.

use super::{POINTS, Space};
use crate::model::{Arithmetic, Flow, Model};
use couplet::{Base, StandardNormal};
use rand_core::SeedableRng;
use rand_xoshiro::Xoshiro128PlusPlus;

/// The number of samples that the points are chosen from.
const CANDIDATES: usize = 256;

/// A ReLU whose weights and bias are all smaller is dead: no step stays on one side of its kink.
const DEAD: f64 = 1e-3;

/// The bias that a dead ReLU gets.
pub const REVIVED: f64 = 0.01;

/// The parameters, with another bias where a ReLU is dead.
pub fn revived(flow: &Flow, mut p: Vec<f64>) -> Vec<f64> {
    let layers = flow.couplings().flat_map(|coupling| &coupling.network.trunk.layers);
    for layer in layers {
        for row in 0..layer.outputs {
            let weight = &p[layer.weight.clone()][row * layer.inputs..][..layer.inputs];
            let bias = layer.bias.start + row;
            if weight.iter().chain([&p[bias]]).all(|x| x.abs() < DEAD) {
                p[bias] = REVIVED;
            }
        }
    }
    p
}

/// Points drawn like the standardised data, those with the largest distance to ReLU's kinks.
pub fn points(model: &Model, p: &[f64], seed: u64) -> Vec<f64> {
    let flow = &model.flow;
    let d = flow.description.dimension();
    let mut rng = Xoshiro128PlusPlus::seed_from_u64(seed);
    let mut candidates = vec![0.0; CANDIDATES * d];
    StandardNormal.sample(&mut rng, &mut candidates);
    for x in candidates.chunks_exact_mut(d) {
        for ((x, &mean), &std) in
            x.iter_mut().zip(&flow.standardize.mean).zip(&flow.standardize.std)
        {
            *x = f64::from(mean) + f64::from(std) * *x;
        }
    }
    let mut space = Space::new(flow, Arithmetic::Device);
    let mut rows: Vec<(f64, &[f64])> = Vec::with_capacity(CANDIDATES);
    for block in candidates.chunks(POINTS * d) {
        space.load(block);
        flow.forward(p, &mut space);
        let mut margin = [f64::INFINITY; POINTS];
        for (layer, tape) in flow.layers.iter().zip(&space.tapes) {
            layer.margin(p, tape, &mut margin);
        }
        rows.extend(margin.into_iter().zip(block.chunks(d)));
    }
    rows.sort_by(|a, b| b.0.total_cmp(&a.0));
    rows[..POINTS].iter().flat_map(|row| row.1).copied().collect()
}
