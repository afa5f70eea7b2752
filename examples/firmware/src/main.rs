//! Watches a sensor with a density that was trained on a desktop: improbable readings raise the
//! alarm.
//!
//! `cargo run --release` runs it on an emulated Cortex-M4F. Nothing in couplet panics. If something
//! else does, semihosting prints the panic and the run fails.

#![no_std]
#![no_main]

mod meter;
#[path = "../../models/moons.rs"]
mod moons;

use core::hint::black_box;
use couplet::nalgebra::Vector2;
use heapless::Vec;
use meter::Counter;
use moons::MOONS;
use rand_core::SeedableRng;
use rand_xoshiro::Xoshiro128PlusPlus;
use rt::entry;
use semihosting::{println, process};

/// A reading with a lower log_prob, in nats, raises the alarm. Of the model's own samples, 1 in
/// 1000 does.
const THRESHOLD: f32 = -5.9;

/// What the sensor delivers.
const READINGS: [[f32; 2]; 6] = [
    [0.26, 0.69],
    [0.67, -0.25],
    [-0.51, 0.83],
    [0.5, 2.5], // like nothing in the training data
    [0.08, -0.02],
    [f32::NAN, 0.83], // a broken wire
];

#[entry]
fn main() -> ! {
    if let Err(error) = MOONS.self_test() {
        println!("self-test failed: {}", error);
        process::exit(1);
    }
    println!("self-test passed");
    watch();
    draw();
    cost();
    process::exit(0)
}

fn watch() {
    for [x, y] in READINGS {
        let log_prob = MOONS.log_prob(&Vector2::new(x, y));
        let verdict = if log_prob < THRESHOLD { "ALARM" } else { "normal" };
        println!("reading {:5.2} {:5.2}  log_prob {:8.3}  {}", x, y, log_prob, verdict);
    }
}

fn draw() {
    let mut samples: Vec<_, 3> = Vec::new();
    MOONS.sample_into(&mut Xoshiro128PlusPlus::seed_from_u64(1), &mut samples);
    for sample in &samples {
        println!("sample  {:5.2} {:5.2}", sample.x, sample.y);
    }
}

fn cost() {
    const TIMES: u32 = 100;
    let instructions =
        Counter::start().instructions(|| (0..TIMES).for_each(|_| evaluate())) / TIMES;
    println!(
        "log_prob: {} instructions, {} bytes of stack",
        instructions,
        meter::stack_bytes(1024, &mut evaluate)
    );
}

fn evaluate() {
    black_box(MOONS.log_prob(black_box(&Vector2::new(0.26, 0.69))));
}
