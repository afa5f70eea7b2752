use super::{Number, kernel::vectorized};
use couplet::{Activation as _, Relu, Silu, Tanh};
use serde::{Deserialize, Serialize};

/// The function behind each dense layer of a trunk, h = f(u).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Activation {
    /// max(u, 0)
    Relu,
    /// tanh(u)
    Tanh,
    /// u / (1 + exp(-u))
    Silu,
}

impl Activation {
    /// h = f(u), with the device's own functions unless they are to be quick.
    pub fn forward<T: Number, const N: usize>(self, quick: bool, u: &[[T; N]], h: &mut [[T; N]]) {
        match (self, quick) {
            (Activation::Relu, _) => map(u, h, Relu::apply),
            (Activation::Tanh, false) => map(u, h, Tanh::apply),
            (Activation::Tanh, true) => map(u, h, |u| T::ONE - (T::ONE + T::ONE) / (T::ONE + (u + u).quick_exp())),
            (Activation::Silu, false) => map(u, h, Silu::apply),
            (Activation::Silu, true) => map(u, h, |u| u / (T::ONE + (-u).quick_exp())),
        }
    }

    /// du = dh f'(u), in place of dh:
    ///
    /// - relu: f' = 1 where u > 0, else 0;
    /// - tanh: f' = 1 - h^2;
    /// - silu: with q = 1 / (1 + exp(-u)), f' = q + u q (1 - q) = q + h (1 - q).
    pub fn backward<T: Number, const N: usize>(self, u: &[[T; N]], h: &[[T; N]], dh: &mut [[T; N]]) {
        match self {
            Activation::Relu => backward(u, h, dh, |u, _| if u > T::ZERO { T::ONE } else { T::ZERO }),
            Activation::Tanh => backward(u, h, dh, |_, h| T::ONE - h * h),
            Activation::Silu => backward(u, h, dh, |u, h| {
                let q = T::ONE / (T::ONE + (-u).quick_exp());
                q + h * (T::ONE - q)
            }),
        }
    }
}

fn map<T: Number, const N: usize>(u: &[[T; N]], h: &mut [[T; N]], f: impl Fn(T) -> T) {
    vectorized(|| {
        for (h, &u) in h.as_flattened_mut().iter_mut().zip(u.as_flattened()) {
            *h = f(u);
        }
    });
}

fn backward<T: Number, const N: usize>(u: &[[T; N]], h: &[[T; N]], dh: &mut [[T; N]], slope: impl Fn(T, T) -> T) {
    vectorized(|| {
        for ((dh, &u), &h) in dh.as_flattened_mut().iter_mut().zip(u.as_flattened()).zip(h.as_flattened()) {
            *dh *= slope(u, h);
        }
    });
}
