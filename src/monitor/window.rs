use super::band::{Band, Memory};
use crate::Real;
use nalgebra::SVector;

/// What is added to each mean square, in the square of the signal's unit, so that a dead sensor has
/// finite features.
const FLOOR: f32 = 1e-9;

/// Features of windows of a raw signal, sample by sample, without a buffer.
///
/// Of the N samples x of a window it makes B + 3 features:
///
/// - for each band the logarithm of the mean square of what it lets through: ln(sum(y^2) / N +
///   1e-9);
/// - ln(variance + 1e-9) / 2, that of the standard deviation;
/// - the logarithm of the kurtosis, mean((x - mean)^4) / variance^2;
/// - the logarithm of the crest, max|x - mean| / (standard deviation).
///
/// The sums of powers are taken about the mean of the window before: about 0, f32 would cancel
/// where the mean is far above the deviation.
///
/// Filters take x - `offset`, the mean of the training signal, and run on from window to window.
/// After start, and after a window with a sample that is not finite, they settle: the first window
/// has no features. A window should be as long as six time constants of its lowest octave: 256
/// samples for six octaves.
///
/// A window with a sample that is not finite has NaN for features, so its log_prob is negative
/// infinity. So has one whose sums overflow. Filters begin anew after it.
///
/// ```
/// use couplet::nalgebra::SVector;
/// use couplet::{Band, Window};
///
/// // two octaves; `couplet` writes the coefficients as constants
/// let mut window = Window::new(0.0_f32, [Band::octave(0), Band::octave(1)]);
/// let mut features: Option<SVector<f32, 5>> = None;
/// for n in 0..2 * 256 {
///     window.push(if n % 4 < 2 { 1.0 } else { -1.0 });
///     if (n + 1) % 256 == 0 {
///         features = window.features();
///     }
/// }
/// let features = features.unwrap(); // those of the second window
/// assert_eq!(features.rows(2, 3).as_slice(), [0.0, 0.0, 0.0]); // of a square wave
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window<T, const B: usize> {
    offset: T,
    bands: [Band<T>; B],
    memories: [Memory<T>; B],
    /// x\[-1\] and x\[-2\]; here and below x is less the offset.
    past: [T; 2],
    /// The mean of the window before.
    pivot: T,
    /// Sums of u, u^2, u^3 and u^4, where u = x - pivot.
    sums: [T; 4],
    /// The lowest and the highest u.
    range: [T; 2],
    samples: u32,
    is_settled: bool,
}

impl<T: Real, const B: usize> Window<T, B> {
    /// That has seen nothing. `offset` is in the unit of the signal.
    pub const fn new(offset: T, bands: [Band<T>; B]) -> Self {
        Window {
            offset,
            bands,
            memories: [Memory::EMPTY; B],
            past: [T::ZERO; 2],
            pivot: T::ZERO,
            sums: [T::ZERO; 4],
            range: [T::ZERO; 2],
            samples: 0,
            is_settled: false,
        }
    }

    /// Takes a sample. A window has at most 2^24: an f32 cannot count more.
    pub fn push(&mut self, x: T) {
        let input = x - self.offset;
        let [last, before] = self.past;
        let change = input - before;
        self.past = [input, last];
        for (memory, band) in self.memories.iter_mut().zip(&self.bands) {
            memory.push(band, input, change);
        }
        let u = input - self.pivot;
        let square = u * u;
        let [s1, s2, s3, s4] = &mut self.sums;
        *s1 += u;
        *s2 += square;
        *s3 += square * u;
        *s4 += square * square;
        let [low, high] = &mut self.range;
        if u < *low {
            *low = u;
        }
        if u > *high {
            *high = u;
        }
        self.samples = self.samples.wrapping_add(1);
    }

    /// The features of the samples since the last call, and begins the next window. None where
    /// there is no sample, or where filters settle: a window to leave out.
    pub fn features<const F: usize>(&mut self) -> Option<SVector<T, F>> {
        const { assert!(F == B + 3, "a window has a feature for each band and three more") };
        if self.samples == 0 {
            return None;
        }
        let count = T::from_count(self.samples as usize);
        let floor = T::from_f32(FLOOR);
        let mut features = SVector::<T, F>::from([T::NAN; F]);
        let mut of_bands = features.as_mut_slice().iter_mut();
        for ((memory, band), feature) in
            self.memories.iter_mut().zip(&self.bands).zip(&mut of_bands)
        {
            *feature = (memory.finish(band, count) + floor).ln();
        }
        for (feature, value) in of_bands.zip(self.statistics(count, floor)) {
            *feature = value;
        }
        let is_valid = features.iter().all(|feature| feature.is_finite());
        let is_settled = self.is_settled;
        self.pivot += self.sums[0] / count;
        self.sums = [T::ZERO; 4];
        self.range = [T::ZERO; 2];
        self.samples = 0;
        self.is_settled = is_valid;
        if !is_valid {
            self.memories = [Memory::EMPTY; B];
            self.past = [T::ZERO; 2];
            self.pivot = T::ZERO;
            return Some([T::NAN; F].into());
        }
        is_settled.then_some(features)
    }

    /// The logarithms of standard deviation, kurtosis and crest.
    fn statistics(&self, count: T, floor: T) -> [T; 3] {
        let [s1, s2, s3, s4] = self.sums;
        let (mean, m2, m3, m4) = (s1 / count, s2 / count, s3 / count, s4 / count);
        let square = mean * mean;
        // Rounding may leave less than there can be.
        let variance = at_least(T::ZERO, m2 - square);
        let product = mean * m3;
        let [two, three] = [2, 3].map(T::from_count);
        let four = two * two;
        let fourth = m4 - four * product + square * (two * three * m2 - three * square);
        let fourth = at_least(variance * variance, fourth);
        let [low, high] = self.range;
        let peak = at_least(high - mean, mean - low);
        let ln_variance = (variance + floor).ln();
        [
            T::HALF * ln_variance,
            (fourth + floor * floor).ln() - (ln_variance + ln_variance),
            T::HALF * ((peak * peak + floor).ln() - ln_variance),
        ]
    }
}

/// The larger; NaN if `value` is.
fn at_least<T: Real>(low: T, value: T) -> T {
    if value < low { low } else { value }
}
