use crate::{Base, Real, kernel::codegen::keep_rolled};
use rand_core::Rng;

/// The standard normal distribution: log_prob(z) = -sum(z^2) / 2 - D/2 ln(2 pi).
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

    /// Draws two features from two random words: a direction, uniform on the circle, and a radius
    /// sqrt(-2 ln u).
    ///
    /// A Note on the Generation of Random Normal Deviates (Box and Muller, 1958),
    /// <https://doi.org/10.1214/aoms/1177706645>.
    #[inline(never)] // own frame: it is not on the stack while the flow runs
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

#[cfg(feature = "serde")]
crate::wire::tagged!(StandardNormal, 0);
