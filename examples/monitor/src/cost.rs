//! What a reading costs.

use crate::{
    CALIBRATION, D, MODEL, RULES,
    meter::{Counter, stack_bytes},
    watch::blame,
};
use core::hint::black_box;
use couplet::{Detector, nalgebra::SVector};
use semihosting::println;

/// How often a thing is done to count its instructions.
const TIMES: u32 = 10;

/// The instructions of `f`, in the mean over ten calls.
pub fn instructions(f: &mut dyn FnMut()) -> u32 {
    Counter::start().instructions(|| (0..TIMES).for_each(|_| black_box(&mut *f)())) / TIMES
}

/// Prints what a reading costs, and an alarm.
pub fn print_cost(reading: &SVector<f32, D>) {
    let mut detector = Detector::new();
    let log_prob = MODEL.log_prob(reading);
    let mut evaluate = || {
        black_box(MODEL.log_prob(black_box(reading)));
    };
    let scored = instructions(&mut evaluate);
    let pushed = instructions(&mut || {
        black_box(detector.push(&CALIBRATION, &RULES, black_box(log_prob)));
    });
    let blamed = instructions(&mut || {
        black_box(blame(black_box(reading)));
    });
    println!(
        "log_prob: {} instructions, {} bytes of stack; detector: {} more; blame: {}",
        scored,
        stack_bytes(1024, &mut evaluate),
        pushed,
        blamed
    );
}
