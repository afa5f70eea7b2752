use super::{Attribution, Calibration};
use crate::{Base, Bijection, Given, Model, SelfTestError};
use nalgebra::{ArrayStorage, SVector};

/// The bits of a reading, of what is given beside it, of its surprise, and of the best reset of the
/// feature that is blamed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlarmAnswer<const D: usize, G = ()> {
    x: SVector<u32, D>,
    context: G,
    surprise: u32,
    blamed: u16,
    best: u32,
}

impl<const D: usize> AlarmAnswer<D> {
    /// From the bits of x and of its surprise, the feature that is blamed first, and the bits of the
    /// log_prob that its reset leads to.
    pub const fn new(x: [u32; D], surprise: u32, blamed: u16, best: u32) -> Self {
        let x = SVector::from_array_storage(ArrayStorage([x]));
        AlarmAnswer { x, context: (), surprise, blamed, best }
    }
}

impl<const D: usize, const C: usize> AlarmAnswer<D, SVector<u32, C>> {
    /// As [`AlarmAnswer::new`], given a context by its bits.
    pub const fn given(
        x: [u32; D],
        context: [u32; C],
        surprise: u32,
        blamed: u16,
        best: u32,
    ) -> Self {
        let x = SVector::from_array_storage(ArrayStorage([x]));
        let context = SVector::from_array_storage(ArrayStorage([context]));
        AlarmAnswer { x, context, surprise, blamed, best }
    }
}

impl<const D: usize, K> AlarmAnswer<D, K> {
    /// Computes surprise and attribution, 2 + Q D log_probs or more, and compares bits:
    /// [`Model::self_test`] for what stands around the model.
    ///
    /// # Errors
    ///
    /// What differs: calibration, typical values, compiler or arithmetic are not those of the
    /// exporter. The index is 0 for the surprise, 1 for the feature, 2 for its best reset.
    pub fn self_test<L, B, G, const N: usize, const M: usize, const Q: usize>(
        &self,
        model: &Model<D, L, B, N, G>,
        calibration: &Calibration<f32, M>,
        typical: &[[f32; D]; Q],
    ) -> Result<(), SelfTestError>
    where
        L: Bijection<f32, D, G::Values>,
        B: Base<f32>,
        G: Given<f32, Bits = K>,
    {
        let x = self.x.map(f32::from_bits);
        let context = G::of_bits(&self.context);
        let log_prob = |x: &SVector<f32, D>| model.log_prob_given(x, &context);
        let surprise = calibration.surprise(log_prob(&x));
        let found = Attribution::of(log_prob, &x, typical, calibration.threshold);
        let blamed = found.ranked().first().copied().unwrap_or(0);
        let best = found.best.get(blamed).copied().unwrap_or(f32::NAN);
        let computed = [surprise.to_bits(), blamed as u32, best.to_bits()];
        let expected = [self.surprise, u32::from(self.blamed), self.best];
        for (index, (&expected, computed)) in expected.iter().zip(computed).enumerate() {
            if computed != expected {
                return Err(SelfTestError { index, expected, computed });
            }
        }
        Ok(())
    }
}
