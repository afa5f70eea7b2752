//! Evaluates one model and nothing else, so that `couplet measure` sees what log_prob adds to a
//! program's flash. COUPLET_MODEL says where the model's source is.

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
fn main() -> ! {
    let log_prob: f32 = MEASURED.log_prob(&black_box(SVector::zeros()));
    black_box(log_prob);
    process::exit(0)
}
