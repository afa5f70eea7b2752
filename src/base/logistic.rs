use crate::{Base, Real, kernel::codegen::keep_rolled};
use rand_core::Rng;

/// The standard logistic distribution, NICE's base with the heavier tails:
/// log_prob(z) = sum(-z - 2 softplus(-z)), where softplus(z) = ln(1 + exp(z)).
///
/// Computed as sum(-|z| - 2 ln(1 + exp(-|z|))), which is the same by symmetry and cannot overflow.
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

    /// Draws one feature from one random word: a fair sign, and ln((1 - v) / v) for v uniform in
    /// (0, 1/2].
    #[inline(never)] // own frame
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
crate::wire::tagged!(StandardLogistic, 1);
