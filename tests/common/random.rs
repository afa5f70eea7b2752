//! Random weights from a fixed seed.

use super::{Part, Source, parts::build};
use rand_core::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro128PlusPlus;

/// The generator of all tests.
pub fn rng(seed: u64) -> Xoshiro128PlusPlus {
    Xoshiro128PlusPlus::seed_from_u64(seed)
}

/// A part with random weights of unit gain.
pub fn random<P: Part + Send + 'static>(seed: u64) -> Box<P> {
    build(Random { rng: rng(seed), gain: 1.0 })
}

/// Weights uniform in +-gain / sqrt(inputs); standard deviations between 1/e and e.
pub struct Random {
    pub rng: Xoshiro128PlusPlus,
    pub gain: f32,
}

impl Random {
    /// Uniform in -1..1.
    pub fn uniform(&mut self) -> f32 {
        (self.rng.next_u32() >> 8) as f32 / (1 << 23) as f32 - 1.0
    }
}

impl Source for Random {
    fn tensor(&mut self, name: &str, shape: &[usize]) -> Vec<f32> {
        let inputs = if let &[_, inputs] = shape { inputs } else { 1 };
        // Raw numbers of a spline are no weights: more of them do not add up.
        let inputs = if name.ends_with("spline") { 1 } else { inputs };
        let gain = self.gain / (inputs as f32).sqrt();
        let values = (0..shape.iter().product()).map(|_| self.uniform());
        if name.ends_with("std") {
            values.map(f32::exp).collect()
        } else {
            values.map(|u| gain * u).collect()
        }
    }

    fn permutation(&mut self, _: &str, features: usize) -> Vec<u16> {
        let mut index: Vec<u16> = (0..features as u16).collect();
        for i in 1..features {
            index.swap(i, self.rng.next_u32() as usize % (i + 1));
        }
        index
    }

    fn log_scale_bound(&mut self) -> f32 {
        2.0
    }

    fn input_bound(&mut self) -> f32 {
        1.5
    }

    fn marginal(&mut self) -> [f32; 2] {
        [2.5, 20.0]
    }

    fn spline(&mut self) -> [f32; 2] {
        [2.5, 8.0]
    }
}
