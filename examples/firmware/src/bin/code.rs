//! Calls log_prob of one model and nothing else: `couplet measure` measures how much flash log_prob
//! takes. COUPLET_MODEL is the path of the model's source.

#![no_std]
#![no_main]

#[rustfmt::skip]
mod model {
    include!(env!("COUPLET_MODEL", "`couplet measure` sets it"));
}

use core::hint::black_box;
use couplet::nalgebra::SVector;
use model::MEASURED;
use rt::entry;
use semihosting::process;

#[entry]
#[allow(clippy::unit_arg, reason = "a conditional model takes numbers")]
fn main() -> ! {
    let log_prob: f32 =
        MEASURED.log_prob_given(&black_box(SVector::zeros()), &black_box(Default::default()));
    black_box(log_prob);
    process::exit(0)
}
