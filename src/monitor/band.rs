use crate::Real;
use core::f64::consts::PI;

/// One band of a [`crate::Window`]: which part of the signal's power it measures.
///
/// The coefficients are computed on a desktop, in f64, and stored rounded.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Band<T> {
    /// A band-pass of the second order, y = g (x - x\[-2\]) - a1 y\[-1\] - a2 y\[-2\]. Its feature
    /// is the logarithm of the mean of y^2.
    Pass {
        /// g.
        gain: T,
        /// \[a1, a2\].
        feedback: [T; 2],
    },
    /// One frequency, by Goertzel's recursion s = x + c s\[-1\] - s\[-2\]. Its feature is the
    /// logarithm of the mean square of the signal's part at that frequency: 2 |X|^2 / N^2, where X
    /// = sum(x e^(-i w n)) over the N samples of the window.
    Bin {
        /// c = 2 cos w, where w = 2 pi f / (sampling rate).
        coefficient: T,
    },
}

impl Band<f32> {
    /// The octave number `octave`, counted from the highest, which is 0: centre f = (sampling rate)
    /// / 2 2^-(octave + 1/2), Q = sqrt 2, gain 1 at the centre.
    ///
    /// With w = pi 2^-(octave + 1/2) and alpha = sin w / (2 Q): g = alpha / (1 + alpha), a1 = -2 cos
    /// w / (1 + alpha), a2 = (1 - alpha) / (1 + alpha), the band-pass of the Audio EQ Cookbook
    /// (Bristow-Johnson), <https://www.w3.org/TR/audio-eq-cookbook/>.
    ///
    /// It computes in f64: for the desktop.
    ///
    /// ```
    /// let couplet::Band::Pass { gain, feedback } = couplet::Band::octave(0) else { panic!() };
    /// assert_eq!((gain, feedback), (0.219_554_86, [0.945_431_05, 0.560_890_3]));
    /// ```
    pub fn octave(octave: u8) -> Self {
        let w = PI * libm::exp2(-0.5 - f64::from(octave));
        let alpha = libm::sin(w) / (2.0 * libm::sqrt(2.0));
        let a0 = 1.0 + alpha;
        Band::Pass {
            gain: (alpha / a0) as f32,
            feedback: [(-2.0 * libm::cos(w) / a0) as f32, ((1.0 - alpha) / a0) as f32],
        }
    }

    /// The frequency f / (sampling rate) in cycles a sample, above 0 and below .5.
    ///
    /// It computes in f64: for the desktop.
    pub fn bin(cycles: f64) -> Self {
        Band::Bin { coefficient: (2.0 * libm::cos(2.0 * PI * cycles)) as f32 }
    }
}

/// What a band remembers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Memory<T> {
    /// y\[-1\] / g and y\[-2\] / g, so that each sample takes a product less; or s\[-1\] and
    /// s\[-2\].
    past: [T; 2],
    /// The sum of (y / g)^2 over the window.
    energy: T,
}

impl<T: Real> Memory<T> {
    pub(super) const EMPTY: Self = Memory { past: [T::ZERO; 2], energy: T::ZERO };

    /// Takes a sample x; `change` is x - x\[-2\].
    #[inline(always)]
    pub(super) fn push(&mut self, band: &Band<T>, x: T, change: T) {
        let [last, before] = self.past;
        let y = match *band {
            Band::Pass { feedback: [a1, a2], .. } => {
                let y = change - a1 * last - a2 * before;
                self.energy += y * y;
                y
            }
            Band::Bin { coefficient } => x + coefficient * last - before,
        };
        self.past = [y, last];
    }

    /// The mean square of the window's N samples, and begins the next window.
    pub(super) fn finish(&mut self, band: &Band<T>, samples: T) -> T {
        match *band {
            Band::Pass { gain, .. } => {
                let energy = self.energy;
                self.energy = T::ZERO;
                gain * gain * energy / samples
            }
            Band::Bin { coefficient } => {
                let [last, before] = self.past;
                self.past = [T::ZERO; 2];
                let power = last * last + before * before - coefficient * last * before;
                (power + power) / (samples * samples)
            }
        }
    }
}
