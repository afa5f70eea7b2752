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

/// A machine, window after window: each at a speed and a load of its own.
#[derive(Debug)]
pub struct Machine(Xoshiro256PlusPlus);

impl Machine {
    pub fn new(seed: u64) -> Self {
        Machine(Xoshiro256PlusPlus::seed_from_u64(seed))
    }

    /// The next window, which does not go on from the one before.
    pub fn window(&mut self, fault: Option<Fault>) -> Vec<f32> {
        let Machine(rng) = self;
        let pace = Pace::draw(rng);
        let phases = Phases(std::array::from_fn(|_| rng.random_range(0.0..TAU)));
        let noise = Noise::draw(rng);
        let added = Added::draw(fault, pace.speed, rng);
        let sample = |i: usize| {
            let t = i as f64 / RATE;
            let moment = Moment { t, turns: pace.speed * t, pace };
            (phases.sum(moment) + added.at(moment, &phases) + noise.at(i, fault)) as f32
        };
        (0..SAMPLES).map(sample).collect()
    }
}

/// How fast the machine turns, and its load.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Turns a second.
    pub speed: f64,
    /// Around 1.
    pub load: f64,
}

impl Pace {
    pub fn draw(rng: &mut impl RngExt) -> Self {
        Pace { speed: rng.random_range(23.0..27.0), load: rng.random_range(0.7..1.3) }
    }
}

/// Where the machine is.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// In seconds.
    pub t: f64,
    /// Since t = 0.
    pub turns: f64,
    pub pace: Pace,
}

impl Moment {
    fn wave(self, order: f64, phase: f64) -> f64 {
        (TAU * order * self.turns + phase).sin()
    }
}

/// The phases of the waves of a normal machine: orders 1, 2 and 3, and the teeth.
#[derive(Clone, Copy, Debug)]
pub struct Phases(pub [f64; 4]);

impl Phases {
    /// The waves of a normal machine.
    pub fn sum(&self, at: Moment) -> f64 {
        let (Phases([first, second, third, teeth]), load) = (self, at.pace.load);
        0.5 * load * at.wave(1.0, *first)
            + 0.2 * load * at.wave(2.0, *second)
            + 0.1 * at.wave(3.0, *third)
            + 0.15 * load * at.wave(17.0, *teeth)
    }
}

/// The noise of a window.
#[derive(Debug)]
pub struct Noise(Vec<f64>);

impl Noise {
    pub fn draw(rng: &mut Xoshiro256PlusPlus) -> Self {
        let mut noise = vec![0.0; 2 * SAMPLES];
        StandardNormal.sample(rng, &mut noise);
        Noise(noise)
    }

    /// That of a sample of the window.
    pub fn at(&self, i: usize, fault: Option<Fault>) -> f64 {
        let more = if fault == Some(Fault::Noise) { 0.05 * self.0[SAMPLES + i] } else { 0.0 };
        0.12 * self.0[i] + more
    }
}

/// What a fault adds, but for noise.
#[derive(Clone, Copy, Debug)]
pub enum Added {
    Nothing,
    Imbalance,
    /// The phases of its orders.
    Looseness([f64; 4]),
    /// The turns until the first blow.
    Bearing(f64),
    Gear,
    /// The phase of the tone.
    Resonance(f64),
}

/// Blows of a bearing in a turn.
const BLOWS: f64 = 3.57;

impl Added {
    pub fn draw(fault: Option<Fault>, speed: f64, rng: &mut impl RngExt) -> Self {
        match fault {
            None | Some(Fault::Noise) => Added::Nothing,
            Some(Fault::Imbalance) => Added::Imbalance,
            Some(Fault::Looseness) => {
                Added::Looseness(std::array::from_fn(|_| rng.random_range(0.0..TAU)))
            }
            Some(Fault::Bearing) => {
                Added::Bearing(speed * rng.random_range(0.0..1.0 / (BLOWS * speed)))
            }
            Some(Fault::Gear) => Added::Gear,
            Some(Fault::Resonance) => Added::Resonance(rng.random_range(0.0..TAU)),
        }
    }

    /// What it adds at a moment.
    pub fn at(&self, at: Moment, phases: &Phases) -> f64 {
        let Phases([first, .., teeth]) = *phases;
        match *self {
            Added::Nothing => 0.0,
            Added::Imbalance => 0.2 * at.pace.load * at.wave(1.0, first),
            Added::Looseness(phases) => {
                let orders = [3.0, 4.0, 5.0, 6.0].into_iter().zip(phases);
                orders.map(|(order, phase)| 0.08 * at.wave(order, phase)).sum()
            }
            Added::Bearing(start) => rings(at, start),
            Added::Gear => 0.12 * (1.0 + at.wave(1.0, 0.0)) * at.wave(17.0, teeth),
            Added::Resonance(phase) => 0.06 * (TAU * 800.0 * at.t + phase).sin(),
        }
    }
}

/// The rings of the last three blows; those before have died away.
fn rings(at: Moment, start: f64) -> f64 {
    let blows = (at.turns - start) * BLOWS;
    let since = |before: u32| blows - blows.floor() + f64::from(before);
    let heard = (0..3).map(since).filter(|&since| since <= blows);
    let ring = |since: f64| {
        let t = since / (BLOWS * at.pace.speed);
        0.45 * (-900.0 * t).exp() * (TAU * 1150.0 * t).sin()
    };
    heard.map(ring).sum()
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
