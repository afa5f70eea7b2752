use super::{dense_f32, lanes, registers, rows};
use core::ops::{Add, AddAssign, Mul, MulAssign};

/// A dense layer with its input.
#[derive(Clone, Copy, Debug)]
pub struct Layer<'a, T> {
    /// W, in the order of [`super::packed`].
    pub weight: &'a [T],
    /// b, one for each row of W.
    pub bias: &'a [T],
    /// The input, one for each column of W.
    pub x: &'a [T],
    /// An output below the floor becomes the floor.
    pub floor: T,
}

/// A number that dense layers are evaluated in: `f32` or `f64`.
pub trait Element:
    Copy + PartialOrd + Add<Output = Self> + Mul<Output = Self> + AddAssign + MulAssign
{
    /// A floor that no output is below.
    const NO_FLOOR: Self;

    /// Writes y = max(W x + b, floor).
    fn dense(layer: &Layer<'_, Self>, y: &mut [Self]);
}

impl Element for f32 {
    const NO_FLOOR: f32 = f32::NEG_INFINITY;

    #[inline(always)]
    fn dense(layer: &Layer<'_, f32>, y: &mut [f32]) {
        dense_f32(layer, y);
    }
}

impl Element for f64 {
    const NO_FLOOR: f64 = f64::NEG_INFINITY;

    #[inline(always)]
    fn dense(layer: &Layer<'_, f64>, y: &mut [f64]) {
        portable(layer, y);
    }
}

/// The kernel in Rust for what the processor has: vectors, floating-point registers for single
/// numbers, or no floating point at all.
#[inline(always)]
pub(super) fn portable<T: Element>(layer: &Layer<'_, T>, y: &mut [T]) {
    if cfg!(any(target_abi = "eabihf", target_feature = "f")) {
        registers::dense(layer, y);
    } else if cfg!(target_os = "none") {
        rows::dense(layer, y);
    } else {
        lanes::dense(layer, y);
    }
}
