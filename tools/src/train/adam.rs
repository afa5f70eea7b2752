use super::shards::quarter;
use crate::model::vectorized;
use aligned_vec::{AVec, avec};
use rayon::{
    iter::IndexedParallelIterator, iter::ParallelIterator, slice::ParallelSlice,
    slice::ParallelSliceMut,
};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Adam with decoupled weight decay: m <- b1 m + (1 - b1) g, v <- b2 v + (1 - b2) g^2, p <- p - lr
/// (m' / sqrt(v' + eps^2) + decay p), where m' and v' are m and v freed of their start at 0. Adam:
/// A Method for Stochastic Optimization (Kingma and Ba, 2014), <https://arxiv.org/abs/1412.6980>; Decoupled Weight Decay Regularization (Loshchilov and Hutter, 2017),
/// <https://arxiv.org/abs/1711.05101>.
#[derive(Debug, Serialize, Deserialize)]
pub struct Adam {
    m: AVec<f32>,
    v: AVec<f32>,
    steps: i32,
}

/// What changes from step to step, or is a choice.
#[derive(Clone, Copy, Debug)]
pub struct Rates {
    pub learning_rate: f32,
    /// How much of itself a weight of a conditioner loses, times the learning rate.
    pub decay: f32,
    /// How far the average moves towards the weights.
    pub averaging: f32,
}

const BETA1: f32 = 0.9;
const BETA2: f32 = 0.999;
const EPSILON: f32 = 1e-8;

impl Adam {
    /// For this many parameters.
    pub fn new(parameters: usize) -> Self {
        Adam { m: avec![0.0; parameters], v: avec![0.0; parameters], steps: 0 }
    }

    /// Moves the parameters against the gradient, times `shorten`, and their running average after
    /// them. Those of `decayed` lose a part of themselves before.
    pub fn step(
        &mut self,
        p: &mut [f32],
        decayed: Range<usize>,
        average: &mut [f32],
        g: &[f32],
        shorten: f32,
        rates: &Rates,
    ) {
        let &Rates { learning_rate, decay, averaging } = rates;
        self.steps += 1;
        let rate = learning_rate / (1.0 - BETA1.powi(self.steps));
        let unbias = 1.0 / (1.0 - BETA2.powi(self.steps));
        if decay > 0.0 {
            let keep = 1.0 - learning_rate * decay;
            p[decayed].iter_mut().for_each(|p| *p *= keep);
        }
        let size = quarter(p.len());
        let moments = self.m.par_chunks_mut(size).zip(self.v.par_chunks_mut(size));
        let numbers =
            p.par_chunks_mut(size).zip(average.par_chunks_mut(size)).zip(g.par_chunks(size));
        numbers.zip(moments).with_max_len(1).for_each(|(((p, average), g), (m, v))| {
            vectorized(
                #[inline(always)]
                || {
                    for ((((p, average), g), m), v) in
                        p.iter_mut().zip(average).zip(g).zip(m).zip(v)
                    {
                        let g = *g * shorten;
                        *m = BETA1 * *m + (1.0 - BETA1) * g;
                        *v = BETA2 * *v + (1.0 - BETA2) * g * g;
                        *p -= rate * *m * inverse_sqrt(*v * unbias + EPSILON * EPSILON);
                        *average += averaging * (*p - *average);
                    }
                },
            );
        });
    }
}

/// 1 / sqrt(x) of a positive normal number within 5e-6 of itself, which is closer than a step has
/// to be: the root and the quotient take a processor several times as long as these products.
/// Newton's method twice, from a line through logarithms.
#[inline(always)]
fn inverse_sqrt(x: f32) -> f32 {
    let start = f32::from_bits(0x5f37_59df - (x.to_bits() >> 1));
    (0..2).fold(start, |y, _| y * (1.5 - 0.5 * x * y * y))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inverse_sqrt_is_close_enough() {
        for x in (-600..=600).map(|i| (i as f32 * 0.1).exp2()) {
            let exact = 1.0 / x.sqrt();
            assert!(
                (inverse_sqrt(x) - exact).abs() <= 5e-6 * exact,
                "of {x}: {} instead of {exact}",
                inverse_sqrt(x)
            );
        }
    }
}
