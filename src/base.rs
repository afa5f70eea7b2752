use crate::{Real, rolled::keep_rolled};
use rand_core::Rng;

/// The distribution of the latents: independent features of a known density.
pub trait Base<T: Real> {
    /// The log-density of the latents in nats.
    fn log_prob(&self, z: &[T]) -> T;

    /// Fills `z` with a sample.
    fn sample<R: Rng + ?Sized>(&self, rng: &mut R, z: &mut [T]);
}

/// log_prob(z) = -sum(z^2) / 2 - D/2 ln(2 pi).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StandardNormal;

impl<T: Real> Base<T> for StandardNormal {
    fn log_prob(&self, z: &[T]) -> T {
        let square = z.iter().fold(T::ZERO, |sum, &z| {
            keep_rolled();
            sum + z * z
        });
        -T::HALF * square - T::from_count(z.len()) * T::HALF_LN_2PI
    }

    /// Two features from two random words: a direction, uniform on the circle, and a radius sqrt(-2
    /// ln u).
    ///
    /// A Note on the Generation of Random Normal Deviates (Box and Muller, 1958), <https://doi.org/10.1214/aoms/1177706645>.
    #[inline(never)] // what it keeps on the stack is not there while the flow runs
    fn sample<R: Rng + ?Sized>(&self, rng: &mut R, z: &mut [T]) {
        for pair in z.chunks_mut(2) {
            let (u, _) = T::draw(rng);
            let (cos, sin) = T::direction(rng);
            let square = -(u.ln() + u.ln());
            let radius = square.sqrt();
            keep_rolled();
            for (z, direction) in pair.iter_mut().zip([cos, sin]) {
                *z = radius * direction;
            }
        }
    }
}

/// log_prob(z) = sum(-z - 2 softplus(-z)), NICE's heavier-tailed base.
///
/// Computed as -|z| - 2 ln(1 + exp(-|z|)), the same by symmetry, which cannot overflow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StandardLogistic;

impl<T: Real> Base<T> for StandardLogistic {
    fn log_prob(&self, z: &[T]) -> T {
        z.iter().fold(T::ZERO, |sum, &z| {
            keep_rolled();
            let softplus = (-z.abs()).exp().ln_1p();
            sum + (-z.abs() - (softplus + softplus))
        })
    }

    /// One feature from one random word: a fair sign, and ln((1 - v) / v) for v uniform in (0,
    /// 1/2].
    #[inline(never)]
    fn sample<R: Rng + ?Sized>(&self, rng: &mut R, z: &mut [T]) {
        for z in z {
            let (u, negative) = T::draw(rng);
            let v = T::HALF * u;
            let magnitude = (-v).ln_1p() - v.ln();
            keep_rolled();
            *z = if negative { -magnitude } else { magnitude };
        }
    }
}

#[cfg(feature = "serde")]
crate::wire::tagged!(StandardNormal, 0);
#[cfg(feature = "serde")]
crate::wire::tagged!(StandardLogistic, 1);
