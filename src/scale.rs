use crate::{
    Bijection, Real,
    kernel::codegen::{keep_rolled, rolled},
};
use nalgebra::{ArrayStorage, SVector};

/// NICE's last layer: z = x exp(log_scale), log_det = sum(log_scale).
///
/// Additive couplings keep the volume; this layer changes it.
///
/// NICE: Non-linear Independent Components Estimation (Dinh et al., 2014), section 3.3,
/// <https://arxiv.org/abs/1410.8516>.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(bound = "T: crate::wire::Number"))]
pub struct Scale<T, const D: usize> {
    /// log_scale \[D\], the natural logarithm of each feature's factor (theta in the paper).
    #[cfg_attr(feature = "serde", serde(with = "crate::wire"))]
    pub log_scale: SVector<T, D>,
}

impl<T, const D: usize> Scale<T, D> {
    /// From the natural logarithm of each feature's factor.
    ///
    /// ```
    /// // in a `static`: the values stay in flash
    /// static SCALE: couplet::Scale<f32, 2> = couplet::Scale::new([0.25, -1.5]);
    /// ```
    pub const fn new(log_scale: [T; D]) -> Self {
        Scale { log_scale: SVector::from_array_storage(ArrayStorage([log_scale])) }
    }

    fn sum(&self) -> T
    where
        T: Real,
    {
        self.log_scale.iter().fold(T::ZERO, |sum, &log_scale| {
            keep_rolled();
            sum + log_scale
        })
    }
}

impl<T: Real, X, const D: usize> Bijection<T, D, X> for Scale<T, D> {
    fn forward_mut(&self, x: &mut SVector<T, D>, _: &X, log_det: &mut T) {
        for (x, &log_scale) in rolled(x.as_mut_slice()).iter_mut().zip(self.log_scale.as_slice()) {
            *x *= log_scale.exp();
            keep_rolled();
        }
        *log_det += self.sum();
    }

    fn inverse_mut(&self, z: &mut SVector<T, D>, _: &X, log_det: &mut T) {
        for (z, &log_scale) in rolled(z.as_mut_slice()).iter_mut().zip(self.log_scale.as_slice()) {
            *z *= (-log_scale).exp();
            keep_rolled();
        }
        *log_det -= self.sum();
    }
}
