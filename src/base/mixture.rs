use crate::{
    Base, Real, StandardNormal,
    kernel::{
        codegen::{keep_rolled, unspecialised},
        triangle, triangle_order,
    },
};
use nalgebra::{ArrayStorage, SMatrix, SVector};
use rand_core::Rng;

/// A mixture of K Gaussians over all latents together:
///
/// ```text
/// log_prob(z) = ln sum over k of exp(c_k - |y_k|^2 / 2)
/// y_ki = a_ki (z_i - m_ki) + sum over j < i of F_kij (z_j - m_kj)
/// c_k = ln w_k + sum over i of ln a_ki - D/2 ln(2 pi)
/// ```
///
/// w_k is the weight of component k, m_k its mean, and y_k its Gaussian made standard. F is what
/// makes a full covariance matrix, E = D (D - 1) / 2 numbers for each component. With E = 0 the
/// covariance is diagonal, and 1 / a_ki is the standard deviation of feature i.
///
/// Without couplets before it, this is a plain mixture of Gaussians. With couplets, it is a flow
/// over clusters, which one Gaussian base makes only with many couplets.
///
/// It takes 4 K (2 D + E + 2) bytes of flash, and an exp for each component and one ln for each
/// log_prob. The device computes no logarithm of w or a: `log_norm` is c.
///
/// Each y_ki starts at a_ki (z_i - m_ki) and adds the products in the order of j, rounding after
/// the product and after the sum; squares add up in index order. With the largest l_k = c_k -
/// |y_k|^2 / 2, the result is max + ln(sum over k of exp(l_k - max)), summed in index order.
///
/// ```
/// use couplet::{Base, Mixture};
///
/// // in a `static`: the values stay in flash; equal weights, means -3 and 3, deviations 1
/// static BASE: Mixture<f32, 1, 2, 0> = Mixture::new(
///     [0.5, 1.0],
///     [-1.612_085_7; 2], // ln(1/2) - ln(2 pi) / 2
///     [[-3.0], [3.0]],
///     [[1.0], [1.0]],
///     [[], []],
/// );
/// assert_eq!(BASE.log_prob(&[3.0]), -1.612_085_7);
/// assert!(BASE.log_prob(&[0.0]) < -5.0);
/// ```
///
/// Another number of weights does not compile:
///
/// ```compile_fail,E0080
/// use couplet::Mixture;
///
/// // error[E0080]: a component has no weights below the diagonal, or D (D - 1) / 2
/// static BASE: Mixture<f32, 3, 1, 2> =
///     Mixture::new([1.0], [0.0], [[0.0; 3]], [[1.0; 3]], [[0.0; 2]]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mixture<T, const D: usize, const K: usize, const E: usize> {
    /// w_0 + ... + w_k \[K\], for samples.
    pub upto: SVector<T, K>,
    /// c \[K\], in nats.
    pub log_norm: SVector<T, K>,
    /// m \[K\]\[D\], one component after the other.
    pub mean: SMatrix<T, D, K>,
    /// a \[K\]\[D\], positive.
    pub scale: SMatrix<T, D, K>,
    packed: SMatrix<T, E, K>, // F in the order of `kernel::triangle_order`
}

impl<T, const D: usize, const K: usize, const E: usize> Mixture<T, D, K, E> {
    /// Whoever makes or evaluates a mixture names it, so that the compiler checks it.
    const EVERY_COMPONENT_HAS_ITS_WEIGHTS: () = {
        assert!(K > 0, "a mixture has at least one component");
        assert!(
            E == 0 || 2 * E + D == D * D,
            "a component has no weights below the diagonal, or D (D - 1) / 2"
        );
    };

    /// From the sums of the weights, c, m, a, which must be positive, and F below the diagonal row
    /// by row.
    pub const fn new(
        upto: [T; K],
        log_norm: [T; K],
        mean: [[T; D]; K],
        scale: [[T; D]; K],
        factor: [[T; E]; K],
    ) -> Self
    where
        T: Copy,
    {
        const { Self::EVERY_COMPONENT_HAS_ITS_WEIGHTS };
        let (mut packed, mut k) = (factor, 0);
        while k < K {
            triangle_order::pack(&factor[k], D, &mut packed[k]);
            k += 1;
        }
        Mixture {
            upto: SVector::from_array_storage(ArrayStorage([upto])),
            log_norm: SVector::from_array_storage(ArrayStorage([log_norm])),
            mean: SMatrix::from_array_storage(ArrayStorage(mean)),
            scale: SMatrix::from_array_storage(ArrayStorage(scale)),
            packed: SMatrix::from_array_storage(ArrayStorage(packed)),
        }
    }

    /// F below the diagonal \[K\]\[E\], row by row: F_10, F_20, F_21, F_30, ... Copied out of the
    /// order in which the mixture keeps it.
    pub const fn factor(&self) -> SMatrix<T, E, K>
    where
        T: Copy,
    {
        let packed = &self.packed.data.0;
        let (mut factor, mut k) = (*packed, 0);
        while k < K {
            triangle_order::unpack(&packed[k], D, &mut factor[k]);
            k += 1;
        }
        SMatrix::from_array_storage(ArrayStorage(factor))
    }

    fn components(&self) -> MixtureComponents<'_, T> {
        const { Self::EVERY_COMPONENT_HAS_ITS_WEIGHTS };
        MixtureComponents {
            upto: self.upto.as_slice(),
            log_norm: self.log_norm.as_slice(),
            mean: self.mean.as_slice(),
            scale: self.scale.as_slice(),
            packed: self.packed.as_slice(),
        }
    }
}

impl<T: Real, const D: usize, const K: usize, const E: usize> Base<T> for Mixture<T, D, K, E> {
    fn log_prob(&self, z: &[T]) -> T {
        let (mut apart, mut parts) = ([T::ZERO; D], [T::ZERO; K]);
        self.components().log_prob(z, &mut apart, &mut parts)
    }

    /// Draws the component by one random word, then a standard normal point, see
    /// [`StandardNormal`], which becomes one of the component.
    #[inline(never)] // own frame
    fn sample<R: Rng + ?Sized>(&self, rng: &mut R, z: &mut [T]) {
        let (u, _) = T::draw(rng);
        StandardNormal.sample(rng, z);
        self.components().place(u, z);
    }
}

/// The components of a [`Mixture`], of any number and dimension.
#[derive(Clone, Copy, Debug)]
pub struct MixtureComponents<'a, T> {
    /// w_0 + ... + w_k \[K\].
    pub upto: &'a [T],
    /// c \[K\].
    pub log_norm: &'a [T],
    /// m \[K D\].
    pub mean: &'a [T],
    /// a \[K D\].
    pub scale: &'a [T],
    /// F below the diagonal \[K E\], each component's packed by [`pack_triangle`](crate::pack_triangle).
    pub packed: &'a [T],
}

impl<'a, T: Real> MixtureComponents<'a, T> {
    /// The log-density of the latents z \[D\] in nats. `apart` is scratch of D numbers, `parts` of K.
    #[inline(never)] // one copy
    pub fn log_prob(&self, z: &[T], apart: &mut [T], parts: &mut [T]) -> T {
        let (mut mean, mut scale, mut factor) = (self.mean, self.scale, self.packed);
        let weights = if factor.is_empty() { 0 } else { z.len() * z.len().saturating_sub(1) / 2 };
        let mut largest = T::NEG_INFINITY;
        for (part, &log_norm) in parts.iter_mut().zip(self.log_norm) {
            let (Some((m, means)), Some((a, scales)), Some((f, factors))) = (
                mean.split_at_checked(z.len()),
                scale.split_at_checked(z.len()),
                factor.split_at_checked(weights),
            ) else {
                break;
            };
            (mean, scale, factor) = (means, scales, factors);
            let square = if weights == 0 {
                diagonal(unspecialised(z), m, a)
            } else {
                full(unspecialised(z), m, a, f, unspecialised(apart))
            };
            *part = log_norm - T::HALF * square;
            if *part > largest {
                largest = *part;
            }
            keep_rolled();
        }
        if largest == T::NEG_INFINITY {
            return largest; // no component is near, or z is not a number
        }
        let sum = parts.iter().fold(T::ZERO, |sum, &part| {
            keep_rolled();
            sum + (part - largest).exp()
        });
        largest + sum.ln()
    }

    /// Turns a standard normal point z \[D\] into one of the component that u, uniform from 0 to 1,
    /// draws: z_i <- m_i + e_i, where e_i = (z_i - sum over j < i of F_ij e_j) / a_i.
    pub fn place(&self, u: T, z: &mut [T]) {
        let d = z.len();
        let drawn = self.upto.iter().position(|&upto| u <= upto);
        let drawn = drawn.unwrap_or(self.upto.len().saturating_sub(1));
        let of = |values: &'a [T], length: usize| {
            let start = drawn.saturating_mul(length);
            values.get(start..).and_then(|from| from.get(..length)).unwrap_or_default()
        };
        let (mean, scale) = (of(self.mean, d), of(self.scale, d));
        if self.packed.is_empty() {
            for (point, &scale) in z.iter_mut().zip(scale) {
                *point = *point / scale;
                keep_rolled();
            }
        } else {
            triangle::divide(
                unspecialised(&mut *z),
                scale,
                of(self.packed, d * d.saturating_sub(1) / 2),
            );
        }
        for (point, &mean) in z.iter_mut().zip(mean) {
            *point += mean;
            keep_rolled();
        }
    }
}

/// |y|^2 of a component with a diagonal covariance, four features at a time.
#[inline(never)] // one copy
fn diagonal<T: Real>(z: &[T], mean: &[T], scale: &[T]) -> T {
    let take = |sum: T, (z, (mean, scale)): (&T, (&T, &T))| {
        let y = *scale * (*z - *mean);
        sum + y * y
    };
    let ((z, z_tail), (mean, mean_tail), (scale, scale_tail)) =
        (z.as_chunks::<4>(), mean.as_chunks::<4>(), scale.as_chunks::<4>());
    let mut sum = T::ZERO;
    for (z, (mean, scale)) in z.iter().zip(mean.iter().zip(scale)) {
        sum = z.iter().zip(mean.iter().zip(scale)).fold(sum, take);
        keep_rolled();
    }
    for feature in z_tail.iter().zip(mean_tail.iter().zip(scale_tail)) {
        sum = take(sum, feature);
        keep_rolled();
    }
    sum
}

/// |y|^2 of a component with a full covariance. `y` becomes z - m, and then y.
#[inline(never)] // one copy
fn full<T: Real>(z: &[T], mean: &[T], scale: &[T], packed: &[T], y: &mut [T]) -> T {
    for ((y, &z), &mean) in y.iter_mut().zip(z).zip(mean) {
        *y = z - mean;
        keep_rolled();
    }
    triangle::multiply(y, scale, packed);
    y.iter().fold(T::ZERO, |square, &y| {
        keep_rolled();
        square + y * y
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::triangle_order::pack;
    use std::{vec, vec::Vec};

    /// Two components of every dimension: y starts at a (z - m) and adds the products in the order
    /// of j, and squares add up in index order.
    #[test]
    fn full_components_of_every_size_have_the_bits_of_their_documented_order() {
        let values = |from: usize, count: usize| -> Vec<f32> {
            (from..from + count).map(|i| (i as f32 * 0.7).sin() * 0.3).collect()
        };
        for d in 2..=33 {
            let weights = d * (d - 1) / 2;
            let (mean, factor) = (values(0, 2 * d), values(1000, 2 * weights));
            let scale: Vec<f32> = values(3000, 2 * d).iter().map(|a| a + 0.5).collect();
            let mut packed = vec![0.0; factor.len()];
            for k in 0..2 {
                let own = k * weights..(k + 1) * weights;
                pack(&factor[own.clone()], d, &mut packed[own]);
            }
            let (upto, log_norm, z) = ([0.5, 1.0], [-1.0, -0.5], values(4000, d));
            let part = |k: usize| {
                let apart = |i: usize| z[i] - mean[k * d + i];
                let square = (0..d).fold(0.0, |square, i| {
                    let y = (0..i).fold(scale[k * d + i] * apart(i), |y, j| {
                        y + factor[k * weights + i * i.saturating_sub(1) / 2 + j] * apart(j)
                    });
                    square + y * y
                });
                log_norm[k] - 0.5 * square
            };
            let (parts, largest) = ([part(0), part(1)], part(0).max(part(1)));
            let sum = parts.iter().fold(0.0, |sum, part| sum + Real::exp(part - largest));
            let expected: f32 = largest + Real::ln(sum);

            let [upto, log_norm, mean, scale, packed] =
                [&upto[..], &log_norm, &mean, &scale, &packed];
            let components = MixtureComponents { upto, log_norm, mean, scale, packed };
            let found = components.log_prob(&z, &mut vec![0.0; d], &mut [0.0; 2]);
            assert_eq!(found.to_bits(), expected.to_bits(), "{d} features");
        }
    }
}

#[cfg(feature = "serde")]
mod serde_impl {
    use super::Mixture;
    use crate::wire::Number;
    use nalgebra::{SMatrix, SVector};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    /// The base's tag, which tells it from others on the wire.
    mod tag {
        pub(super) struct Mixture;
        crate::wire::tagged!(Mixture, 3);
    }

    /// How the base travels.
    #[derive(Serialize, Deserialize)]
    #[serde(rename = "Mixture", bound = "T: Number")]
    struct Tagged<T, const D: usize, const K: usize, const E: usize> {
        kind: tag::Mixture,
        #[serde(with = "crate::wire")]
        upto: SVector<T, K>,
        #[serde(with = "crate::wire")]
        log_norm: SVector<T, K>,
        #[serde(with = "crate::wire")]
        mean: SMatrix<T, D, K>,
        #[serde(
            serialize_with = "crate::wire::serialize",
            deserialize_with = "crate::wire::deserialize_positive"
        )]
        scale: SMatrix<T, D, K>,
        #[serde(with = "crate::wire")]
        factor: SMatrix<T, E, K>,
    }

    impl<T: Number, const D: usize, const K: usize, const E: usize> Serialize for Mixture<T, D, K, E> {
        fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
            let Mixture { upto, log_norm, mean, scale, .. } = *self;
            let factor = self.factor();
            Tagged { kind: tag::Mixture, upto, log_norm, mean, scale, factor }.serialize(to)
        }
    }

    impl<'de, T: Number, const D: usize, const K: usize, const E: usize> Deserialize<'de>
        for Mixture<T, D, K, E>
    {
        fn deserialize<De: Deserializer<'de>>(from: De) -> Result<Self, De::Error> {
            let Tagged { upto, log_norm, mean, scale, factor, .. } = Tagged::deserialize(from)?;
            Ok(Mixture::new(
                upto.data.0[0],
                log_norm.data.0[0],
                mean.data.0,
                scale.data.0,
                factor.data.0,
            ))
        }
    }
}
