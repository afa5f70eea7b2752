use crate::{Real, Standardize, kernel::codegen::keep_rolled};
use core::fmt::Debug;
use nalgebra::{ArrayStorage, SVector};

/// What a flow is given beside a reading: `()`, which is nothing, or a [`Context`] of C numbers.
///
/// Public, as a bound for code that is generic over flows.
pub trait Given<T> {
    /// What a caller gives, and what conditioners see of it: `()`, or C numbers.
    type Values: Copy + Debug + PartialEq;
    /// The bits of the values in f32, for known answers.
    type Bits: Copy + Debug + PartialEq;

    /// What conditioners see of the values; `None` if one of them is not finite, standardised or not.
    fn seen(&self, values: &Self::Values) -> Option<Self::Values>;

    /// The values of these bits.
    fn of_bits(bits: &Self::Bits) -> Self::Values;
}

impl<T> Given<T> for () {
    type Values = ();
    type Bits = ();

    #[inline(always)]
    fn seen(&self, (): &()) -> Option<()> {
        Some(())
    }

    #[inline(always)]
    fn of_bits((): &()) {}
}

/// The context of a conditional flow p(x | c): C numbers that say in which state of operation a
/// reading was taken, as load, speed or mode.
///
/// Conditioners see v = (c - mean) / std of each number, and with a bound b clamp(v, -b, b). It
/// changes no volume: log|det| is that of the map from x to z at fixed c.
///
/// A level, as a mode, is a number for each level: 1 for that of the reading, 0 for the others. An
/// unknown level is -1 for each, which [`Context::is_known`] refuses.
///
/// ```
/// use couplet::Context;
///
/// // The load in percent, and a number for each of two modes: 1 for the mode that is on, else 0.
/// // In a `static` the numbers stay in flash.
/// static CONTEXT: Context<f32, 3> = Context::new(
///     [50.0, 0.5, 0.5],
///     [25.0, 0.5, 0.5],
///     [0.0, 0.0, 0.0],
///     [95.0, 1.0, 1.0],
///     Some(3.0),
/// );
/// assert!(CONTEXT.is_known(&[70.0, 0.0, 1.0].into()));
/// assert!(!CONTEXT.is_known(&[99.0, 0.0, 1.0].into()));
/// assert!(!CONTEXT.is_known(&[f32::NAN, 0.0, 1.0].into()));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(bound = "T: crate::wire::Number"))]
pub struct Context<T, const C: usize> {
    /// Mean and standard deviation of each number \[C\] over the training rows.
    pub standardize: Standardize<T, C>,
    /// The least that training saw of each number \[C\].
    #[cfg_attr(feature = "serde", serde(with = "crate::wire"))]
    pub least: SVector<T, C>,
    /// The most that training saw of each number \[C\].
    #[cfg_attr(feature = "serde", serde(with = "crate::wire"))]
    pub most: SVector<T, C>,
    /// The bound of |v|, positive, in standard deviations, if there is one.
    pub bound: Option<T>,
}

impl<T, const C: usize> Context<T, C> {
    /// From mean, standard deviation, least and most of each number over the training rows, and the
    /// bound of what conditioners see.
    pub const fn new(
        mean: [T; C],
        std: [T; C],
        least: [T; C],
        most: [T; C],
        bound: Option<T>,
    ) -> Self
    where
        T: Copy,
    {
        Context {
            standardize: Standardize::new(mean, std),
            least: SVector::from_array_storage(ArrayStorage([least])),
            most: SVector::from_array_storage(ArrayStorage([most])),
            bound,
        }
    }

    /// Whether each number by itself is within what training saw. Elsewhere the density is a guess:
    /// no row has shown what is normal there. False for NaN.
    ///
    /// It does not look at numbers together: a load and a temperature that training saw, but never at
    /// once, are known.
    pub fn is_known(&self, context: &SVector<T, C>) -> bool
    where
        T: Real,
    {
        let range = self.least.as_slice().iter().zip(self.most.as_slice());
        context.as_slice().iter().zip(range).all(|(c, (least, most))| c >= least && c <= most)
    }
}

impl<T: Real, const C: usize> Given<T> for Context<T, C> {
    type Values = SVector<T, C>;
    type Bits = SVector<u32, C>;

    fn seen(&self, context: &SVector<T, C>) -> Option<SVector<T, C>> {
        let mut seen = *context;
        self.standardize.apply(&mut seen);
        for v in seen.as_mut_slice() {
            if !v.is_finite() {
                return None;
            }
            if let Some(bound) = self.bound {
                if *v > bound {
                    *v = bound;
                }
                if *v < -bound {
                    *v = -bound;
                }
            }
            keep_rolled();
        }
        Some(seen)
    }

    fn of_bits(bits: &SVector<u32, C>) -> SVector<T, C> {
        bits.map(|bits| T::from_f32(f32::from_bits(bits)))
    }
}

#[cfg(feature = "serde")]
mod serde_impl {
    use super::Context;
    use crate::{Standardize, wire::Number};
    use nalgebra::SVector;
    use serde::{Deserialize, Deserializer, de::Error};

    /// A context that nobody has checked.
    #[derive(Deserialize)]
    #[serde(rename = "Context", bound = "T: Number")]
    struct Unchecked<T, const C: usize> {
        standardize: Standardize<T, C>,
        #[serde(deserialize_with = "crate::wire::deserialize")]
        least: SVector<T, C>,
        #[serde(deserialize_with = "crate::wire::deserialize")]
        most: SVector<T, C>,
        #[serde(deserialize_with = "crate::wire::optional_positive")]
        bound: Option<T>,
    }

    impl<'de, T: Number, const C: usize> Deserialize<'de> for Context<T, C> {
        /// Refuses a range that is empty, in which every reading would be unfamiliar.
        fn deserialize<De: Deserializer<'de>>(from: De) -> Result<Self, De::Error> {
            let Unchecked::<T, C> { standardize, least, most, bound } =
                Unchecked::deserialize(from)?;
            if least.iter().zip(&most).any(|(least, most)| least > most) {
                return Err(De::Error::custom("a range of a context that is empty"));
            }
            Ok(Context { standardize, least, most, bound })
        }
    }
}
