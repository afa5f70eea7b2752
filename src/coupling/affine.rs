use super::{Coupling, Transform};
use crate::{
    Dense, Fixed, Heads, Network, Real,
    kernel::codegen::{keep_rolled, rolled},
};

/// The transform of RealNVP with a bounded log-scale: b <- b exp(s) + t, log_det = sum(s).
///
/// Two parameters of each feature, r and the shift t: s = [`bounded`]`(r, bound)`, so that no
/// reading can blow the scale up.
#[doc(alias = "RealNVP")]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Affine<T> {
    /// The bound of |s|, at least 1: below, |r| / bound could overflow unseen.
    pub bound: T,
}

impl<T> Affine<T> {
    /// From the bound of the log-scale, which must be at least 1.
    pub const fn new(bound: T) -> Self {
        Affine { bound }
    }
}

impl<T: Real, const B: usize> Transform<T, [[T; B]; 2], B> for Affine<T> {
    #[inline(always)]
    fn forward(&self, [r, t]: &[[T; B]; 2], b: &mut [T; B]) -> T {
        let mut log_det = T::ZERO;
        for ((b, &r), &t) in rolled(b).iter_mut().zip(r).zip(t) {
            let s = bounded(r, self.bound);
            *b = *b * s.exp() + t;
            log_det += s;
            keep_rolled();
        }
        log_det
    }

    #[inline(always)]
    fn inverse(&self, [r, t]: &[[T; B]; 2], b: &mut [T; B]) -> T {
        let mut log_det = T::ZERO;
        for ((b, &r), &t) in rolled(b).iter_mut().zip(r).zip(t) {
            let s = bounded(r, self.bound);
            *b = (*b - t) * (-s).exp();
            log_det -= s;
            keep_rolled();
        }
        log_det
    }
}

/// So many log-scales of at most [`Fixed::MOST_BOUND`] add up to what fits 32 bits.
const MOST_FIXED: usize = 511;

/// Of an integer conditioner's r and t. log_det is the integer sum of the s that is applied.
impl<const B: usize> Transform<f32, [[Fixed; B]; 2], B> for Affine<Fixed> {
    #[inline(always)]
    fn forward(&self, [r, t]: &[[Fixed; B]; 2], b: &mut [f32; B]) -> f32 {
        const { assert!(B <= MOST_FIXED, "the integer sum of log-scales has at most 511 terms") };
        let mut log_det = 0_i32;
        for ((b, &r), &t) in rolled(b).iter_mut().zip(r).zip(t) {
            let s = r.bounded(self.bound);
            *b = *b * s.exp() + t.to_f32();
            log_det += s.bits();
            keep_rolled();
        }
        Fixed::from_bits(log_det).to_f32()
    }

    #[inline(always)]
    fn inverse(&self, [r, t]: &[[Fixed; B]; 2], b: &mut [f32; B]) -> f32 {
        const { assert!(B <= MOST_FIXED, "the integer sum of log-scales has at most 511 terms") };
        let mut log_det = 0_i32;
        for ((b, &r), &t) in rolled(b).iter_mut().zip(r).zip(t) {
            let s = r.bounded(self.bound);
            *b = (*b - t.to_f32()) * (-s).exp();
            log_det -= s.bits();
            keep_rolled();
        }
        Fixed::from_bits(log_det).to_f32()
    }
}

/// The bounded log-scale s = r / (1 + |r| / bound): smooth, |s| <= bound, slope 1 at 0, and cheaper
/// than a tanh.
///
/// An infinite r, which has overflowed on the way, becomes NaN, which [`crate::Flow::log_prob`]
/// turns into negative infinity.
///
/// ```
/// assert_eq!(couplet::bounded(2.0_f32, 2.0), 1.0);
/// ```
#[inline]
pub fn bounded<T: Real>(r: T, bound: T) -> T {
    r / (T::ONE + r.abs() / bound)
}

/// RealNVP's coupling: b <- b exp(s(a)) + t(a), log_det = sum(s(a)), s and t by a trunk C of H
/// hidden features and two heads.
///
/// Density estimation using Real NVP (Dinh et al., 2016), <https://arxiv.org/abs/1605.08803>.
///
/// ```
/// use couplet::{Coupling, Dense, RealNvp, Silu, Trunk};
///
/// // in a `static`: the weights stay in flash
/// static COUPLING: RealNvp<Trunk<Dense<f32, 1, 2>, Silu>, f32, 2, 1> = Coupling::affine(
///     Trunk::new(Dense::new([[1.0, -1.0]], [0.0; 2]), Silu),
///     Dense::new([[0.5], [0.5]], [0.0]),
///     Dense::new([[0.1], [-0.1]], [0.2]),
///     2.0,
/// );
/// ```
#[doc(alias = "AffineCoupling")]
pub type RealNvp<C, T, const H: usize, const B: usize> =
    Coupling<Network<C, Heads<T, H, B, 2>>, Affine<T>>;

impl<C, T, const H: usize, const B: usize> RealNvp<C, T, H, B> {
    /// [`RealNvp`]'s coupling from the conditioner's trunk, the head for r (the log-scale before it
    /// is bounded), the head for t, and the bound of the log-scale, which must be at least 1.
    pub const fn affine(
        trunk: C,
        log_scale: Dense<T, H, B>,
        shift: Dense<T, H, B>,
        bound: T,
    ) -> Self
    where
        T: Copy,
    {
        Coupling::new(Network::new(trunk, Heads::new([log_scale, shift])), Affine::new(bound))
    }
}

#[cfg(feature = "serde")]
mod serde_impl {
    use super::{Affine, Fixed};
    use crate::wire::Number;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    /// The transform's tag, which tells it from others on the wire.
    mod tag {
        pub(super) struct Affine;
        crate::wire::tagged!(Affine, 1);
        pub(super) struct AffineFixed;
        crate::wire::tagged!(AffineFixed, 3);
    }

    /// How the transform travels.
    #[derive(Serialize, Deserialize)]
    #[serde(rename = "Affine", bound = "T: Number")]
    struct Tagged<T> {
        kind: tag::Affine,
        #[serde(deserialize_with = "crate::wire::log_scale_bound")]
        bound: T,
    }

    impl<T: Number> Serialize for Affine<T> {
        fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
            Tagged { kind: tag::Affine, bound: self.bound }.serialize(to)
        }
    }

    impl<'de, T: Number> Deserialize<'de> for Affine<T> {
        fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
            let Tagged { bound, .. } = Tagged::deserialize(from)?;
            Ok(Affine { bound })
        }
    }

    /// How the transform of fixed-point parameters travels.
    #[derive(Serialize, Deserialize)]
    #[serde(rename = "Affine")]
    struct TaggedFixed {
        kind: tag::AffineFixed,
        bound: i32,
    }

    impl Serialize for Affine<Fixed> {
        fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
            TaggedFixed { kind: tag::AffineFixed, bound: self.bound.bits() }.serialize(to)
        }
    }

    impl<'de> Deserialize<'de> for Affine<Fixed> {
        fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
            let bound = Fixed::from_bits(TaggedFixed::deserialize(from)?.bound);
            if !(Fixed::ONE..=Fixed::MOST_BOUND).contains(&bound) {
                return Err(D::Error::custom("a log-scale bound that is not between 1 and 64"));
            }
            Ok(Affine { bound })
        }
    }
}
