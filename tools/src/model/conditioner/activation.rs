use crate::model::{
    Number,
    kernel::{Arithmetic, vectorized},
};
use couplet::{Activation as _, Relu, Silu, Tanh};
use serde::{Deserialize, Serialize};

/// The function behind each dense layer of a trunk, h = f(u).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    /// h = f(u), in place of u.
    pub fn forward<T: Number, const N: usize>(self, arithmetic: Arithmetic, u: &mut [[T; N]]) {
        match (self, arithmetic) {
            (Activation::Relu, _) => map(u, Relu::apply),
            (Activation::Tanh, Arithmetic::Device) => map(u, Tanh::apply),
            (Activation::Tanh, Arithmetic::Fused) => {
                map(u, |u| T::ONE - (T::ONE + T::ONE) / (T::ONE + (u + u).quick_exp()))
            }
            (Activation::Silu, Arithmetic::Device) => map(u, Silu::apply),
            (Activation::Silu, Arithmetic::Fused) => map(u, |u| u / (T::ONE + (-u).quick_exp())),
        }
    }

    /// du = dh f'(u), in place of dh. Only silu reads u:
    ///
    /// - relu: f' = 1 where h > 0, else 0;
    /// - tanh: f' = 1 - h^2;
    /// - silu: with q = 1 / (1 + exp(-u)), f' = q + u q (1 - q).
    pub fn backward<T: Number, const N: usize>(
        self,
        u: &[[T; N]],
        h: &[[T; N]],
        dh: &mut [[T; N]],
    ) {
        let (u, h, dh) = (u.as_flattened(), h.as_flattened(), dh.as_flattened_mut());
        match self {
            Activation::Relu => replace(dh, h, |dh, h| if h > T::ZERO { dh } else { T::ZERO }),
            Activation::Tanh => replace(dh, h, |dh, h| dh * (T::ONE - h * h)),
            Activation::Silu => {
                replace(dh, u, |dh, u| {
                    let q = T::ONE / (T::ONE + (-u).quick_exp());
                    dh * (q + u * q * (T::ONE - q))
                });
            }
        }
    }
}

fn map<T: Number, const N: usize>(u: &mut [[T; N]], f: impl Fn(T) -> T) {
    vectorized(
        #[inline(always)]
        || {
            let (eights, tail) = u.as_flattened_mut().as_chunks_mut::<8>();
            eights.iter_mut().for_each(|u| *u = std::array::from_fn(|i| f(u[i])));
            tail.iter_mut().for_each(|u| *u = f(*u));
        },
    );
}

/// Eight at a time: in a plain loop the compiler makes each store conditional.
fn replace<T: Number>(dh: &mut [T], h: &[T], f: impl Fn(T, T) -> T) {
    vectorized(
        #[inline(always)]
        || {
            let ((dh, dh_tail), (h, h_tail)) = (dh.as_chunks_mut::<8>(), h.as_chunks::<8>());
            dh.iter_mut().zip(h).for_each(|(dh, h)| *dh = std::array::from_fn(|i| f(dh[i], h[i])));
            dh_tail.iter_mut().zip(h_tail).for_each(|(dh, &h)| *dh = f(*dh, h));
        },
    );
}
