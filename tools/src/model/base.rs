use couplet::{Base as _, Real, StandardLogistic, StandardNormal};
use rand_core::Rng;
use serde::{Deserialize, Serialize};

/// The distribution of the latents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Base {
    /// Standard normal.
    Normal,
    /// Standard logistic, with heavier tails.
    Logistic,
}

impl Base {
    /// The log-density of each point's latents in nats, by the device's own function.
    ///
    /// `point` is room for one point.
    pub fn log_prob<T: Real, const N: usize>(self, z: &[[T; N]], point: &mut [T]) -> [T; N] {
        std::array::from_fn(|i| {
            point.iter_mut().zip(z).for_each(|(point, z)| *point = z[i]);
            match self {
                Base::Normal => StandardNormal.log_prob(point),
                Base::Logistic => StandardLogistic.log_prob(point),
            }
        })
    }

    /// dz = dlog_prob * (the derivative of the log-density by z):
    ///
    /// - normal: -z, from -z^2 / 2;
    /// - logistic: -tanh(z / 2), from -z - 2 ln(1 + exp(-z)) whose derivative is -1 + 2 / (1 +
    ///   exp(z)).
    pub fn backward<T: Real, const N: usize>(
        self,
        z: &[[T; N]],
        dlog_prob: &[T; N],
        dz: &mut [[T; N]],
    ) {
        for (dz, z) in dz.iter_mut().zip(z) {
            for i in 0..N {
                dz[i] = dlog_prob[i]
                    * match self {
                        Base::Normal => -z[i],
                        Base::Logistic => -(T::HALF * z[i]).tanh(),
                    };
            }
        }
    }

    /// One point's latents, by the device's own function, so that the same generator gives the
    /// device's samples.
    pub fn sample<T: Real, R: Rng>(self, rng: &mut R, z: &mut [T]) {
        match self {
            Base::Normal => StandardNormal.sample(rng, z),
            Base::Logistic => StandardLogistic.sample(rng, z),
        }
    }
}
