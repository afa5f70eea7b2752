//! Links only if the compiler found no way to a panic: the panic handler calls a function that does
//! not exist.
//!
//! `cargo build --release --features no-panic --bin no_panic` builds it. tests/on_target.rs does so
//! at several optimisation levels.

#![no_std]
#![no_main]
#![allow(unsafe_code)] // declares the function that does not exist

#[rustfmt::skip]
#[path = "../../../models/circles.rs"]
mod circles;
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
#[path = "../../../../tests/models/student_d4.rs"]
mod student_d4;

use core::{
    convert::Infallible,
    hint::{black_box, spin_loop},
    panic::PanicInfo,
};
use couplet::{Base, Bijection, Model, nalgebra::SVector};
use heapless::Vec;
use rand_core::TryRng;
use rt::entry;

unsafe extern "C" {
    fn a_panic_can_be_reached() -> !;
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    // SAFETY: it never runs, since a program with this call does not link.
    unsafe { a_panic_can_be_reached() }
}

/// A generator without panics of its own.
struct Counter(u32);

impl TryRng for Counter {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        Ok(self.0)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.try_next_u32().map(u64::from)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        bytes.fill(0);
        Ok(())
    }
}

/// Calls every method of a model, on values that the compiler cannot know.
fn every_method<const D: usize, L: Bijection<f32, D>, B: Base<f32>, const N: usize>(
    model: &Model<D, L, B, N>,
) {
    let x = black_box(model.standardize.mean);
    let mut rng = Counter(black_box(1));
    let mut samples: Vec<SVector<f32, D>, 2> = Vec::new();
    black_box(model.self_test().is_ok());
    black_box(model.log_prob(&x));
    black_box(model.forward(&x));
    black_box(model.inverse(&x));
    black_box(model.sample(&mut rng));
    model.sample_into(&mut rng, &mut samples);
    for log_prob in model.log_probs(&samples) {
        black_box(log_prob);
    }
}

#[entry]
fn main() -> ! {
    every_method(&moons::MOONS);
    every_method(&circles::CIRCLES);
    every_method(&nice_d5_logistic::NICE_D5_LOGISTIC);
    every_method(&realnvp_d7::REALNVP_D7);
    every_method(&student_d4::STUDENT_D4);
    #[cfg(feature = "plant-panic")]
    black_box([1, 2, 3][black_box(4_usize)]);
    loop {
        spin_loop();
    }
}
