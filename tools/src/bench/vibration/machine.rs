//! A rotating machine with an accelerometer. Speed and load vary from window to window.

use couplet::{Base as _, StandardNormal};
use rand::RngExt;
use rand_core::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use std::f64::consts::TAU;

/// Samples a second.
pub const RATE: f64 = 3200.0;

/// Samples in a window.
pub const SAMPLES: usize = 256;

/// What may be wrong with the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// More of the first order.
    Imbalance,
    /// Orders 3 to 6.
    Looseness,
    /// Blows at 3.57 times the speed, each a ring at 1150 Hz.
    Bearing,
    /// More of the 17 teeth, once a turn.
    Gear,
    /// Louder noise.
    Noise,
    /// A tone at 800 Hz.
    Resonance,
}

/// All faults, in the order of the table.
pub const FAULTS: [Fault; 6] = [
    Fault::Imbalance,
    Fault::Looseness,
    Fault::Bearing,
    Fault::Gear,
    Fault::Noise,
    Fault::Resonance,
];

impl Fault {
    /// In the table.
    pub fn name(self) -> &'static str {
        match self {
            Fault::Imbalance => "imbalance",
            Fault::Looseness => "looseness",
            Fault::Bearing => "bearing",
            Fault::Gear => "gear",
            Fault::Noise => "noise",
            Fault::Resonance => "resonance",
        }
    }
}

/// A machine, window after window.
#[derive(Debug)]
pub struct Machine(Xoshiro256PlusPlus);

impl Machine {
    pub fn new(seed: u64) -> Self {
        Machine(Xoshiro256PlusPlus::seed_from_u64(seed))
    }

    /// The next window.
    pub fn window(&mut self, fault: Option<Fault>) -> Vec<f32> {
        let Machine(rng) = self;
        let (speed, load) = (rng.random_range(23.0..27.0), rng.random_range(0.7..1.3));
        let [first, second, third, teeth]: [f64; 4] =
            std::array::from_fn(|_| rng.random_range(0.0..TAU));
        let wave = |order: f64, phase: f64, t: f64| (TAU * order * speed * t + phase).sin();
        let mut noise = vec![0.0_f64; 2 * SAMPLES];
        StandardNormal.sample(rng, &mut noise);
        let (noise, more) = noise.split_at(SAMPLES);
        let add = adder(fault, speed, load, first, teeth, rng);
        let sample = |i: usize| {
            let t = i as f64 / RATE;
            let normal = 0.5 * load * wave(1.0, first, t)
                + 0.2 * load * wave(2.0, second, t)
                + 0.1 * wave(3.0, third, t)
                + 0.15 * load * wave(17.0, teeth, t)
                + 0.12 * noise[i];
            let hiss = if fault == Some(Fault::Noise) { 0.05 * more[i] } else { 0.0 };
            (normal + add(t) + hiss) as f32
        };
        (0..SAMPLES).map(sample).collect()
    }
}

/// What a fault adds at each time, but for noise.
fn adder(
    fault: Option<Fault>,
    speed: f64,
    load: f64,
    first: f64,
    teeth: f64,
    rng: &mut Xoshiro256PlusPlus,
) -> Box<dyn Fn(f64) -> f64> {
    let wave = move |order: f64, phase: f64, t: f64| (TAU * order * speed * t + phase).sin();
    match fault {
        None | Some(Fault::Noise) => Box::new(|_| 0.0),
        Some(Fault::Imbalance) => Box::new(move |t| 0.2 * load * wave(1.0, first, t)),
        Some(Fault::Looseness) => {
            let phases: [f64; 4] = std::array::from_fn(|_| rng.random_range(0.0..TAU));
            Box::new(move |t| {
                let orders = [3.0, 4.0, 5.0, 6.0].into_iter().zip(phases);
                orders.map(|(order, phase)| 0.08 * wave(order, phase, t)).sum()
            })
        }
        Some(Fault::Bearing) => {
            let rate = 3.57 * speed;
            let start = rng.random_range(0.0..1.0 / rate);
            let hits = (SAMPLES as f64 / RATE * rate) as usize + 2;
            Box::new(move |t| {
                let since = (0..hits).map(|j| t - (start + j as f64 / rate));
                let rings = since.filter(|&a| a >= 0.0);
                rings.map(|a| 0.45 * (-900.0 * a).exp() * (TAU * 1150.0 * a).sin()).sum()
            })
        }
        Some(Fault::Gear) => {
            Box::new(move |t| 0.12 * (1.0 + wave(1.0, 0.0, t)) * wave(17.0, teeth, t))
        }
        Some(Fault::Resonance) => {
            let phase = rng.random_range(0.0..TAU);
            Box::new(move |t| 0.06 * (TAU * 800.0 * t + phase).sin())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The mean square of x over many windows.
    fn mean_square(x: impl Fn(u64) -> Vec<f64>) -> f64 {
        const WINDOWS: u64 = 3000;
        let squares = (0..WINDOWS).flat_map(x).map(|x| x * x);
        squares.sum::<f64>() / (WINDOWS as usize * SAMPLES) as f64
    }

    fn drawn(seed: u64, fault: Option<Fault>) -> Vec<f64> {
        Machine::new(seed).window(fault).into_iter().map(f64::from).collect()
    }

    /// The mean of load^2, uniform from .7 to 1.3.
    const LOAD: f64 = 1.03;

    #[test]
    fn a_normal_machine_has_the_power_of_its_waves_and_its_noise() {
        let found = mean_square(|seed| drawn(seed, None));
        let waves = 0.5 * ((0.25 + 0.04 + 0.0225) * LOAD + 0.01);
        let expected = waves + 0.0144;
        assert!((found / expected - 1.0).abs() < 0.02, "{found}, {expected}");
    }

    /// A fault adds to the window of the same seed. The power of what it adds is known.
    #[test]
    fn each_fault_adds_its_power() {
        // The energy of a ring times the blows a second: integral of e^(-2 d t) sin^2(w t).
        let (twice, w) = (2.0 * 900.0, TAU * 1150.0);
        let ring = 0.45_f64.powi(2) * 0.5 * (1.0 / twice - twice / (twice * twice + 4.0 * w * w));
        let expected = [
            0.5 * 0.04 * LOAD,
            4.0 * 0.5 * 0.0064,
            ring * 3.57 * 25.0,
            0.5 * 0.0144 * 1.5,
            0.0025,
            0.5 * 0.0036,
        ];
        for (fault, expected) in FAULTS.into_iter().zip(expected) {
            let found = mean_square(|seed| {
                let both = drawn(seed, Some(fault)).into_iter().zip(drawn(seed, None));
                both.map(|(faulty, normal)| faulty - normal).collect()
            });
            assert!((found / expected - 1.0).abs() < 0.05, "{fault:?}: {found}, {expected}");
        }
    }
}
