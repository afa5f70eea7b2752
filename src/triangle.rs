use crate::{
    Bijection, Real,
    kernel::{codegen::unspecialised, triangle, triangle_order},
};
use nalgebra::{ArrayStorage, SVector};

/// A linear layer with a triangular matrix: z_i = exp(s_i) x_i + sum over j < i of W_ij x_j,
/// log_det = sum(s).
///
/// It takes correlations away before the first couplet, in D (D - 1) / 2 multiply-accumulates. The
/// device computes no exp: `diagonal` is exp(s), and `log_det` is the sum of s.
///
/// W lies in memory without what is above or on the diagonal, E = D (D - 1) / 2 weights. With the
/// rest that is 2 D (D + 1) bytes of flash and one number.
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
pub struct Triangle<T, const D: usize, const E: usize> {
    /// exp(s) \[D\], the factor of each feature, positive.
    pub diagonal: SVector<T, D>,
    packed: SVector<T, E>, // in the order of `kernel::triangle_order`
    /// sum(s) in index order, in nats.
    pub log_det: T,
}

impl<T, const D: usize, const E: usize> Triangle<T, D, E> {
    /// Whoever makes or evaluates a triangle names it, so that the compiler checks it.
    const EVERY_ROW_HAS_ITS_WEIGHTS: () =
        assert!(2 * E + D == D * D, "D features have E = D (D - 1) / 2 weights below the diagonal");

    /// From exp(s), which must be positive, W below the diagonal row by row, and sum(s) in nats.
    pub const fn new(diagonal: [T; D], weight: [T; E], log_det: T) -> Self
    where
        T: Copy,
    {
        const { Self::EVERY_ROW_HAS_ITS_WEIGHTS };
        let mut packed = weight;
        triangle_order::pack(&weight, D, &mut packed);
        Triangle {
            diagonal: SVector::from_array_storage(ArrayStorage([diagonal])),
            packed: SVector::from_array_storage(ArrayStorage([packed])),
            log_det,
        }
    }

    /// W below the diagonal \[E\], row by row: W_10, W_20, W_21, W_30, ... Copied out of the order
    /// in which the triangle keeps it.
    pub const fn weight(&self) -> SVector<T, E>
    where
        T: Copy,
    {
        let packed = &self.packed.data.0[0];
        let mut weight = *packed;
        triangle_order::unpack(packed, D, &mut weight);
        SVector::from_array_storage(ArrayStorage([weight]))
    }
}

impl<T: Real, X, const D: usize, const E: usize> Bijection<T, D, X> for Triangle<T, D, E> {
    fn forward_mut(&self, x: &mut SVector<T, D>, _: &X, log_det: &mut T) {
        const { Self::EVERY_ROW_HAS_ITS_WEIGHTS };
        let (diagonal, packed) = (self.diagonal.as_slice(), self.packed.as_slice());
        triangle::multiply(unspecialised(x.as_mut_slice()), diagonal, packed);
        *log_det += self.log_det;
    }

    fn inverse_mut(&self, z: &mut SVector<T, D>, _: &X, log_det: &mut T) {
        const { Self::EVERY_ROW_HAS_ITS_WEIGHTS };
        let (diagonal, packed) = (self.diagonal.as_slice(), self.packed.as_slice());
        triangle::divide(unspecialised(z.as_mut_slice()), diagonal, packed);
        *log_det -= self.log_det;
    }
}

#[cfg(feature = "serde")]
mod serde_impl {
    use super::Triangle;
    use crate::wire::Number;
    use nalgebra::SVector;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    /// A triangle on the wire: W row by row, whatever the order of the weights in memory.
    #[derive(Serialize, Deserialize)]
    #[serde(rename = "Triangle", bound = "T: Number")]
    struct Plain<T, const D: usize, const E: usize> {
        #[serde(
            serialize_with = "crate::wire::serialize",
            deserialize_with = "crate::wire::deserialize_positive"
        )]
        diagonal: SVector<T, D>,
        #[serde(with = "crate::wire")]
        weight: SVector<T, E>,
        #[serde(deserialize_with = "crate::wire::finite")]
        log_det: T,
    }

    impl<T: Number, const D: usize, const E: usize> Serialize for Triangle<T, D, E> {
        fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
            let Triangle { diagonal, log_det, .. } = *self;
            Plain { diagonal, weight: self.weight(), log_det }.serialize(to)
        }
    }

    impl<'de, T: Number, const D: usize, const E: usize> Deserialize<'de> for Triangle<T, D, E> {
        fn deserialize<De: Deserializer<'de>>(from: De) -> Result<Self, De::Error> {
            let Plain { diagonal, weight, log_det } = Plain::deserialize(from)?;
            Ok(Triangle::new(diagonal.data.0[0], weight.data.0[0], log_det))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::array;

    /// With eleven features there are blocks with and without columns of fours, and rows left over.
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
