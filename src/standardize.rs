use crate::{
    Bijection, Real,
    kernel::codegen::{keep_rolled, rolled},
};
use nalgebra::{ArrayStorage, SVector};

/// The first layer of every flow: z = (x - mean) / std, log_det = -sum(ln std).
///
/// Mean and standard deviation are those of the training rows, so that the device takes raw
/// readings.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(bound = "T: crate::wire::Number"))]
pub struct Standardize<T, const D: usize> {
    /// The mean of each feature \[D\], in the unit of the readings.
    #[cfg_attr(feature = "serde", serde(with = "crate::wire"))]
    pub mean: SVector<T, D>,
    /// The standard deviation of each feature \[D\], positive, in the unit of the readings.
    #[cfg_attr(
        feature = "serde",
        serde(
            serialize_with = "crate::wire::serialize",
            deserialize_with = "crate::wire::deserialize_positive"
        )
    )]
    pub std: SVector<T, D>,
}

impl<T, const D: usize> Standardize<T, D> {
    /// From the mean and the standard deviation of each feature.
    ///
    /// ```
    /// // in a `static`: the values stay in flash
    /// static STANDARDIZE: couplet::Standardize<f32, 2> =
    ///     couplet::Standardize::new([20.5, 1013.0], [4.0, 7.5]);
    /// ```
    pub const fn new(mean: [T; D], std: [T; D]) -> Self {
        let mean = SVector::from_array_storage(ArrayStorage([mean]));
        let std = SVector::from_array_storage(ArrayStorage([std]));
        Standardize { mean, std }
    }

    /// z = (x - mean) / std, in place.
    pub(crate) fn apply(&self, x: &mut SVector<T, D>)
    where
        T: Real,
    {
        for ((x, &mean), &std) in
            rolled(x.as_mut_slice()).iter_mut().zip(self.mean.as_slice()).zip(self.std.as_slice())
        {
            *x = (*x - mean) / std;
            keep_rolled();
        }
    }

    fn sum_ln_std(&self) -> T
    where
        T: Real,
    {
        self.std.iter().fold(T::ZERO, |sum, std| {
            keep_rolled();
            sum + std.ln()
        })
    }
}

impl<T: Real, X, const D: usize> Bijection<T, D, X> for Standardize<T, D> {
    fn forward_mut(&self, x: &mut SVector<T, D>, _: &X, log_det: &mut T) {
        self.apply(x);
        *log_det -= self.sum_ln_std();
    }

    fn inverse_mut(&self, z: &mut SVector<T, D>, _: &X, log_det: &mut T) {
        for ((z, &mean), &std) in
            rolled(z.as_mut_slice()).iter_mut().zip(self.mean.as_slice()).zip(self.std.as_slice())
        {
            *z = *z * std + mean;
            keep_rolled();
        }
        *log_det += self.sum_ln_std();
    }
}
