//! Bases: distributions of the latents.

mod logistic;
mod mixture;
mod normal;
mod student;

pub use self::{
    logistic::StandardLogistic,
    mixture::{Mixture, MixtureComponents},
    normal::StandardNormal,
    student::{StudentT, student_t, student_t_sample},
};

use crate::Real;
use rand_core::Rng;

/// The distribution of the latents: a density that is known and can be sampled.
///
/// A base of your own:
///
/// ```
/// use couplet::{Base, Flow, Scale, Standardize};
/// use rand_core::Rng;
///
/// /// Uniform in -1..1: log_prob(z) = -D ln 2, or negative infinity outside.
/// struct Uniform;
///
/// impl Base<f32> for Uniform {
///     fn log_prob(&self, z: &[f32]) -> f32 {
///         let inside = z.iter().all(|z| z.abs() <= 1.0);
///         if inside { -(z.len() as f32) * 2_f32.ln() } else { f32::NEG_INFINITY }
///     }
///     fn sample<R: Rng + ?Sized>(&self, rng: &mut R, z: &mut [f32]) {
///         z.iter_mut().for_each(|z| *z = (rng.next_u32() >> 8) as f32 / (1 << 23) as f32 - 1.0);
///     }
/// }
///
/// let flow = Flow::new(Standardize::new([20.0], [0.5]), Scale::new([0.0]), Uniform);
/// assert_eq!(flow.log_prob(&[20.25].into()), 0.0);
/// assert_eq!(flow.log_prob(&[21.0].into()), f32::NEG_INFINITY);
/// ```
pub trait Base<T: Real> {
    /// The log-density of the latents z \[D\] in nats.
    fn log_prob(&self, z: &[T]) -> T;

    /// Fills z \[D\] with a sample.
    fn sample<R: Rng + ?Sized>(&self, rng: &mut R, z: &mut [T]);
}
