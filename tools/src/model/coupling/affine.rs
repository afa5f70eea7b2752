use super::{FeatureMap, Head};
use crate::model::{Arithmetic, Block, Number, kernel::vectorized};
use couplet::{Fixed, bounded};

/// RealNVP's transform: b <- b exp(s) + t, log_det = sum(s), s = r / (1 + |r| / bound).
/// <https://arxiv.org/abs/1605.08803>
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Affine {
    /// The bound of |s|, at least 1.
    pub bound: f32,
}

impl FeatureMap for Affine {
    fn name(&self) -> &'static str {
        "affine"
    }

    fn flow(&self) -> &'static str {
        "RealNVP"
    }

    fn source(&self) -> [String; 2] {
        ["Affine<f32>".into(), format!("Affine::new({:?})", self.bound)]
    }

    /// r, then t.
    fn heads(&self) -> Vec<Head> {
        ["log_scale", "shift"].map(|name| Head { name, per_feature: 1 }).into()
    }

    fn constants(&self) -> usize {
        1
    }

    /// b before the map, and exp(s).
    fn kept(&self) -> usize {
        2
    }

    /// b <- b exp(s) + t, log_det += sum(s).
    fn forward<T: Number, const N: usize>(
        &self,
        arithmetic: Arithmetic,
        parameters: &[Block<T, N>],
        b: &mut [[T; N]],
        log_det: &mut [T; N],
        kept: &mut [Block<T, N>],
    ) {
        match self.exp(arithmetic) {
            Exp::Quick => self.scale_and_shift(T::quick_exp, parameters, b, log_det, kept),
            Exp::Near => self.scale_and_shift(T::near_exp, parameters, b, log_det, kept),
            Exp::Any => self.scale_and_shift(T::exp, parameters, b, log_det, kept),
        }
    }

    /// With y = b exp(s) + t and ds/dr = 1 / (1 + |r| / bound)^2:
    ///
    /// dt = dy, ds = dy b exp(s) + dlog_det, dr = ds ds/dr, db = dy exp(s).
    fn backward<T: Number, const N: usize>(
        &self,
        parameters: &[Block<T, N>],
        kept: &[Block<T, N>],
        dlog_det: &[T; N],
        dparameters: &mut [Block<T, N>],
        db: &mut [[T; N]],
    ) {
        let ([r, _], [b, scale], [dr, dt]) = (parameters, kept, dparameters) else { return };
        let bound = T::from_f32(self.bound);
        vectorized(
            #[inline(always)]
            || {
                let heads = dr.iter_mut().zip(dt.iter_mut());
                for ((((db, (dr, dt)), b), scale), r) in
                    db.iter_mut().zip(heads).zip(b.iter()).zip(scale.iter()).zip(r.iter())
                {
                    *dt = *db;
                    for i in 0..N {
                        let ds = db[i] * b[i] * scale[i] + dlog_det[i];
                        let slope = T::ONE / (T::ONE + r[i].abs() / bound);
                        dr[i] = ds * slope * slope;
                        db[i] *= scale[i];
                    }
                }
            },
        );
    }

    /// b <- (b - t) exp(-s), log_det -= sum(s).
    fn inverse<T: Number, const N: usize>(
        &self,
        arithmetic: Arithmetic,
        parameters: &[Block<T, N>],
        b: &mut [[T; N]],
        log_det: &mut [T; N],
    ) {
        match self.exp(arithmetic) {
            Exp::Any => self.shift_and_scale_back(T::exp, parameters, b, log_det),
            Exp::Quick | Exp::Near => {
                self.shift_and_scale_back(T::near_exp, parameters, b, log_det);
            }
        }
    }

    /// As on the device: s in integers, e^s of exactly that s, and log_det their integer sum.
    fn forward_fixed<T: Number, const N: usize>(
        &self,
        _: Arithmetic,
        fixed: &[Vec<[i32; N]>],
        _: &mut [Block<T, N>],
        b: &mut [[T; N]],
        log_det: &mut [T; N],
        _: &mut [Block<T, N>],
    ) {
        let ([r, t], bound) = (fixed, self.fixed_bound()) else { return };
        let mut sum = [0; N];
        for ((b, r), t) in b.iter_mut().zip(r).zip(t) {
            for i in 0..N {
                let s = Fixed::from_bits(r[i]).bounded(bound);
                b[i] = b[i] * T::exp_fixed(s) + T::from_fixed(t[i]);
                sum[i] += s.bits();
            }
        }
        add(log_det, &sum.map(T::from_fixed));
    }

    fn inverse_fixed<T: Number, const N: usize>(
        &self,
        _: Arithmetic,
        fixed: &[Vec<[i32; N]>],
        _: &mut [Block<T, N>],
        b: &mut [[T; N]],
        log_det: &mut [T; N],
    ) {
        let ([r, t], bound) = (fixed, self.fixed_bound()) else { return };
        let mut sum = [0; N];
        for ((b, r), t) in b.iter_mut().zip(r).zip(t) {
            for i in 0..N {
                let s = Fixed::from_bits(r[i]).bounded(bound);
                b[i] = (b[i] - T::from_fixed(t[i])) * T::exp_fixed(-s);
                sum[i] -= s.bits();
            }
        }
        add(log_det, &sum.map(T::from_fixed));
    }
}

impl Affine {
    /// The bound in units of 2^-16.
    pub fn fixed_bound(&self) -> Fixed {
        Fixed::from_bits((f64::from(self.bound) * 65536.0).round() as i32)
    }

    fn scale_and_shift<T: Number, const N: usize>(
        &self,
        exp: impl Fn(T) -> T,
        parameters: &[Block<T, N>],
        b: &mut [[T; N]],
        log_det: &mut [T; N],
        kept: &mut [Block<T, N>],
    ) {
        let ([r, t], [before, scale]) = (parameters, kept) else { return };
        let mut sum = [T::ZERO; N];
        let bound = T::from_f32(self.bound);
        vectorized(
            #[inline(always)]
            || {
                let seen = before.iter_mut().zip(scale.iter_mut());
                for (((b, (before, scale)), r), t) in
                    b.iter_mut().zip(seen).zip(r.iter()).zip(t.iter())
                {
                    *before = *b;
                    for i in 0..N {
                        let s = bounded(r[i], bound);
                        scale[i] = exp(s);
                        b[i] = b[i] * scale[i] + t[i];
                        sum[i] += s;
                    }
                }
            },
        );
        add(log_det, &sum);
    }

    fn shift_and_scale_back<T: Number, const N: usize>(
        &self,
        exp: impl Fn(T) -> T,
        parameters: &[Block<T, N>],
        b: &mut [[T; N]],
        log_det: &mut [T; N],
    ) {
        let [r, t] = parameters else { return };
        let mut sum = [T::ZERO; N];
        let bound = T::from_f32(self.bound);
        vectorized(
            #[inline(always)]
            || {
                for ((b, r), t) in b.iter_mut().zip(r.iter()).zip(t.iter()) {
                    for i in 0..N {
                        let s = bounded(r[i], bound);
                        b[i] = (b[i] - t[i]) * exp(-s);
                        sum[i] -= s;
                    }
                }
            },
        );
        add(log_det, &sum);
    }

    fn exp(&self, arithmetic: Arithmetic) -> Exp {
        match (arithmetic, self.bound) {
            (Arithmetic::Fused, _) => Exp::Quick,
            (Arithmetic::Device, ..=86.0) => Exp::Near,
            (Arithmetic::Device, _) => Exp::Any,
        }
    }
}

/// The function that computes exp(s).
enum Exp {
    /// A quick one, for training.
    Quick,
    /// The device's, for the numbers that the bound leaves.
    Near,
    /// The device's, for every number.
    Any,
}

fn add<T: Number, const N: usize>(log_det: &mut [T; N], sum: &[T; N]) {
    for (log_det, &sum) in log_det.iter_mut().zip(sum) {
        *log_det += sum;
    }
}
