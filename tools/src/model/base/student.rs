use super::digamma::digamma;
use crate::model::{Arithmetic, Layout, Number, kernel::vectorized};
use rand_core::Rng;
use std::{f64::consts::PI, ops::Range};

/// Student's t with nu degrees of freedom for each feature, nu = 1 + exp(f), so that a mean exists:
///
/// ```text
/// log_prob(z) = sum(ln Gamma((nu + 1) / 2) - ln Gamma(nu / 2) - ln(nu pi) / 2)
///             - sum((nu + 1) / 2 ln(1 + z^2 / nu))
/// ```
///
/// The flow has no scale of its own for the latents: its layers have it.
#[derive(Clone, Debug)]
pub struct StudentT {
    /// The place of f \[D\] among the parameters.
    pub freedom: Range<usize>,
}

impl StudentT {
    /// Appends its tensor to a layout.
    pub fn push(layout: &mut Layout, d: usize) -> Self {
        StudentT { freedom: layout.push("base.freedom".into(), &[d]) }
    }

    /// nu of each feature.
    pub fn nu<'a, T: Number>(&self, p: &'a [T]) -> impl Iterator<Item = T> + Clone + 'a {
        p[self.freedom.clone()].iter().map(|&f| T::ONE + f.exp())
    }

    /// The sum of what normalizes the features, which the device has as a constant, in nats.
    pub fn normalizer<T: Number>(&self, p: &[T]) -> T {
        T::from_f64(self.nu(p).map(|nu| log_norm(nu.to_f64())).sum())
    }

    /// The log-density of each point's latents in nats: the features in order, then the
    /// normalizer.
    pub fn log_prob<T: Number, const N: usize>(
        &self,
        arithmetic: Arithmetic,
        p: &[T],
        z: &[[T; N]],
    ) -> [T; N] {
        let mut sum = [T::ZERO; N];
        for (z, nu) in z.iter().zip(self.nu(p)) {
            if arithmetic.is_fused() {
                let (half, inverse) = (T::HALF * (nu + T::ONE), T::ONE / nu);
                vectorized(
                    #[inline(always)]
                    || {
                        for i in 0..N {
                            sum[i] += half * (T::ONE + z[i] * z[i] * inverse).quick_ln();
                        }
                    },
                );
            } else {
                for i in 0..N {
                    sum[i] += couplet::student_t(z[i], nu);
                }
            }
        }
        let normalizer = self.normalizer(p);
        sum.map(|sum| normalizer - sum)
    }

    /// With q = z^2 / nu and the digamma function psi:
    ///
    /// dz = -dlog_prob (nu + 1) / nu z / (1 + q),
    /// dnu = dlog_prob / 2 (psi((nu + 1) / 2) - psi(nu / 2) - 1 / nu - ln(1 + q) + (nu + 1) / nu q /
    /// (1 + q)) over the points, df = dnu (nu - 1).
    pub fn backward<T: Number, const N: usize>(
        &self,
        arithmetic: Arithmetic,
        p: &[T],
        z: &[[T; N]],
        dlog_prob: &[T; N],
        dp: &mut [T],
        dz: &mut [[T; N]],
    ) {
        let ln = if arithmetic.is_fused() { T::quick_ln } else { T::ln };
        let features = dz.iter_mut().zip(z).zip(&mut dp[self.freedom.clone()]);
        for (((dz, z), df), nu) in features.zip(self.nu(p)) {
            let inverse = T::ONE / nu;
            let slope = (nu + T::ONE) * inverse;
            let normalizer = T::from_f64(slope_of_log_norm(nu.to_f64()));
            let mut dnu = [T::ZERO; N];
            vectorized(
                #[inline(always)]
                || {
                    for i in 0..N {
                        let q = z[i] * z[i] * inverse;
                        let pull = slope / (T::ONE + q);
                        dz[i] = -dlog_prob[i] * pull * z[i];
                        let of_point = pull * q - ln(T::ONE + q);
                        dnu[i] = dlog_prob[i] * (normalizer + T::HALF * of_point);
                    }
                },
            );
            let dnu = dnu.iter().fold(T::ZERO, |sum, &dnu| sum + dnu);
            *df += dnu * (nu - T::ONE);
        }
    }

    /// One point's latents, by the device's own function.
    pub fn sample<T: Number, R: Rng>(&self, p: &[T], rng: &mut R, z: &mut [T]) {
        for (z, nu) in z.iter_mut().zip(self.nu(p)) {
            *z = couplet::student_t_sample(rng, nu);
        }
    }
}

/// ln Gamma((nu + 1) / 2) - ln Gamma(nu / 2) - ln(nu pi) / 2.
fn log_norm(nu: f64) -> f64 {
    libm::lgamma(0.5 * (nu + 1.0)) - libm::lgamma(0.5 * nu) - 0.5 * (nu * PI).ln()
}

/// The derivative of [`log_norm`] by nu.
fn slope_of_log_norm(nu: f64) -> f64 {
    0.5 * (digamma(0.5 * (nu + 1.0)) - digamma(0.5 * nu) - 1.0 / nu)
}
