use super::{Coupling, Transform};
use crate::{
    Dense, Fixed, Heads, Network, Real,
    kernel::codegen::{keep_rolled, rolled},
};

/// The transform of NICE: b <- b + t, log_det = 0. One parameter of each feature, the shift t.
#[doc(alias = "NICE")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Additive;

impl<T: Real, const B: usize> Transform<T, [[T; B]; 1], B> for Additive {
    #[inline(always)]
    fn forward(&self, [t]: &[[T; B]; 1], b: &mut [T; B]) -> T {
        for (b, &t) in rolled(b).iter_mut().zip(t) {
            *b += t;
            keep_rolled();
        }
        T::ZERO
    }

    #[inline(always)]
    fn inverse(&self, [t]: &[[T; B]; 1], b: &mut [T; B]) -> T {
        for (b, &t) in rolled(b).iter_mut().zip(t) {
            *b -= t;
            keep_rolled();
        }
        T::ZERO
    }
}

/// Of an integer conditioner's shift.
impl<const B: usize> Transform<f32, [[Fixed; B]; 1], B> for Additive {
    #[inline(always)]
    fn forward(&self, [t]: &[[Fixed; B]; 1], b: &mut [f32; B]) -> f32 {
        for (b, &t) in rolled(b).iter_mut().zip(t) {
            *b += t.to_f32();
            keep_rolled();
        }
        0.0
    }

    #[inline(always)]
    fn inverse(&self, [t]: &[[Fixed; B]; 1], b: &mut [f32; B]) -> f32 {
        for (b, &t) in rolled(b).iter_mut().zip(t) {
            *b -= t.to_f32();
            keep_rolled();
        }
        0.0
    }
}

#[cfg(feature = "serde")]
crate::wire::tagged!(Additive, 0);

/// NICE's coupling: b <- b + t(a), log_det = 0, t by a trunk C of H hidden features and one head.
///
/// NICE: Non-linear Independent Components Estimation (Dinh et al., 2014),
/// <https://arxiv.org/abs/1410.8516>.
///
/// ```
/// use couplet::{Coupling, Dense, Nice, Tanh, Trunk};
///
/// // in a `static`: the weights stay in flash
/// static COUPLING: Nice<Trunk<Dense<f32, 1, 2>, Tanh>, f32, 2, 1> = Coupling::additive(
///     Trunk::new(Dense::new([[1.0, -1.0]], [0.0; 2]), Tanh),
///     Dense::new([[0.5], [0.5]], [0.0]),
/// );
/// ```
#[doc(alias = "AdditiveCoupling")]
pub type Nice<C, T, const H: usize, const B: usize> =
    Coupling<Network<C, Heads<T, H, B, 1>>, Additive>;

impl<C, T, const H: usize, const B: usize> Nice<C, T, H, B> {
    /// [`Nice`]'s coupling from the conditioner's trunk and the head for t.
    pub const fn additive(trunk: C, shift: Dense<T, H, B>) -> Self
    where
        T: Copy,
    {
        Coupling::new(Network::new(trunk, Heads::new([shift])), Additive)
    }
}
