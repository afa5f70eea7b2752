use super::{Base, Covariance, Mixture, MixtureShape, StudentT};
use crate::model::{Arithmetic, Description, Layout, Number};
use couplet::{Base as _, StandardLogistic, StandardNormal};
use rand_core::Rng;
use std::ops::Range;

/// The distribution of the latents. To add a kind, add a file for it and an arm to each method
/// here.
#[derive(Clone, Debug)]
pub enum Distribution {
    /// Standard normal.
    Normal,
    /// Standard logistic.
    Logistic,
    /// Student's t.
    Student(StudentT),
    /// A mixture of Gaussians.
    Mixture(Mixture),
}

impl Distribution {
    /// Its name in checks; its tensors begin with it in the model file.
    pub const NAME: &'static str = "base";

    /// Appends the tensors of the base that a description has to a layout.
    pub fn push(description: &Description, layout: &mut Layout) -> Self {
        let d = description.dimension();
        match description.base {
            Base::Normal => Distribution::Normal,
            Base::Logistic => Distribution::Logistic,
            Base::Student => Distribution::Student(StudentT::push(layout, d)),
            Base::Mixture => {
                let one = MixtureShape { components: 1, covariance: Covariance::usual(d) };
                let shape = description.mixture.unwrap_or(one);
                Distribution::Mixture(Mixture::push(shape, layout, d))
            }
        }
    }

    /// The place of its parameters among those of the flow.
    pub fn parameters(&self) -> Range<usize> {
        match self {
            Distribution::Normal | Distribution::Logistic => 0..0,
            Distribution::Student(student) => student.freedom.clone(),
            Distribution::Mixture(mixture) => mixture.parameters(),
        }
    }

    /// Keeps the parameters in their range after a step of training.
    pub fn restrict(&self, p: &mut [f32]) {
        match self {
            Distribution::Normal | Distribution::Logistic => (),
            Distribution::Student(student) => student.restrict(p),
            Distribution::Mixture(mixture) => mixture.restrict(p),
        }
    }

    /// The log-density of each point's latents in nats; with [`Arithmetic::Device`] by the device's
    /// own functions.
    ///
    /// `point` is room for one point.
    pub fn log_prob<T: Number, const N: usize>(
        &self,
        arithmetic: Arithmetic,
        p: &[T],
        z: &[[T; N]],
        point: &mut [T],
    ) -> [T; N] {
        let mut each = |log_prob: &dyn Fn(&[T]) -> T| {
            std::array::from_fn(|i| {
                point.iter_mut().zip(z).for_each(|(point, z)| *point = z[i]);
                log_prob(point)
            })
        };
        match self {
            Distribution::Normal => each(&|z| StandardNormal.log_prob(z)),
            Distribution::Logistic => each(&|z| StandardLogistic.log_prob(z)),
            Distribution::Student(student) => student.log_prob(arithmetic, p, z),
            Distribution::Mixture(mixture) => mixture.log_prob(arithmetic, p, z),
        }
    }

    /// dz = dlog_prob * (the derivative of the log-density by z), and the derivatives by the
    /// parameters are added to `dp`:
    ///
    /// - normal: -z, from -z^2 / 2;
    /// - logistic: -tanh(z / 2), from -z - 2 ln(1 + exp(-z)) whose derivative is -1 + 2 / (1 +
    ///   exp(z));
    /// - Student's t: see [`StudentT::backward`];
    /// - mixture: see [`Mixture::backward`].
    pub fn backward<T: Number, const N: usize>(
        &self,
        arithmetic: Arithmetic,
        p: &[T],
        z: &[[T; N]],
        dlog_prob: &[T; N],
        dp: &mut [T],
        dz: &mut [[T; N]],
    ) {
        let mut each = |slope: fn(T) -> T| {
            for (dz, z) in dz.iter_mut().zip(z) {
                *dz = std::array::from_fn(|i| dlog_prob[i] * slope(z[i]));
            }
        };
        match self {
            Distribution::Normal => each(|z| -z),
            Distribution::Logistic => each(|z| -(T::HALF * z).tanh()),
            Distribution::Student(student) => {
                student.backward(arithmetic, p, z, dlog_prob, dp, dz);
            }
            Distribution::Mixture(mixture) => mixture.backward(p, z, dlog_prob, dp, dz),
        }
    }

    /// One point's latents, by the device's own function, so that the same generator gives the
    /// device's samples.
    pub fn sample<T: Number, R: Rng>(&self, p: &[T], rng: &mut R, z: &mut [T]) {
        match self {
            Distribution::Normal => StandardNormal.sample(rng, z),
            Distribution::Logistic => StandardLogistic.sample(rng, z),
            Distribution::Student(student) => student.sample(p, rng, z),
            Distribution::Mixture(mixture) => mixture.sample(p, rng, z),
        }
    }
}
