// A model in C, as the programs of `couplet measure` see it.

use core::ffi::c_void;
use couplet::nalgebra::SVector;
use rand_core::Rng;
use rand_xoshiro::Xoshiro128PlusPlus;

const D: usize = 2;

type Point = SVector<f32, D>;

#[allow(unsafe_code, dead_code, reason = "src/bin/code.rs calls log_prob alone")]
mod in_c {
    use super::{D, c_void};

    unsafe extern "C" {
        pub safe fn measured_log_prob(x: &[f32; D]) -> f32;
        pub safe fn measured_forward(x: &[f32; D], z: &mut [f32; D]) -> f32;
        pub safe fn measured_inverse(z: &[f32; D], x: &mut [f32; D]) -> f32;
        pub unsafe fn measured_sample(
            next: extern "C" fn(*mut c_void) -> u32,
            generator: *mut c_void,
            x: &mut [f32; D],
        );
    }
}

pub static MEASURED: InC = InC;

pub struct InC;

#[allow(unsafe_code, dead_code, reason = "src/bin/code.rs calls log_prob alone")]
impl InC {
    pub fn log_prob_given(&self, x: &Point, (): &()) -> f32 {
        in_c::measured_log_prob(&x.data.0[0])
    }

    pub fn forward_given(&self, x: &Point, (): &()) -> (Point, f32) {
        let mut z = Point::zeros();
        let log_det = in_c::measured_forward(&x.data.0[0], &mut z.data.0[0]);
        (z, log_det)
    }

    pub fn inverse_given(&self, z: &Point, (): &()) -> (Point, f32) {
        let mut x = Point::zeros();
        let log_det = in_c::measured_inverse(&z.data.0[0], &mut x.data.0[0]);
        (x, log_det)
    }

    pub fn sample_given(&self, rng: &mut Xoshiro128PlusPlus, (): &()) -> Point {
        extern "C" fn next(rng: *mut c_void) -> u32 {
            // SAFETY: it is what `sample_given` passes, which nobody else uses meanwhile.
            unsafe { &mut *rng.cast::<Xoshiro128PlusPlus>() }.next_u32()
        }
        let mut x = Point::zeros();
        // SAFETY: `next` is given a generator.
        unsafe {
            let generator: *mut Xoshiro128PlusPlus = rng;
            in_c::measured_sample(next, generator.cast(), &mut x.data.0[0]);
        }
        x
    }
}
