//! Watches a sensor with a density that was trained on a desktop: improbable readings raise the
//! alarm.
//!
//! `cargo run --release` runs it on an emulated Cortex-M4F. Nothing in couplet panics. If something
//! else does, semihosting prints the panic and the run fails.

#![no_std]
#![no_main]

mod meter;
#[path = "../../models/moons_alarm.rs"]
mod moons;

use core::hint::black_box;
use couplet::{Attribution, Detector, Event, nalgebra::Vector2};
use heapless::Vec;
use meter::Counter;
use moons::{MOONS, MOONS_ALARM_ANSWER, MOONS_CALIBRATION, MOONS_RULES, MOONS_TYPICAL};
use rand_core::SeedableRng;
use rand_xoshiro::Xoshiro128PlusPlus;
use rt::entry;
use semihosting::{println, process};

/// The names of the features.
const FEATURES: [&str; 2] = ["x", "y"];

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
    let test = MOONS
        .self_test()
        .and_then(|()| MOONS_ALARM_ANSWER.self_test(&MOONS, &MOONS_CALIBRATION, &MOONS_TYPICAL));
    if let Err(error) = test {
        println!("self-test failed: {}", error);
        process::exit(1);
    }
    println!("self-test passed");
    watch();
    draw();
    cost();
    process::exit(0)
}

/// The detector holds an alarm until five readings are normal, as `couplet calibrate` chose.
fn watch() {
    let mut detector = Detector::new();
    for [x, y] in READINGS {
        let reading = Vector2::new(x, y);
        let log_prob = MOONS.log_prob(&reading);
        let event = detector.push(&MOONS_CALIBRATION, &MOONS_RULES, log_prob);
        println!(
            "reading {:5.2} {:5.2}  log_prob {:8.3}  p {:.4}  {}",
            x,
            y,
            log_prob,
            MOONS_CALIBRATION.p_value(log_prob),
            if detector.in_alarm() { "ALARM" } else { "normal" }
        );
        if let Some(Event::Alarm { .. }) = event {
            blame(&reading);
        }
    }
}

/// Which sensor to look at.
fn blame(reading: &Vector2<f32>) {
    let log_prob = |x: &Vector2<f32>| MOONS.log_prob(x);
    let found = Attribution::of(log_prob, reading, &MOONS_TYPICAL, MOONS_CALIBRATION.threshold);
    let [first, _] = found.ranked();
    if let (Some(name), Some(expected)) = (FEATURES.get(first), found.expected.get(first)) {
        println!("look at {}: {:.2} would be normal", name, expected);
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
