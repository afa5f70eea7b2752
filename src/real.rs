//! The two number types a flow computes in, and the functions whose bits the crate fixes.

use crate::{elementary, kernel::Element};
use core::fmt::Debug;
use core::ops::{Add, AddAssign, Div, Mul, MulAssign, Neg, Sub, SubAssign};
use rand_core::Rng;

/// A number type: `f32`, which devices compute in, or `f64`, which tests and gradient checks
/// compute in. Sealed.
///
/// Its functions are those of the [`libm`] crate, and in `f32` for exp, tanh and directions the
/// crate's own, so that they have the same bits on the host and on the device.
pub trait Real:
    Element
    + Copy
    + Debug
    + Default
    + PartialEq
    + PartialOrd
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + SubAssign
    + MulAssign
    + Send
    + Sync
    + 'static
{
    /// 0.
    const ZERO: Self;
    /// 1/2.
    const HALF: Self;
    /// 1.
    const ONE: Self;
    /// ln(2 pi) / 2, what normalizes one standard normal feature, in nats.
    const HALF_LN_2PI: Self;
    /// The canonical NaN.
    const NAN: Self;
    /// Negative infinity: the log-density of a reading that is impossible.
    const NEG_INFINITY: Self;

    /// The nearest value to `value`.
    fn from_f32(value: f32) -> Self;
    /// A count as a number, exact up to 2^24.
    fn from_count(count: usize) -> Self;
    /// The nearest count; 0 for NaN and what is below 0, the largest for what is above it.
    fn nearest_count(self) -> u32;
    /// Whether it is neither infinite nor NaN.
    fn is_finite(self) -> bool;
    /// Whether it is NaN.
    fn is_nan(self) -> bool;
    /// |self|.
    fn abs(self) -> Self;
    /// Whether |self| is at most `bound`, which is positive; false for NaN.
    fn is_within(self, bound: Self) -> bool;
    /// Whether it is from `low` to `high`, which are positive; false for NaN.
    fn is_between(self, low: Self, high: Self) -> bool;
    /// e^self.
    fn exp(self) -> Self;
    /// ln(self).
    fn ln(self) -> Self;
    /// ln(1 + self), accurate near 0.
    fn ln_1p(self) -> Self;
    /// The square root.
    fn sqrt(self) -> Self;
    /// The hyperbolic tangent.
    fn tanh(self) -> Self;

    /// Draws a number uniform in (0, 1] and a fair bit from one random word.
    ///
    /// The smallest `f32` it returns is 2^-32, so a normal sample reaches 6.6 standard deviations.
    fn draw<R: Rng + ?Sized>(rng: &mut R) -> (Self, bool);

    /// Draws a point uniform on the unit circle, (cos, sin), from one random word.
    fn direction<R: Rng + ?Sized>(rng: &mut R) -> (Self, Self);
}

impl Real for f32 {
    const ZERO: Self = 0.0;
    const HALF: Self = 0.5;
    const ONE: Self = 1.0;
    const HALF_LN_2PI: Self = 0.918_938_5;
    const NAN: Self = f32::NAN;
    const NEG_INFINITY: Self = f32::NEG_INFINITY;

    fn from_f32(value: f32) -> Self {
        value
    }
    fn from_count(count: usize) -> Self {
        count as f32
    }
    fn nearest_count(self) -> u32 {
        (self + 0.5) as u32
    }
    fn is_finite(self) -> bool {
        self.is_finite()
    }
    fn is_nan(self) -> bool {
        self.is_nan()
    }
    fn abs(self) -> Self {
        self.abs()
    }
    fn is_within(self, bound: Self) -> bool {
        self.abs().to_bits() <= bound.to_bits() // integers: no call without floating point
    }
    fn is_between(self, low: Self, high: Self) -> bool {
        (low.to_bits()..=high.to_bits()).contains(&self.to_bits()) // likewise
    }
    fn exp(self) -> Self {
        elementary::exp(self)
    }
    fn ln(self) -> Self {
        libm::logf(self)
    }
    fn ln_1p(self) -> Self {
        libm::log1pf(self)
    }
    fn sqrt(self) -> Self {
        libm::sqrtf(self)
    }
    fn tanh(self) -> Self {
        elementary::tanh(self)
    }

    fn draw<R: Rng + ?Sized>(rng: &mut R) -> (Self, bool) {
        let word = rng.next_u32();
        (((word >> 1) as f32 + 0.5) * (0.5 / (1u32 << 30) as f32), word & 1 == 1)
    }

    fn direction<R: Rng + ?Sized>(rng: &mut R) -> (Self, Self) {
        elementary::cos_sin_of_turn(rng.next_u32() >> 8)
    }
}

impl Real for f64 {
    const ZERO: Self = 0.0;
    const HALF: Self = 0.5;
    const ONE: Self = 1.0;
    const HALF_LN_2PI: Self = 0.918_938_533_204_672_7;
    const NAN: Self = f64::NAN;
    const NEG_INFINITY: Self = f64::NEG_INFINITY;

    fn from_f32(value: f32) -> Self {
        value.into()
    }
    fn from_count(count: usize) -> Self {
        count as f64
    }
    fn nearest_count(self) -> u32 {
        (self + 0.5) as u32
    }
    fn is_finite(self) -> bool {
        self.is_finite()
    }
    fn is_nan(self) -> bool {
        self.is_nan()
    }
    fn abs(self) -> Self {
        self.abs()
    }
    fn is_within(self, bound: Self) -> bool {
        self.abs().to_bits() <= bound.to_bits() // integers: no call without floating point
    }
    fn is_between(self, low: Self, high: Self) -> bool {
        (low.to_bits()..=high.to_bits()).contains(&self.to_bits()) // likewise
    }
    fn exp(self) -> Self {
        libm::exp(self)
    }
    fn ln(self) -> Self {
        libm::log(self)
    }
    fn ln_1p(self) -> Self {
        libm::log1p(self)
    }
    fn sqrt(self) -> Self {
        libm::sqrt(self)
    }
    fn tanh(self) -> Self {
        libm::tanh(self)
    }

    fn draw<R: Rng + ?Sized>(rng: &mut R) -> (Self, bool) {
        let word = rng.next_u64();
        (((word >> 1) as f64 + 0.5) * (0.5 / (1u64 << 62) as f64), word & 1 == 1)
    }

    fn direction<R: Rng + ?Sized>(rng: &mut R) -> (Self, Self) {
        let turn = (rng.next_u64() >> 11) as f64 / (1u64 << 53) as f64;
        let (sin, cos) = libm::sincos(core::f64::consts::TAU * turn);
        (cos, sin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Word(u64);
    impl rand_core::TryRng for Word {
        type Error = core::convert::Infallible;
        fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
            Ok(self.0 as u32)
        }
        fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
            Ok(self.0)
        }
        fn try_fill_bytes(&mut self, _: &mut [u8]) -> Result<(), Self::Error> {
            Ok(())
        }
    }

    #[test]
    fn draws_stay_above_zero_and_reach_one() {
        assert_eq!(f32::draw(&mut Word(0)), (1.0 / (1u64 << 32) as f32, false));
        assert_eq!(f32::draw(&mut Word(u64::MAX)), (1.0, true));
        assert_eq!(f64::draw(&mut Word(0)), (1.0 / (1u128 << 64) as f64, false));
        assert_eq!(f64::draw(&mut Word(u64::MAX)), (1.0, true));
    }
}
