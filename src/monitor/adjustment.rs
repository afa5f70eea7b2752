use crate::{Real, Standardize};
use core::{error::Error, fmt};
use nalgebra::{ArrayStorage, SVector};

/// An offset and a factor for each feature, in front of a model: x <- (x - offset) factor.
///
/// The model is that of a fleet and stays as it is; the adjustment moves the readings of one unit
/// to where the fleet's are. [`Adjusting`] measures it.
///
/// The density of the unit's readings has the further term ln|factor|, summed: a constant, which no
/// comparison of readings needs. Scores with and without an adjustment are not comparable, so an
/// adjustment goes with a [`crate::Calibration`] of its own, from readings that it has adjusted.
///
/// ```
/// use couplet::Adjustment;
///
/// // a thermometer that reads half a degree too much
/// static ADJUSTMENT: Adjustment<f32, 2> = Adjustment::new([0.5, 0.0], [1.0, 1.0]);
/// assert_eq!(ADJUSTMENT.apply(&[21.5, 3.0].into()).as_slice(), [21.0, 3.0]);
/// assert_eq!(ADJUSTMENT.log_det(), 0.0);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(bound = "T: crate::wire::Number"))]
pub struct Adjustment<T, const D: usize> {
    /// What is taken off each feature \[D\], in its unit.
    #[cfg_attr(feature = "serde", serde(with = "crate::wire"))]
    pub offset: SVector<T, D>,
    /// What each feature is multiplied by \[D\], positive.
    #[cfg_attr(
        feature = "serde",
        serde(
            serialize_with = "crate::wire::serialize",
            deserialize_with = "crate::wire::deserialize_positive"
        )
    )]
    pub factor: SVector<T, D>,
}

impl<T, const D: usize> Adjustment<T, D> {
    /// From the offset and the factor of each feature.
    pub const fn new(offset: [T; D], factor: [T; D]) -> Self {
        let offset = SVector::from_array_storage(ArrayStorage([offset]));
        let factor = SVector::from_array_storage(ArrayStorage([factor]));
        Adjustment { offset, factor }
    }
}

impl<T: Real, const D: usize> Adjustment<T, D> {
    /// The reading as the model takes it.
    pub fn apply(&self, x: &SVector<T, D>) -> SVector<T, D> {
        let mut x = *x;
        let parts = self.offset.as_slice().iter().zip(self.factor.as_slice());
        for (x, (&offset, &factor)) in x.as_mut_slice().iter_mut().zip(parts) {
            *x = (*x - offset) * factor;
        }
        x
    }

    /// sum(ln factor), in nats: what to add to a log_prob for the density of the unit's own
    /// readings.
    pub fn log_det(&self) -> T {
        self.factor.as_slice().iter().fold(T::ZERO, |sum, factor| sum + factor.ln())
    }
}

/// Measures an [`Adjustment`] on the device: mean and variance of each feature over a commissioning
/// period, against those of the model's training rows.
///
/// The sums are of features as [`Standardize`] makes them, so a large mean cancels nothing. A
/// reading with a feature that is not finite, or farther than 65,536 standard deviations from the
/// training mean, is counted and left out.
///
/// ```
/// use couplet::nalgebra::SVector;
/// use couplet::{Adjusting, Standardize};
///
/// let standardize: Standardize<f32, 1> = Standardize::new([20.0], [2.0]); // of the model
/// let mut adjusting = Adjusting::new();
/// for x in [20.0, 21.0, 22.0, 22.0, 20.0] {
///     adjusting.push(&standardize, &[x].into());
/// }
/// let adjustment = adjusting.adjustment(&standardize, false).unwrap();
/// assert_eq!((adjustment.offset[0], adjustment.factor[0]), (1.0, 1.0));
///
/// // with a factor, the unit's deviation becomes that of the training rows too
/// let adjustment = adjusting.adjustment(&standardize, true).unwrap();
/// assert!((adjustment.factor[0] - 2.0).abs() < 1e-6);
/// assert!((adjustment.apply(&[22.0].into())[0] - 22.0).abs() < 1e-5);
/// ```
///
/// Note on a Method for Calculating Corrected Sums of Squares and Products (Welford, 1962),
/// <https://doi.org/10.1080/00401706.1962.10490022>.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adjusting<T, const D: usize> {
    /// The mean of the standardized features.
    mean: [T; D],
    /// The sum of their squared distances from it.
    squares: [T; D],
    valid: u32,
    invalid: u32,
}

/// A feature that is more standard deviations than this from the mean is no reading.
const FARTHEST: f32 = 65_536.0;

/// More readings change no mean that an f32 holds.
const MOST: u32 = 1 << 24;

impl<T: Real, const D: usize> Adjusting<T, D> {
    /// That has seen nothing.
    pub const fn new() -> Self {
        Adjusting { mean: [T::ZERO; D], squares: [T::ZERO; D], valid: 0, invalid: 0 }
    }

    /// Takes a reading, alarms included. `standardize` is the model's.
    pub fn push(&mut self, standardize: &Standardize<T, D>, x: &SVector<T, D>) {
        let farthest = T::from_f32(FARTHEST);
        let mut z = *x;
        let parts = standardize.mean.as_slice().iter().zip(standardize.std.as_slice());
        for (z, (&mean, &std)) in z.as_mut_slice().iter_mut().zip(parts) {
            *z = (*z - mean) / std;
        }
        if !z.as_slice().iter().all(|z| z.is_within(farthest)) {
            self.invalid = self.invalid.saturating_add(1);
            return;
        }
        if self.valid == MOST {
            return;
        }
        self.valid += 1;
        let count = T::from_count(self.valid as usize);
        for ((&z, mean), square) in z.as_slice().iter().zip(&mut self.mean).zip(&mut self.squares) {
            let distance = z - *mean;
            *mean += distance / count;
            *square += distance * (z - *mean);
        }
    }

    /// The number of readings, those that are left out included.
    pub fn readings(&self) -> u32 {
        self.valid.saturating_add(self.invalid)
    }

    /// The number of readings that are left out.
    pub fn invalid(&self) -> u32 {
        self.invalid
    }

    /// The offsets, and if asked the factors, else 1, that give the readings so far the mean and
    /// the standard deviation of the training rows.
    ///
    /// # Errors
    ///
    /// Fewer than two readings; a feature that never changed, if factors are asked; an overflow.
    pub fn adjustment(
        &self,
        standardize: &Standardize<T, D>,
        with_factors: bool,
    ) -> Result<Adjustment<T, D>, AdjustmentError> {
        if self.valid < 2 {
            return Err(AdjustmentError::TooFew { readings: self.valid });
        }
        let freedom = T::from_count(self.valid as usize - 1);
        let mut adjustment = Adjustment::new([T::ZERO; D], [T::ONE; D]);
        let of_model = standardize.mean.as_slice().iter().zip(standardize.std.as_slice());
        let measured = self.mean.iter().zip(&self.squares);
        let parts = adjustment.offset.as_mut_slice().iter_mut();
        let parts = parts.zip(adjustment.factor.as_mut_slice());
        for (feature, (((offset, factor), (&mean, &std)), (&shift, &square))) in
            parts.zip(of_model).zip(measured).enumerate()
        {
            // x = mean + std z: z less shift, over its deviation.
            if with_factors {
                let deviation = (square / freedom).sqrt();
                *factor = T::ONE / deviation;
                *offset = std * shift + (mean - mean * deviation);
            } else {
                *offset = std * shift;
            }
            if !(offset.is_finite() && factor.is_finite() && *factor > T::ZERO) {
                return Err(AdjustmentError::Feature { feature });
            }
        }
        Ok(adjustment)
    }
}

impl<T: Real, const D: usize> Default for Adjusting<T, D> {
    fn default() -> Self {
        Adjusting::new()
    }
}

/// Why there is no adjustment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdjustmentError {
    /// Fewer than two readings.
    TooFew {
        /// The number of readings.
        readings: u32,
    },
    /// A feature that never changed, or whose offset or factor is not finite.
    Feature {
        /// Its index.
        feature: usize,
    },
}

impl fmt::Display for AdjustmentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AdjustmentError::TooFew { readings } => {
                write!(f, "{readings} readings; an adjustment takes two")
            }
            AdjustmentError::Feature { feature } => {
                write!(f, "feature {feature} never changed, or has no finite offset and factor")
            }
        }
    }
}

impl Error for AdjustmentError {}
