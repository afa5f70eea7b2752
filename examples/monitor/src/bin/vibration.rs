//! From the raw samples of a sensor to an alarm: each sample goes into a window, the features of each
//! window into the model, and its log_prob into the detector. Prints what
//! `couplet features vibration.csv --like machine.safetensors` and `couplet watch` print of its rows.
//!
//! `cargo run --release --bin vibration` runs it on an emulated Cortex-M4F.

#![no_std]
#![no_main]

#[path = "../cost.rs"]
mod cost;
#[path = "../../machine.rs"]
mod machine;
#[path = "../../../firmware/src/meter.rs"]
#[allow(dead_code, reason = "the firmware next door uses the rest of it")]
mod meter;
#[path = "../watch.rs"]
mod watch;

use core::hint::black_box;
use couplet::nalgebra::SVector;
// The names that `cost` and `watch` have for them.
use machine::{
    MACHINE as MODEL, MACHINE_ALARM_ANSWER as ALARM_ANSWER, MACHINE_CALIBRATION as CALIBRATION,
    MACHINE_MODEL as HASH, MACHINE_RULES as RULES, MACHINE_TYPICAL as TYPICAL,
};
use machine::{MACHINE_WINDOW as WINDOW, MACHINE_WINDOW_SAMPLES as SAMPLES};
use rt::entry;
use semihosting::{print, process};

/// The number of features.
const D: usize = 9;

/// Their names, as machine.rs has them.
const NAMES: [&str; D] = [
    "vibration_band_0",
    "vibration_band_1",
    "vibration_band_2",
    "vibration_band_3",
    "vibration_band_4",
    "vibration_band_5",
    "vibration_deviation",
    "vibration_kurtosis",
    "vibration_crest",
];

/// The samples, in thousandths of g.
const STREAM: &str = include_str!("../../vibration.csv");

#[entry]
fn main() -> ! {
    watch::self_test();
    watch::print_events(readings());
    print_cost();
    cost::print_cost(&readings().next().unwrap_or_default());
    process::exit(0)
}

/// The name of a feature.
fn name(feature: usize) -> &'static str {
    NAMES[feature]
}

/// What is no number is NaN.
fn samples() -> impl Iterator<Item = f32> {
    STREAM.lines().skip(1).map(|line| line.parse().unwrap_or(f32::NAN))
}

/// The features of each window but those in which the filters settle.
fn readings() -> impl Iterator<Item = SVector<f32, D>> {
    let mut window = WINDOW;
    samples().zip(1..).filter_map(move |(x, count)| {
        window.push(x);
        if count % SAMPLES == 0 { window.features() } else { None }
    })
}

/// Prints what a sample costs, and the features at the end of a window.
fn print_cost() {
    let mut first = [0.0; SAMPLES];
    first.iter_mut().zip(samples()).for_each(|(to, x)| *to = x);
    let mut window = WINDOW;
    let mut count = |ends: bool| {
        cost::instructions(&mut || {
            first.iter().for_each(|&x| black_box(&mut window).push(x));
            if ends {
                black_box(window.features::<D>());
            }
        })
    };
    let [pushes, all] = [false, true].map(&mut count);
    let sample = pushes / SAMPLES as u32;
    print!("sample: {} instructions; features of a window: {}; ", sample, all - pushes);
}
