use crate::{
    Bijection, Real,
    kernel::{
        along,
        codegen::{keep_rolled, unspecialised},
    },
};
use nalgebra::{ArrayStorage, SVector};

/// A linear layer with a triangular matrix: z_i = exp(s_i) x_i + sum over j < i of W_ij x_j,
/// log_det = sum(s).
///
/// It takes correlations away before the first couplet, in D (D - 1) / 2 multiply-accumulates. The
/// device computes no exp: `diagonal` is exp(s), and `log_det` is the sum of s.
///
/// W lies in memory without what is above or on the diagonal, one row after the other, E = D (D -
/// 1) / 2 weights. With the rest that is 2 D (D + 1) bytes of flash and one number.
///
/// Each z_i starts at exp(s_i) x_i and adds W_ij x_j in the order of j, rounding after the product
/// and after the sum. The inverse goes through the features in index order: x_i starts at z_i,
/// subtracts W_ij x_j in the order of j, and is divided by exp(s_i) at the end.
///
/// Glow: Generative Flow with Invertible 1x1 Convolutions (Kingma and Dhariwal, 2018), section 3.2,
/// <https://arxiv.org/abs/1807.03039>, has such a matrix as one factor of its linear layers.
///
/// ```
/// use couplet::{Bijection, Triangle};
///
/// // in a `static`: the values stay in flash; s = 0 and -ln(2)
/// static TRIANGLE: Triangle<f32, 2, 1> = Triangle::new([1.0, 0.5], [-3.0], -0.693_147_2);
/// let (z, log_det) = TRIANGLE.forward(&[1.0, 8.0].into(), &());
/// assert_eq!((z.as_slice(), log_det), (&[1.0, 1.0][..], -0.693_147_2));
/// ```
///
/// Another number of weights does not compile:
///
/// ```compile_fail,E0080
/// use couplet::Triangle;
///
/// // error[E0080]: D features have E = D (D - 1) / 2 weights below the diagonal
/// static TRIANGLE: Triangle<f32, 3, 2> = Triangle::new([1.0; 3], [0.0; 2], 0.0);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(bound = "T: crate::wire::Number"))]
pub struct Triangle<T, const D: usize, const E: usize> {
    /// exp(s) \[D\], the factor of each feature, positive.
    #[cfg_attr(
        feature = "serde",
        serde(
            serialize_with = "crate::wire::serialize",
            deserialize_with = "crate::wire::deserialize_positive"
        )
    )]
    pub diagonal: SVector<T, D>,
    /// W below the diagonal \[E\]: W_10, W_20, W_21, W_30, ...
    #[cfg_attr(feature = "serde", serde(with = "crate::wire"))]
    pub weight: SVector<T, E>,
    /// sum(s) in index order, in nats.
    #[cfg_attr(feature = "serde", serde(deserialize_with = "crate::wire::finite"))]
    pub log_det: T,
}

impl<T, const D: usize, const E: usize> Triangle<T, D, E> {
    /// Whoever makes or evaluates a triangle names it, so that the compiler checks it.
    const EVERY_ROW_HAS_ITS_WEIGHTS: () =
        assert!(2 * E + D == D * D, "D features have E = D (D - 1) / 2 weights below the diagonal");

    /// From exp(s), which must be positive, W below the diagonal row by row, and sum(s) in nats.
    pub const fn new(diagonal: [T; D], weight: [T; E], log_det: T) -> Self {
        const { Self::EVERY_ROW_HAS_ITS_WEIGHTS };
        Triangle {
            diagonal: SVector::from_array_storage(ArrayStorage([diagonal])),
            weight: SVector::from_array_storage(ArrayStorage([weight])),
            log_det,
        }
    }
}

impl<T: Real, X, const D: usize, const E: usize> Bijection<T, D, X> for Triangle<T, D, E> {
    fn forward_mut(&self, x: &mut SVector<T, D>, _: &X, log_det: &mut T) {
        const { Self::EVERY_ROW_HAS_ITS_WEIGHTS };
        forward(unspecialised(x.as_mut_slice()), self.diagonal.as_slice(), self.weight.as_slice());
        *log_det += self.log_det;
    }

    fn inverse_mut(&self, z: &mut SVector<T, D>, _: &X, log_det: &mut T) {
        const { Self::EVERY_ROW_HAS_ITS_WEIGHTS };
        inverse(unspecialised(z.as_mut_slice()), self.diagonal.as_slice(), self.weight.as_slice());
        *log_det -= self.log_det;
    }
}

/// From the last feature to the first, so that each row finds the features before it as they were.
#[inline(never)] // one copy
fn forward<T: Real>(mut x: &mut [T], diagonal: &[T], mut weight: &[T]) {
    for &diagonal in diagonal.iter().rev() {
        let Some((last, before)) = x.split_last_mut() else { return };
        let Some(start) = weight.len().checked_sub(before.len()) else { return };
        let Some((rest, row)) = weight.split_at_checked(start) else { return };
        *last = along(diagonal * *last, row, before, |sum, product| sum + product);
        (x, weight) = (before, rest);
        keep_rolled();
    }
}

/// From the first feature to the last, so that each row finds the features before it as they were.
#[inline(never)] // one copy
fn inverse<T: Real>(z: &mut [T], diagonal: &[T], mut weight: &[T]) {
    for (i, &diagonal) in diagonal.iter().enumerate() {
        let Some((before, [first, ..])) = z.split_at_mut_checked(i) else { return };
        let Some((row, rest)) = weight.split_at_checked(i) else { return };
        *first = along(*first, row, before, |sum, product| sum - product) / diagonal;
        weight = rest;
        keep_rolled();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::array;

    /// With eleven features rows have all there is: fours, a tail, both, neither.
    #[test]
    fn sums_have_the_bits_of_their_documented_order() {
        let mut word = 1_u32;
        let mut value = |_| {
            word = word.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (word >> 8) as f32 / (1 << 23) as f32 - 1.0
        };
        for _ in 0..100 {
            let diagonal: [f32; 11] = array::from_fn(&mut value);
            let weight: [f32; 55] = array::from_fn(&mut value);
            let x: [f32; 11] = array::from_fn(&mut value);
            let triangle = Triangle::new(diagonal, weight, 0.25);
            let w = |i: usize, j: usize| weight[i * (i - 1) / 2 + j];

            let (z, log_det) = triangle.forward(&x.into(), &());
            let sum = |i: usize| (0..i).fold(diagonal[i] * x[i], |sum, j| sum + w(i, j) * x[j]);
            assert_eq!((<[f32; 11]>::from(z), log_det), (array::from_fn(sum), 0.25));

            let (z, log_det) = triangle.inverse(&x.into(), &());
            let rest = |i: usize| (0..i).fold(x[i], |rest, j| rest - w(i, j) * z[j]) / diagonal[i];
            assert_eq!((<[f32; 11]>::from(z), log_det), (array::from_fn(rest), -0.25));
        }
    }
}
