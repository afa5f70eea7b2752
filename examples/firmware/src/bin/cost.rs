//! Prints what one model costs: `couplet measure` runs this program in QEMU. COUPLET_MODEL is the
//! path of the model's source.

#![no_std]
#![no_main]

#[path = "../meter.rs"]
mod meter;
#[rustfmt::skip]
mod model {
    include!(env!("COUPLET_MODEL", "`couplet measure` sets it"));
}

use core::{array, hint::black_box};
use meter::{Counter, stack_bytes};
use model::MEASURED;
use rand_core::SeedableRng;
use rand_xoshiro::Xoshiro128PlusPlus;
use rt::entry;
use semihosting::{println, process};

/// How many readings and samples the means are over. Without floating-point hardware, cost depends
/// on the values.
const TIMES: u64 = 64;

/// Words of stack that are searched: 64 KiB.
const WORDS: usize = 1 << 14;

/// Calls a map. `inline(never)` keeps each map in the program once, as in a program that uses it.
#[inline(never)]
fn call<X: ?Sized, Y>(map: &mut impl FnMut(&mut X) -> Y, x: &mut X) {
    black_box(map(black_box(x)));
}

#[entry]
fn main() -> ! {
    let counter = Counter::start();
    let mut rng = Xoshiro128PlusPlus::from_seed([0x5a; 16]);
    // Nothing, or zeros.
    #[allow(clippy::let_unit_value, reason = "a conditional model takes numbers")]
    let given = Default::default();
    let mut readings: [_; TIMES as usize] =
        array::from_fn(|_| MEASURED.sample_given(&mut rng, &given));

    let mut log_prob = |x: &mut _| MEASURED.log_prob_given(x, &given);
    let mut forward = |x: &mut _| MEASURED.forward_given(x, &given);
    let mut inverse = |z: &mut _| MEASURED.inverse_given(z, &given);
    let mut sample = |rng: &mut Xoshiro128PlusPlus| MEASURED.sample_given(rng, &given);

    // One call at a time, since the counter might overflow during all of them.
    let evaluations: u64 = readings
        .iter_mut()
        .map(|x| u64::from(counter.instructions(|| call(&mut log_prob, x))))
        .sum();
    let samples: u64 =
        (0..TIMES).map(|_| u64::from(counter.instructions(|| call(&mut sample, &mut rng)))).sum();
    let [x, ..] = &mut readings;
    println!("log_prob_instructions {}", evaluations / TIMES);
    println!("sample_instructions {}", samples / TIMES);
    println!("log_prob_stack {}", stack_bytes(WORDS, &mut || call(&mut log_prob, x)));
    println!("forward_stack {}", stack_bytes(WORDS, &mut || call(&mut forward, x)));
    println!("inverse_stack {}", stack_bytes(WORDS, &mut || call(&mut inverse, x)));
    println!("sample_stack {}", stack_bytes(WORDS, &mut || call(&mut sample, &mut rng)));
    println!("model_bytes {}", size_of_val(&MEASURED));
    process::exit(0)
}
