//! Replays a stream of readings through the detector: prints each alarm with its cause, its p-value
//! and the features to look at, in the words of `couplet watch plant.safetensors stream.csv`.
//!
//! `cargo run --release` runs it on an emulated Cortex-M4F.

#![no_std]
#![no_main]

mod cost;
#[path = "../../firmware/src/meter.rs"]
#[allow(dead_code, reason = "the firmware next door uses the rest of it")]
mod meter;
#[path = "../plant.rs"]
mod plant;
mod watch;

use couplet::nalgebra::SVector;
// The names that `cost` and `watch` have for them.
use plant::{
    PLANT as MODEL, PLANT_ALARM_ANSWER as ALARM_ANSWER, PLANT_CALIBRATION as CALIBRATION,
    PLANT_MODEL as HASH, PLANT_RULES as RULES, PLANT_TYPICAL as TYPICAL,
};
use rt::entry;
use semihosting::process;

/// The number of features.
const D: usize = 10;

/// The readings, with the names of their features in the first line.
const STREAM: &str = include_str!("../stream.csv");

#[entry]
fn main() -> ! {
    watch::self_test();
    let readings = || STREAM.lines().skip(1).map(parse);
    watch::print_events(readings());
    cost::print_cost(&readings().next().unwrap_or_default());
    process::exit(0)
}

/// The name of a feature.
fn name(feature: usize) -> &'static str {
    STREAM.lines().next().unwrap_or_default().split(',').nth(feature).unwrap_or_default()
}

/// The numbers of a line; what is none is NaN.
fn parse(line: &str) -> SVector<f32, D> {
    let mut cells = line.split(',');
    SVector::from_fn(|_, _| cells.next().and_then(|cell| cell.parse().ok()).unwrap_or(f32::NAN))
}
