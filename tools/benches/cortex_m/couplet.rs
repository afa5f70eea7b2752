//! The maps of an exported model as C functions, which harness.c calls and measures. Functions of
//! a number, which table.py calls and measures.

#![no_std]

use core::panic::PanicInfo;
use couplet::{Activation, Model, Real, Silu, nalgebra::SVector};
use rand_xoshiro::Xoshiro128PlusPlus;

mod model {
    include!(env!("COUPLET_MODEL"));
}
use model::MODEL;

/// Nothing in couplet panics, so that this is not linked.
#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    loop {}
}

/// The point that a pointer points to, with as many features as the model has.
///
/// # Safety
///
/// The pointer points to as many numbers, which nobody changes.
unsafe fn point<const D: usize, L, B, const N: usize>(
    _: &Model<D, L, B, N>,
    x: *const f32,
) -> &'static SVector<f32, D> {
    // SAFETY: an SVector is an array of D numbers.
    unsafe { &*x.cast() }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn log_prob(x: *const f32) -> f32 {
    // SAFETY: harness.c passes a point.
    MODEL.log_prob(unsafe { point(&MODEL, x) })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn forward(x: *const f32) -> f32 {
    // SAFETY: harness.c passes a point.
    MODEL.forward(unsafe { point(&MODEL, x) }).1
}

#[unsafe(no_mangle)]
unsafe extern "C" fn inverse(z: *const f32) -> f32 {
    // SAFETY: harness.c passes a point.
    MODEL.inverse(unsafe { point(&MODEL, z) }).1
}

/// The generator is in the caller's memory, so that the stack that is measured is without it.
#[unsafe(no_mangle)]
unsafe extern "C" fn sample(generator: *mut [u32; 4]) -> f32 {
    const { assert!(size_of::<Xoshiro128PlusPlus>() == size_of::<[u32; 4]>()) };
    // SAFETY: harness.c passes a generator's four words.
    MODEL.sample(unsafe { &mut *generator.cast::<Xoshiro128PlusPlus>() })[0]
}

/// Whether log_prob has the bits that the exporter computed.
#[unsafe(no_mangle)]
extern "C" fn self_test() -> bool {
    MODEL.self_test().is_ok()
}

/// Functions of a number.
macro_rules! functions {
    ($($name:ident: $function:expr;)*) => { $(
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $name(x: *const f32) -> f32 {
            // SAFETY: table.py passes a number.
            $function(unsafe { *x })
        }
    )* };
}
functions! {
    couplet_exp: Real::exp;
    couplet_tanh: Real::tanh;
    couplet_silu: Silu::apply;
    libm_exp: libm::expf;
    libm_tanh: libm::tanhf;
    libm_silu: |x: f32| x / (1.0 + libm::expf(-x));
}
