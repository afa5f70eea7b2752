//! Replays a stream of readings through the detector: prints each alarm with its cause, its p-value
//! and the features to look at, in the words of `couplet watch plant.safetensors stream.csv`.
//!
//! `cargo run --release` runs it on an emulated Cortex-M4F.

#![no_std]
#![no_main]

#[path = "../../firmware/src/meter.rs"]
#[allow(dead_code, reason = "the firmware next door uses the rest of it")]
mod meter;
#[path = "../plant.rs"]
mod plant;

use core::hint::black_box;
use couplet::{Attribution, Cause, Detector, Event, nalgebra::SVector};
use meter::Counter;
use plant::{
    PLANT, PLANT_ALARM_ANSWER, PLANT_CALIBRATION, PLANT_MODEL, PLANT_RULES, PLANT_TYPICAL,
};
use rt::entry;
use semihosting::{print, println, process};

/// The number of features.
const D: usize = 10;

/// How many features an alarm names.
const BLAMED: usize = 3;

/// The readings, with the names of their features in the first line.
const STREAM: &str = include_str!("../stream.csv");

type Reading = SVector<f32, D>;

#[entry]
fn main() -> ! {
    if PLANT_CALIBRATION.check(PLANT_MODEL).is_err() || PLANT_RULES.check().is_err() {
        println!("the calibration is none of this model");
        process::exit(1);
    }
    let test = PLANT.self_test().and_then(|()| {
        PLANT_ALARM_ANSWER.self_test(&PLANT, &PLANT_CALIBRATION, &PLANT_TYPICAL)
    });
    if let Err(error) = test {
        println!("self-test failed: {}", error);
        process::exit(1);
    }
    let readings = || STREAM.lines().skip(1).map(parse);
    let mut detector = Detector::new();
    for (reading, row) in readings().zip(1..) {
        match detector.push(&PLANT_CALIBRATION, &PLANT_RULES, PLANT.log_prob(&reading)) {
            Some(Event::Alarm { cause, began }) => alarm(row, cause, began, &reading),
            Some(Event::Cleared) => println!("row {} cleared", row),
            Some(Event::Silent) => println!("row {} silent", row),
            Some(Event::Drifted) => println!("row {} drifted", row),
            None => (),
        }
    }
    let first = readings().next().unwrap_or_default();
    cost(&mut detector, &first);
    process::exit(0)
}

/// The numbers of a line; what is none is NaN.
fn parse(line: &str) -> Reading {
    let mut cells = line.split(',');
    Reading::from_fn(|_, _| cells.next().and_then(|cell| cell.parse().ok()).unwrap_or(f32::NAN))
}

fn alarm(row: u32, cause: Cause, began: u32, reading: &Reading) {
    let p = PLANT_CALIBRATION.p_value(PLANT.log_prob(reading));
    let found = blame(reading);
    let cause = match cause {
        Cause::Invalid => "invalid",
        Cause::Single => "single",
        Cause::Repeated => "repeated",
        Cause::Sustained => "sustained",
    };
    print!("row {} ALARM: {}", row, cause);
    if began > 0 {
        print!(", since row {}", row - began);
    }
    print!(", p {}", p);
    let names = STREAM.lines().next().unwrap_or_default();
    let mut separator = ": ";
    for feature in found.ranked().into_iter().take(BLAMED) {
        let name = names.split(',').nth(feature).unwrap_or_default();
        let (value, expected) = (reading[feature], found.expected[feature]);
        print!("{}{} {} (expected {})", separator, name, value, expected);
        separator = ", ";
    }
    println!();
}

fn blame(reading: &Reading) -> Attribution<f32, D> {
    let threshold = PLANT_CALIBRATION.threshold;
    Attribution::of(|x| PLANT.log_prob(x), reading, &PLANT_TYPICAL, threshold)
}

/// Prints what a reading costs, and an alarm.
fn cost(detector: &mut Detector<f32>, reading: &Reading) {
    const TIMES: u32 = 10;
    let counter = Counter::start();
    let instructions = |f: &mut dyn FnMut()| {
        counter.instructions(|| (0..TIMES).for_each(|_| black_box(&mut *f)())) / TIMES
    };
    let log_prob = PLANT.log_prob(reading);
    let scored = instructions(&mut || {
        black_box(PLANT.log_prob(black_box(reading)));
    });
    let pushed = instructions(&mut || {
        black_box(detector.push(&PLANT_CALIBRATION, &PLANT_RULES, black_box(log_prob)));
    });
    let blamed = instructions(&mut || {
        black_box(blame(black_box(reading)));
    });
    let mut evaluate = || {
        black_box(PLANT.log_prob(black_box(reading)));
    };
    println!(
        "log_prob: {} instructions, {} bytes of stack; detector: {} more; blame: {}",
        scored,
        meter::stack_bytes(1024, &mut evaluate),
        pushed,
        blamed
    );
}
