//! A toy set with a context: four readings of a machine at a load and a temperature, with their true
//! density given both.
//!
//! Each reading is normal, given the context and the readings before it. Its mean bends with both,
//! and its noise depends on the context.

use couplet::{Base, StandardNormal};
use rand_core::Rng;
use std::f64::consts::TAU;

/// The names of the readings.
pub const READINGS: [&str; 4] = ["pressure", "flow", "current", "vibration"];

/// The names of the contexts: the load is uniform in 0 to 1, the temperature standard normal.
pub const CONTEXT: [&str; 2] = ["load", "temperature"];

/// A temperature beyond this is a rare operating point: 4.6 % of all draws are.
pub const RARE: f64 = 2.0;

/// Readings in f32, as a device has them, and their context.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Draw {
    /// The readings.
    pub x: [f32; 4],
    /// Load and temperature.
    pub context: [f32; 2],
}

impl Draw {
    /// `count` independent draws.
    pub fn many(count: usize, rng: &mut impl Rng) -> Vec<Draw> {
        (0..count).map(|_| Draw::at(context(rng), rng)).collect()
    }

    /// `count` independent draws at rare operating points.
    pub fn rare(count: usize, rng: &mut impl Rng) -> Vec<Draw> {
        let rare = |rng: &mut _| {
            std::iter::repeat_with(|| context(rng))
                .find(|context| f64::from(context[1]).abs() > RARE)
        };
        (0..count).filter_map(|_| rare(rng).map(|context| Draw::at(context, rng))).collect()
    }

    fn at(context: [f32; 2], rng: &mut impl Rng) -> Draw {
        let mut noise = [0.0; 4];
        StandardNormal.sample(rng, &mut noise);
        let mut x = [0.0_f32; 4];
        for i in 0..4 {
            let [mean, deviation] = given(i, &x, context);
            x[i] = (mean + deviation * noise[i]) as f32;
        }
        Draw { x, context }
    }

    /// The true log-density of the readings given the context, in nats.
    pub fn log_prob(&self) -> f64 {
        let of = |i: usize| {
            let [mean, deviation] = given(i, &self.x, self.context);
            let z = (f64::from(self.x[i]) - mean) / deviation;
            -0.5 * z * z - deviation.ln() - 0.5 * TAU.ln()
        };
        (0..4).map(of).sum()
    }

    /// The same readings in the context of another draw: what does not belong together.
    pub fn in_context_of(&self, other: &Draw) -> Draw {
        Draw { context: other.context, ..*self }
    }
}

fn context(rng: &mut impl Rng) -> [f32; 2] {
    let load = f64::from(rng.next_u32()) / 2_f64.powi(32);
    let mut temperature = [0.0_f64];
    StandardNormal.sample(rng, &mut temperature);
    [load as f32, temperature[0] as f32]
}

/// Mean and standard deviation of reading i, given the context and the readings before it.
fn given(i: usize, x: &[f32; 4], context: [f32; 2]) -> [f64; 2] {
    let x = x.map(f64::from);
    let [load, temperature] = context.map(f64::from);
    match i {
        0 => [(TAU * load).sin() + 0.4 * temperature, 0.23 + 0.32 * load],
        1 => [
            load * temperature + 0.6 * (2.0 * x[0]).tanh(),
            0.276 * (0.4 * temperature.tanh()).exp(),
        ],
        2 => [(3.0 * load).cos() + 0.5 * x[0] * x[1], 0.276 * (1.2 - 0.7 * load)],
        _ => [
            0.8 * (1.5 * temperature).sin() + 0.5 * x[2] - 0.3 * load * x[1],
            0.23 * (0.3 * (2.0 * temperature).sin()).exp(),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::auroc::auroc;
    use rand_core::SeedableRng;
    use rand_xoshiro::Xoshiro128PlusPlus;

    fn rng() -> Xoshiro128PlusPlus {
        Xoshiro128PlusPlus::seed_from_u64(1)
    }

    /// exp(log_prob) over readings that are drawn evenly from a box adds up to 1.
    #[test]
    fn the_density_integrates_to_one() {
        let mut rng = rng();
        let count = 4_000_000;
        let volume = 8_f64.powi(4);
        let mut uniform = || (f64::from(rng.next_u32()) / 2_f64.powi(32) * 8.0 - 4.0) as f32;
        let mean = (0..count)
            .map(|_| {
                let x = std::array::from_fn(|_| uniform());
                Draw { x, context: [0.4, -0.7] }.log_prob().exp()
            })
            .sum::<f64>()
            / f64::from(count);
        assert!((mean * volume - 1.0).abs() < 0.05, "{}", mean * volume);
    }

    /// What a model can reach at best: the true density finds 96.1 % of swapped contexts.
    #[test]
    fn a_swapped_context_shows() {
        let draws = Draw::many(20_000, &mut rng());
        let swapped = draws.iter().zip(draws.iter().cycle().skip(1));
        let swapped = swapped.map(|(draw, next)| draw.in_context_of(next).log_prob());
        let log_probs: Vec<f64> = draws.iter().map(Draw::log_prob).chain(swapped).collect();
        let labels: Vec<bool> = (0..40_000).map(|i| i >= 20_000).collect();
        let area = 100.0 * auroc(&log_probs, &labels).unwrap();
        assert!((area - 96.1).abs() < 0.3, "{area}");
    }

    #[test]
    fn rare_operating_points_are_rare() {
        let is_rare = |draw: &Draw| f64::from(draw.context[1]).abs() > RARE;
        let rare = Draw::many(20_000, &mut rng()).iter().filter(|draw| is_rare(draw)).count();
        assert!((rare as f64 / 20_000.0 - 0.0455).abs() < 0.005, "{rare}");
        assert!(Draw::rare(100, &mut rng()).iter().all(is_rare));
    }
}
