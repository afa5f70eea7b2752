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

    /// The largest f that training leaves: nu is 8104, and Student's t as good as normal.
    const LARGEST: f32 = 9.0;

    /// Keeps f in its range.
    pub fn restrict(&self, p: &mut [f32]) {
        p[self.freedom.clone()].iter_mut().for_each(|f| *f = f.min(Self::LARGEST));
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
                            sum[i] += half * quick_ln_1p(z[i] * z[i] * inverse);
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
        let ln_1p = if arithmetic.is_fused() { quick_ln_1p } else { T::ln_1p };
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
                        let of_point = pull * q - ln_1p(q);
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

/// ln(1 + q) of a q from 0 on for training. What 1 + q rounds away counts, where nu is large.
#[inline(always)]
fn quick_ln_1p<T: Number>(q: T) -> T {
    let u = T::ONE + q;
    u.quick_ln() + (q - (u - T::ONE)) / u
}

/// The mean log-density of values under Student's t of nu degrees of freedom, in nats; under the
/// standard normal distribution, its limit, where nu is infinite.
pub fn mean_log_prob(values: impl ExactSizeIterator<Item = f64>, nu: f64) -> f64 {
    let count = values.len() as f64;
    if nu.is_infinite() {
        return -0.5 * (values.map(|z| z * z).sum::<f64>() / count + (2.0 * PI).ln());
    }
    let logarithms: f64 = values.map(|z| (z * z / nu).ln_1p()).sum();
    log_norm(nu) - 0.5 * (nu + 1.0) * logarithms / count
}

/// From here on series replace differences of nearly equal numbers; four terms are exact to
/// rounding.
const LARGE: f64 = 200.0;

/// ln Gamma((nu + 1) / 2) - ln Gamma(nu / 2) - ln(nu pi) / 2.
fn log_norm(nu: f64) -> f64 {
    if nu > LARGE {
        let cube = nu * nu * nu;
        let series = 1.0 / (24.0 * cube) - 1.0 / (4.0 * nu) - 1.0 / (20.0 * cube * nu * nu);
        return series - 0.5 * (2.0 * PI).ln();
    }
    libm::lgamma(0.5 * (nu + 1.0)) - libm::lgamma(0.5 * nu) - 0.5 * (nu * PI).ln()
}

/// The derivative of [`log_norm`] by nu.
fn slope_of_log_norm(nu: f64) -> f64 {
    if nu > LARGE {
        let square = nu * nu;
        return (0.25 - (0.125 - 0.25 / square) / square) / square;
    }
    0.5 * (digamma(0.5 * (nu + 1.0)) - digamma(0.5 * nu) - 1.0 / nu)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where the series begins it agrees with the differences, which have lost few digits there.
    #[test]
    fn the_series_goes_on_where_the_gammas_end() {
        for nu in [LARGE * 1.000_001, 300.0, 1000.0] {
            let by_gamma =
                libm::lgamma(0.5 * (nu + 1.0)) - libm::lgamma(0.5 * nu) - 0.5 * (nu * PI).ln();
            let by_digamma = 0.5 * (digamma(0.5 * (nu + 1.0)) - digamma(0.5 * nu) - 1.0 / nu);
            assert!((log_norm(nu) - by_gamma).abs() < 1e-12, "{nu}");
            assert!((slope_of_log_norm(nu) - by_digamma).abs() < 1e-14, "{nu}");
        }
        // the normal distribution is its limit
        assert!((log_norm(1e15) + 0.5 * (2.0 * PI).ln()).abs() < 1e-15);
        let normal = mean_log_prob([0.7, -2.0].into_iter(), f64::INFINITY);
        assert!((mean_log_prob([0.7, -2.0].into_iter(), 1e12) - normal).abs() < 1e-9);
    }
}
