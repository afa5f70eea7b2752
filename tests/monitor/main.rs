//! From a log_prob to an alarm: what calibration, detector, attribution, windows and recalibration
//! promise.

mod attribution;
mod calibration;
mod detector;
mod recalibration;
mod window;
#[cfg(feature = "serde")]
mod wire;

use rand_core::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro128PlusPlus;

fn rng(seed: u64) -> Xoshiro128PlusPlus {
    Xoshiro128PlusPlus::seed_from_u64(seed)
}

/// Uniform in (0, 1).
fn uniform(rng: &mut impl Rng) -> f64 {
    (f64::from(rng.next_u32()) + 0.5) / 4_294_967_296.0
}

/// Standard normal.
fn normal(rng: &mut impl Rng) -> f64 {
    let radius = (-2.0 * uniform(rng).ln()).sqrt();
    radius * (std::f64::consts::TAU * uniform(rng)).cos()
}

/// Of so many cases the ones that run: Miri takes a thousand times as long.
fn cases(count: usize) -> usize {
    if cfg!(miri) { count.div_ceil(500) } else { count }
}
