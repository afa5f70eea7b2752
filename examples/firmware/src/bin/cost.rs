//! Prints what one model costs, for `couplet measure`, which writes the model's source to where
//! COUPLET_MODEL says.

#![no_std]
#![no_main]

#[path = "../measure.rs"]
mod measure;
#[rustfmt::skip]
mod model {
    include!(env!("COUPLET_MODEL", "`couplet measure` sets it"));
}

use core::{array, hint::black_box};
use measure::{Counter, stack_bytes};
use model::MEASURED;
use rand_core::SeedableRng;
use rand_xoshiro::Xoshiro128PlusPlus;
use rt::entry;
use semihosting::{println, process};

/// Readings and samples that an average is taken over: without floating-point hardware their values
/// matter.
const TIMES: u64 = 64;

/// Words of stack that are looked at: 64 KiB.
const WORDS: usize = 1 << 14;

/// Calls a map. Not inlined, so that each map is in the program once, as in a program that uses it.
#[inline(never)]
fn call<X: ?Sized, Y>(map: &mut impl FnMut(&mut X) -> Y, x: &mut X) {
    black_box(map(black_box(x)));
}

#[entry]
fn main() -> ! {
    let counter = Counter::start();
    let mut rng = Xoshiro128PlusPlus::from_seed([0x5a; 16]);
    let mut readings: [_; TIMES as usize] = array::from_fn(|_| MEASURED.sample(&mut rng));

    let mut log_prob = |x: &mut _| MEASURED.log_prob(x);
    let mut forward = |x: &mut _| MEASURED.forward(x);
    let mut inverse = |z: &mut _| MEASURED.inverse(z);
    let mut sample = |rng: &mut Xoshiro128PlusPlus| MEASURED.sample(rng);

    // One by one: all together might take longer than the counter lasts.
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
