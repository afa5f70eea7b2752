//! Prints what a reading costs beside its log_prob, what a sample of a raw signal costs, and what
//! the linear parts of a wide model cost, in instructions: `cargo run --release --bin monitor`.
//! tests/on_target.rs holds the first two to 150.

#![no_std]
#![no_main]

#[path = "../meter.rs"]
#[allow(dead_code, reason = "stack is not measured here")]
mod meter;
#[path = "../../../models/moons.rs"]
mod moons;

use core::{array::from_fn, hint::black_box};
use couplet::{
    Attribution, Band, Base, Bijection, Calibration, Detector, Drift, Mixture, Recalibration,
    Rules, Triangle, Window, nalgebra::SVector,
};
use meter::Counter;
use moons::MOONS;
use rand_core::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro128PlusPlus;
use rt::entry;
use semihosting::{println, process};

/// How many calls the means are over.
const TIMES: u32 = 1024;

type Table = Calibration<f32, 32>;

static RULES: Rules<f32> =
    Rules { reference: 2.0, limit: 5.6, release: 2.8, k: 3, n: 5, silence: 3, drift: None };

static DRIFT: Rules<f32> =
    Rules { drift: Some(Drift { rate: 0.01, step: 0.02, cap: 2.0 }), ..RULES };

static TRIANGLE: Triangle<f32, 30, 435> = Triangle::new([1.0; 30], [0.125; 435], 0.0);

static MIXTURE: Mixture<f32, 30, 1, 435> =
    Mixture::new([1.0], [0.0], [[0.0; 30]], [[1.0; 30]], [[0.125; 435]]);

// One copy of each, as in a program that calls it in one place.

#[inline(never)]
fn surprise(calibration: &Table, log_prob: f32) {
    black_box(calibration.surprise(log_prob));
}

#[inline(never)]
fn push(detector: &mut Detector<f32>, calibration: &Table, rules: &Rules<f32>, log_prob: f32) {
    black_box(detector.push(calibration, rules, log_prob));
}

#[inline(never)]
fn features(window: &mut Window<f32, 6>) -> Option<SVector<f32, 9>> {
    window.features()
}

#[inline(never)]
fn triangle(x: &mut SVector<f32, 30>) {
    TRIANGLE.forward_mut(black_box(x), &(), &mut 0.0);
}

#[inline(never)]
fn mixture(z: &SVector<f32, 30>) {
    black_box(MIXTURE.log_prob(black_box(z.as_slice())));
}

#[entry]
fn main() -> ! {
    let counter = Counter::start();
    let mut rng = Xoshiro128PlusPlus::from_seed([7; 16]);
    // Uniform in [-4, 4).
    let mut number = || (rng.next_u32() >> 8) as f32 * (8.0 / (1 << 24) as f32) - 4.0;
    let mut recalibration: Recalibration<f32, 999> = Recalibration::new(1);
    (0..TIMES).for_each(|_| recalibration.push(number()));
    let Ok(table) = recalibration.calibration::<32>(0, 1, 1000) else { process::exit(1) };

    let mut mean = |name, mut call: &mut dyn FnMut(f32)| {
        let calls = |f: &mut dyn FnMut(f32), number: &mut dyn FnMut() -> f32| -> u32 {
            (0..TIMES)
                .map(|_| number())
                .map(|x| counter.instructions(|| black_box(&mut *f)(x)))
                .sum()
        };
        let nothing = calls(
            &mut |x| {
                black_box(x);
            },
            &mut number,
        );
        println!("{} {}", name, (calls(&mut call, &mut number) - nothing) / TIMES);
    };
    mean("surprise", &mut |x| surprise(&table, x));
    let mut detector = Detector::new();
    mean("push", &mut |x| push(&mut detector, &table, &RULES, x));
    let mut detector = Detector::new();
    mean("push_with_drift", &mut |x| push(&mut detector, &table, &DRIFT, x));
    let mut statistics = Window::new(0.0, []);
    mean("sample_without_bands", &mut |x| statistics.push(x));
    let octave = Band::Pass { gain: 0.219_554_86, feedback: [0.945_431_05, 0.560_890_3] };
    let mut window = Window::new(0.0, [octave; 6]);
    mean("sample_with_6_bands", &mut |x| window.push(x));
    let mut last = None;
    mean("features", &mut |x| {
        window.push(x);
        window.push(-x);
        last = features(&mut window);
    });
    let typical: [[f32; 2]; 17] = from_fn(|q| [-0.8 + 0.16 * q as f32, -0.4 + 0.08 * q as f32]);
    mean("attribution_of_2_features", &mut |x| {
        let x = [x, 0.25].into();
        black_box(Attribution::of(|x| MOONS.log_prob(x), &x, &typical, f32::MIN));
    });
    let mut x = SVector::from([0.5; 30]);
    mean("triangle_of_30_features", &mut |_| triangle(&mut x));
    mean("mixture_of_30_features", &mut |_| mixture(&x));
    println!("bytes_of_detector {}", size_of::<Detector<f32>>());
    println!("bytes_of_window_with_6_bands {}", size_of::<Window<f32, 6>>());
    println!("bytes_of_table {}", size_of::<Table>());
    process::exit(0)
}
