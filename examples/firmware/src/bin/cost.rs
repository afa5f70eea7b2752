//! Prints what each of several models costs, as the table in the project's README.

#![no_std]
#![no_main]

#[rustfmt::skip]
#[path = "../../../models/circles.rs"]
mod circles;
#[path = "../measure.rs"]
mod measure;
#[rustfmt::skip]
#[path = "../../../models/moons.rs"]
mod moons;
#[rustfmt::skip]
#[path = "../../../../tests/models/nice_d5_logistic.rs"]
mod nice_d5_logistic;
#[rustfmt::skip]
#[path = "../../../../tests/models/realnvp_d7.rs"]
mod realnvp_d7;
#[rustfmt::skip]
#[path = "../../../../tests/models/realnvp_d8_logistic.rs"]
mod realnvp_d8_logistic;

use circles::CIRCLES;
use core::hint::black_box;
use measure::{Counter, stack_bytes};
use moons::MOONS;
use nice_d5_logistic::NICE_D5_LOGISTIC;
use rand_core::SeedableRng;
use rand_xoshiro::Xoshiro128PlusPlus;
use realnvp_d7::REALNVP_D7;
use realnvp_d8_logistic::REALNVP_D8_LOGISTIC;
use rt::entry;
use semihosting::{println, process};

/// Evaluations that an average is taken over.
const TIMES: u32 = 50;

/// A row of the table.
macro_rules! row {
    ($counter:expr, $model:ident, $about:literal) => {
        let log_prob = || {
            black_box($model.log_prob(black_box(&$model.standardize.mean)));
        };
        let evaluations = $counter.instructions(|| (0..TIMES).for_each(|_| log_prob()));
        let mut rng = Xoshiro128PlusPlus::seed_from_u64(1);
        let mut sample = || {
            black_box($model.sample(&mut rng));
        };
        let samples = $counter.instructions(|| (0..TIMES).for_each(|_| sample()));
        let stack = stack_bytes(log_prob);
        println!("| {} | {} | {} | {} | {} |", $about, size_of_val(&$model), stack, evaluations / TIMES, samples / TIMES);
    };
}

#[entry]
fn main() -> ! {
    let counter = Counter::start();
    println!("| model | flash, bytes | stack, bytes | log_prob, instructions | sample, instructions |");
    println!("| --- | --- | --- | --- | --- |");
    row!(counter, CIRCLES, "NICE, D 2, 8 couplings, trunk 16, relu");
    row!(counter, MOONS, "RealNVP, D 2, 6 couplings, trunk 16-16, relu");
    row!(counter, NICE_D5_LOGISTIC, "NICE, D 5, 6 couplings, trunk 24-24, relu");
    row!(counter, REALNVP_D7, "RealNVP, D 7, 6 couplings, trunk 20, tanh");
    row!(counter, REALNVP_D8_LOGISTIC, "RealNVP, D 8, 6 couplings, trunk 64-64, silu");
    process::exit(0)
}
