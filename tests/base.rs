//! The base samplers against their distributions, in f32 and f64: Kolmogorov-Smirnov, tails,
//! independence, reach.
//!
//! The Kolmogorov-Smirnov limit is that of `common/statistics.rs`; all other limits are five
//! standard deviations. Passing does not prove that samples follow the distribution, but each fault
//! at the end of this file shows.

mod common;

use common::{kolmogorov_smirnov, rng, student};
use core::convert::Infallible;
use couplet::{Base, Mixture, Real, StandardLogistic, StandardNormal, StudentT};
use rand_core::TryRng;
use std::f64::consts::PI;

fn normal_cdf(x: f64) -> f64 {
    0.5 * libm::erfc(-x / 2_f64.sqrt())
}

fn logistic_cdf(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// Of Student's t with nu degrees of freedom, by the incomplete beta function: Handbook of
/// Mathematical Functions (Abramowitz and Stegun, 1964), 26.7.1 and 26.5.8.
fn student_cdf(nu: f64) -> impl Fn(f64) -> f64 {
    move |x| {
        // ln(x^a (1 - x)^b / (a B(a, b))) in front of the continued fraction of I_x(a, b).
        let incomplete_beta = |a: f64, b: f64, x: f64, rest: f64| {
            let ln_beta = libm::lgamma(a) + libm::lgamma(b) - libm::lgamma(a + b);
            let front = (a * x.ln() + b * rest.ln() - ln_beta).exp() / a;
            let term = |m: f64| {
                let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
                let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
                [even, odd]
            };
            let terms: Vec<f64> = (0..40).flat_map(|m| term(f64::from(m))).skip(1).collect();
            front / terms.iter().rev().fold(1.0, |below, term| 1.0 + term / below)
        };
        let beyond = x * x / (nu + x * x); // 1 - beyond = nu / (nu + x^2)
        let inside = nu / (nu + x * x);
        // The probability of |z| > |x|; the fraction converges fast where its x is small.
        let tails = if inside < (nu / 2.0 + 1.0) / (nu / 2.0 + 2.5) {
            incomplete_beta(nu / 2.0, 0.5, inside, beyond)
        } else if x == 0.0 {
            1.0
        } else {
            1.0 - incomplete_beta(0.5, nu / 2.0, beyond, inside)
        };
        if x < 0.0 { tails / 2.0 } else { 1.0 - tails / 2.0 }
    }
}

/// Degrees of freedom: the heaviest tails come first.
const FREEDOM: [f64; 4] = [1.0, 1.7, 4.0, 30.5];

/// So many degrees of freedom that the distribution is normal within a millionth.
const NEARLY_NORMAL: f64 = 1e6;

#[test]
fn student_cdf_is_that_of_closed_forms() {
    for x in [-40.0_f64, -3.0, -0.7, 0.0, 0.2, 1.0, 5.0, 1e4] {
        let one = 0.5 + x.atan() / PI;
        let two = 0.5 + x / (2.0 * (2.0 + x * x).sqrt());
        let near = |nu, expected: f64| (student_cdf(nu)(x) - expected).abs() < 1e-14;
        assert!(near(1.0, one) && near(2.0, two), "at {x}");
    }
}

const SAMPLES: usize = 60_000;

/// Samples of three features, so that the normal sampler's last pair is incomplete.
fn samples<T: Real + Into<f64>>(base: impl Base<T>) -> Vec<[f64; 3]> {
    let mut rng = rng(3);
    let sample = |_| {
        let mut z = [T::ZERO; 3];
        base.sample(&mut rng, &mut z);
        z.map(Into::into)
    };
    (0..SAMPLES).map(sample).collect()
}

fn follows<T: Real + Into<f64>>(
    base: impl Base<T>,
    cdf: impl Fn(f64) -> f64,
) -> Result<(), String> {
    let samples = samples(base);
    let n = SAMPLES as f64;
    let mean = |f: &dyn Fn(&[f64; 3]) -> f64| samples.iter().map(f).sum::<f64>() / n;
    let five_sigma = 5.0 / n.sqrt();

    for i in 0..3 {
        let mut feature: Vec<f64> = samples.iter().map(|z| z[i]).collect();
        let distance = kolmogorov_smirnov(&mut feature, &cdf);
        if distance > 1.0 {
            return Err(format!(
                "feature {i}: Kolmogorov-Smirnov distance is {distance} times its limit"
            ));
        }
        for edge in [3.0, 4.0, 6.0] {
            let expected = 2.0 * cdf(-edge);
            let beyond = mean(&|z| f64::from(z[i].abs() > edge));
            if (beyond - expected).abs() > five_sigma * expected.sqrt() {
                return Err(format!(
                    "feature {i}: a share of {beyond} beyond {edge}, expected {expected}"
                ));
            }
        }
        // Of ranks, since a Student's t may have no variance. Box and Muller's pairs share a
        // radius, so look at the sizes, too.
        let j = (i + 1) % 3;
        let correlation = 12.0 * mean(&|z| (cdf(z[i]) - 0.5) * (cdf(z[j]) - 0.5));
        let of_sizes = mean(&|z| f64::signum(z[i].abs() - 1.0) * f64::signum(z[j].abs() - 1.0));
        let large = 2.0 * cdf(-1.0);
        let expected_of_sizes = (2.0 * large - 1.0) * (2.0 * large - 1.0);
        if correlation.abs() > five_sigma || (of_sizes - expected_of_sizes).abs() > five_sigma {
            return Err(format!(
                "features {i} and {j} are not independent: {correlation}, {of_sizes}"
            ));
        }
    }
    Ok(())
}

#[test]
#[cfg_attr(miri, ignore = "takes thousands of samples")]
fn normal_samples_are_normal() {
    follows::<f32>(StandardNormal, normal_cdf).unwrap();
    follows::<f64>(StandardNormal, normal_cdf).unwrap();
}

#[test]
#[cfg_attr(miri, ignore = "takes thousands of samples")]
fn logistic_samples_are_logistic() {
    follows::<f32>(StandardLogistic, logistic_cdf).unwrap();
    follows::<f64>(StandardLogistic, logistic_cdf).unwrap();
}

#[test]
#[cfg_attr(miri, ignore = "takes thousands of samples")]
fn student_samples_are_student() {
    for nu in FREEDOM {
        follows(student([nu as f32; 3]), student_cdf(nu)).unwrap();
        follows(student([nu; 3]), student_cdf(nu)).unwrap();
    }
    follows(student([NEARLY_NORMAL as f32; 3]), normal_cdf).unwrap();
    follows(student([NEARLY_NORMAL; 3]), normal_cdf).unwrap();
}

#[test]
fn log_prob_is_the_slope_of_the_distribution() {
    for i in (-60..=60).step_by(if cfg!(miri) { 12 } else { 1 }) {
        let z = f64::from(i) / 10.0;
        let slope = |cdf: &dyn Fn(f64) -> f64| (cdf(z + 1e-5) - cdf(z - 1e-5)) / 2e-5;
        assert!(
            (StandardNormal.log_prob(&[z]).exp() - slope(&normal_cdf)).abs() < 1e-10,
            "normal at {z}"
        );
        assert!(
            (StandardLogistic.log_prob(&[z]).exp() - slope(&logistic_cdf)).abs() < 1e-10,
            "logistic at {z}"
        );
        for nu in FREEDOM {
            let error = student([nu]).log_prob(&[z]).exp() - slope(&student_cdf(nu));
            assert!(error.abs() < 1e-10, "Student's t of {nu} at {z}: {error:e}");
        }
    }
}

#[test]
fn log_prob_of_many_features_is_the_sum_over_them() {
    let z = [0.3, -1.7, 40.0];
    let each = |base: &dyn Fn(&[f64]) -> f64| z.iter().map(|&z| base(&[z])).sum::<f64>();
    assert!((StandardNormal.log_prob(&z) - each(&|z| StandardNormal.log_prob(z))).abs() < 1e-12);
    assert!(
        (StandardLogistic.log_prob(&z) - each(&|z| StandardLogistic.log_prob(z))).abs() < 1e-12
    );

    let freedom = [1.0, 4.5, 30.0];
    let each = z.iter().zip(freedom).map(|(&z, nu)| student([nu]).log_prob(&[z]));
    assert!((student(freedom).log_prob(&z) - each.sum::<f64>()).abs() < 1e-12);
}

/// Sums run in index order from zero, and the normalizer comes last.
#[test]
fn log_prob_of_student_has_the_bits_of_its_documented_order() {
    let freedom = [1.5_f32, 2.75, 7.1, 31.0, 1e4];
    let base = StudentT::new(freedom, -7.3);
    for i in 0..200 {
        let z: [f32; 5] = std::array::from_fn(|j| (i * 37 + j * 11) as f32 / 50.0 - 60.0);
        let part = |z: f32, nu: f32| {
            let q = z * z / nu;
            let u = 1.0 + q;
            (nu + 1.0) * 0.5 * (libm::logf(u) + (q - (u - 1.0)) / u)
        };
        let sum = z.iter().zip(freedom).fold(0.0, |sum, (&z, nu)| sum + part(z, nu));
        assert_eq!(base.log_prob(&z).to_bits(), (-7.3 - sum).to_bits());
    }
}

/// Small z keep their digits: 1 + z^2 / nu rounds to 1.
#[test]
fn a_feature_of_student_is_accurate_from_the_centre_to_far_out() {
    for nu in FREEDOM.into_iter().chain([NEARLY_NORMAL]) {
        for exponent in -30..=40 {
            let z = 1.3_f32 * f32::powi(2.0, exponent);
            let nu_32 = nu as f32;
            let exact = (nu_32 as f64 + 1.0) / 2.0
                * (f64::from(z) * f64::from(z) / f64::from(nu_32)).ln_1p();
            let error = f64::from(couplet::student_t(z, nu_32)) / exact - 1.0;
            assert!(error.abs() < 4e-7, "{error:e} at {z} of {nu}");
        }
    }
}

#[test]
fn log_prob_far_out_neither_overflows_nor_vanishes() {
    for z in [200.0_f32, -200.0] {
        assert_eq!(StandardLogistic.log_prob(&[z]), -200.0);
        assert!((StandardNormal.log_prob(&[z]) + 20_000.92).abs() < 0.01);
    }
    assert_eq!(StandardLogistic.log_prob(&[f32::MAX]), f32::MIN);
    assert_eq!(StandardLogistic.log_prob(&[f32::MIN]), f32::MIN);

    // Where z^2 overflows it is impossible: far beyond what a sample reaches.
    let base = student([3.0_f32]);
    assert!((base.log_prob(&[1e19]) + 173.80).abs() < 0.01, "{}", base.log_prob(&[1e19]));
    for z in [1e20, f32::MAX, f32::MIN, f32::INFINITY] {
        assert_eq!(base.log_prob(&[z]), f32::NEG_INFINITY);
    }
    assert!(base.log_prob(&[f32::NAN]).is_nan());
}

/// A generator that returns one word for ever.
struct Stuck(u64);

impl TryRng for Stuck {
    type Error = Infallible;
    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(self.0 as u32)
    }
    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.0)
    }
    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        bytes.fill(self.0 as u8);
        Ok(())
    }
}

/// The largest sample there is.
fn reach<T: Real>(base: impl Base<T>) -> T {
    let mut z = [T::ZERO];
    base.sample(&mut Stuck(0), &mut z);
    z[0]
}

#[test]
fn samples_reach_far_and_no_word_makes_them_infinite() {
    assert!((reach::<f32>(StandardNormal) - 6.66).abs() < 0.01);
    assert!((reach::<f64>(StandardNormal) - 9.42).abs() < 0.01);
    assert!((reach::<f32>(StandardLogistic) - 22.87).abs() < 0.01);
    assert!((reach::<f64>(StandardLogistic) - 45.05).abs() < 0.01);
    // 2^32 and 2^64 for the heaviest tails
    assert!((reach(student([1.0_f32])) / 4_294_967_296.0 - 1.0).abs() < 1e-5);
    assert!((reach(student([1.0_f64])) / 18_446_744_073_709_551_616.0 - 1.0).abs() < 1e-9);
    assert!((reach(student([1e6_f32])) - 6.66).abs() < 0.01);
    let quarters = (0..4).flat_map(|turn| (0..3).map(move |near| (turn << 30) + (near << 8)));
    let edges = [0, 1, 2, u64::MAX - 1, u64::MAX, 1 << 31, 1 << 63];
    for word in edges.into_iter().chain(quarters) {
        let mut z = [0.0_f32; 4];
        StudentT::new([1.0, 3.0, 1e6, f32::MAX], 0.0).sample(&mut Stuck(word), &mut z);
        assert!(z.iter().all(|z| z.is_finite()), "{z:?} of {word:#x}");
        let mut z = [0.0_f64; 4];
        StudentT::new([1.0, 3.0, 1e6, f64::MAX], 0.0).sample(&mut Stuck(word), &mut z);
        assert!(z.iter().all(|z| z.is_finite()), "{z:?} of {word:#x}");
    }
    for word in [0, 1, 2, u64::MAX - 1, u64::MAX] {
        let mut z = [0.0_f32; 4];
        StandardNormal.sample(&mut Stuck(word), &mut z[..2]);
        StandardLogistic.sample(&mut Stuck(word), &mut z[2..]);
        assert!(z.iter().all(|z| z.is_finite()), "{z:?}");
    }
}

/// A sampler with a fault.
struct Faulty(fn(&mut [f64]));

impl Base<f64> for Faulty {
    fn log_prob(&self, z: &[f64]) -> f64 {
        StandardNormal.log_prob(z)
    }
    fn sample<R: rand_core::Rng + ?Sized>(&self, rng: &mut R, z: &mut [f64]) {
        StandardNormal.sample(rng, z);
        (self.0)(z);
    }
}

#[test]
#[cfg_attr(miri, ignore = "takes thousands of samples")]
fn a_faulty_sampler_is_reported() {
    let report = |fault| follows(Faulty(fault), normal_cdf);
    assert_eq!(report(|_| ()), Ok(()));
    assert!(report(|z| z[0] *= 1.05).unwrap_err().contains("feature 0: Kolmogorov"), "too wide");
    assert!(report(|z| z[2] += 0.03).unwrap_err().contains("feature 2: Kolmogorov"), "off centre");
    assert!(report(|z| z[1] = z[1].clamp(-2.8, 2.8)).unwrap_err().contains("beyond 3"), "no tails");
    assert!(
        report(|z| z[1] = z[0]).unwrap_err().contains("not independent"),
        "the same feature twice"
    );
    assert!(
        report(|z| z[1] = z[0].abs() * z[1].signum()).unwrap_err().contains("not independent"),
        "the same sizes"
    );
}

/// A sampler of Student's t with a fault.
struct FaultyStudent {
    /// Power minus one where the digits that its rounding took are gone.
    naive: bool,
    /// Sine and cosine of one direction, with one radius.
    pairs: bool,
    /// Of the degrees of freedom.
    factor: f32,
}

impl Base<f32> for FaultyStudent {
    fn log_prob(&self, _: &[f32]) -> f32 {
        0.0
    }
    fn sample<R: rand_core::Rng + ?Sized>(&self, rng: &mut R, z: &mut [f32]) {
        let nu = if self.naive { NEARLY_NORMAL as f32 } else { 3.0 * self.factor };
        for pair in z.chunks_mut(if self.pairs { 2 } else { 1 }) {
            let (u, _) = f32::draw(rng);
            let (cos, sin) = f32::direction(rng);
            let power = Real::exp(-2.0 / nu * Real::ln(u));
            let radius = Real::sqrt(nu * (power - 1.0));
            pair.iter_mut().zip([cos, sin]).for_each(|(z, along)| *z = radius * along);
        }
    }
}

#[test]
#[cfg_attr(miri, ignore = "takes thousands of samples")]
fn a_faulty_sampler_of_student_is_reported() {
    let right = FaultyStudent { naive: false, pairs: false, factor: 1.0 };
    assert_eq!(follows(right, student_cdf(3.0)), Ok(()));
    let report = |faulty| follows(faulty, student_cdf(3.0)).unwrap_err();
    let rounded = FaultyStudent { naive: true, pairs: false, factor: 1.0 };
    assert!(follows(rounded, normal_cdf).unwrap_err().contains("Kolmogorov"), "digits lost");
    let pairs = FaultyStudent { naive: false, pairs: true, factor: 1.0 };
    assert!(report(pairs).contains("not independent"), "a shared radius");
    let other = FaultyStudent { naive: false, pairs: false, factor: 1.3 };
    assert!(report(other).contains("feature 0"), "other degrees of freedom");
}

/// Two features of three components with full covariances.
fn clusters<T: Real>() -> Mixture<T, 2, 3, 1> {
    let t = T::from_f32;
    let weights = [0.25_f32, 0.25, 0.5];
    let scale = [[2.0_f32, 0.5], [1.0, 1.0], [0.25, 4.0]];
    let log_norm = |k: usize| {
        let norm = weights[k] * scale[k][0] * scale[k][1] / (2.0 * std::f32::consts::PI);
        t(norm).ln()
    };
    Mixture::new(
        [t(0.25), t(0.5), t(1.0)],
        [log_norm(0), log_norm(1), log_norm(2)],
        [[t(-3.0), t(1.0)], [t(0.0), t(0.0)], [t(5.0), t(-2.0)]],
        scale.map(|scale| scale.map(t)),
        [[t(-0.75)], [t(0.5)], [t(1.5)]],
    )
}

/// y starts at a (z - m), adds the products in the order of j, squares add up in index order, and
/// exps of what is left below the largest add up in index order.
#[test]
fn log_prob_of_a_mixture_has_the_bits_of_its_documented_order() {
    let base = clusters::<f32>();
    for i in (0..400).step_by(if cfg!(miri) { 37 } else { 1 }) {
        let z = [(i % 20) as f32 * 0.7 - 6.0, (i / 20) as f32 * 0.4 - 4.0];
        let part = |k: usize| {
            let d = [z[0] - base.mean[(0, k)], z[1] - base.mean[(1, k)]];
            let y_0 = base.scale[(0, k)] * d[0];
            let y_1 = base.scale[(1, k)] * d[1] + base.factor()[(0, k)] * d[0];
            base.log_norm[k] - 0.5 * (y_0 * y_0 + y_1 * y_1)
        };
        let parts = [part(0), part(1), part(2)];
        let largest = parts.into_iter().fold(f32::NEG_INFINITY, f32::max);
        let sum = parts.iter().fold(0.0, |sum, part| sum + Real::exp(part - largest));
        let expected = largest + libm::logf(sum);
        assert_eq!(base.log_prob(&z).to_bits(), expected.to_bits(), "{z:?}");
    }
}

/// Far out it is that of the widest component; where squares overflow it is impossible.
#[test]
fn log_prob_of_a_mixture_far_out_is_finite_or_impossible() {
    let base = clusters::<f32>();
    assert!((base.log_prob(&[1e6, 0.0]) / -6.25e11 - 1.0).abs() < 1e-4);
    for far in [1e20, f32::MAX, f32::INFINITY, f32::NEG_INFINITY, f32::NAN] {
        assert_eq!(base.log_prob(&[far, 0.0]), f32::NEG_INFINITY, "{far}");
        assert_eq!(base.log_prob(&[0.0, far]), f32::NEG_INFINITY, "{far}");
    }
}

/// The share of each component, and its mean and covariance, are those of its samples.
#[test]
#[cfg_attr(miri, ignore = "takes thousands of samples")]
fn samples_of_a_mixture_come_from_its_components() {
    let base = clusters::<f64>();
    let mut rng = rng(9);
    let mut points: [Vec<[f64; 2]>; 3] = Default::default();
    for _ in 0..SAMPLES {
        // The component that a word draws is the one whose part it falls into.
        let mut look = rng.clone();
        let (u, _) = <f64 as Real>::draw(&mut look);
        let mut z = [0.0; 2];
        base.sample(&mut rng, &mut z);
        points[base.upto.iter().position(|&upto| u <= upto).unwrap()].push(z);
    }
    for (k, points) in points.iter().enumerate() {
        let n = points.len() as f64;
        let share = [0.25, 0.25, 0.5][k];
        let limit = 5.0 / (SAMPLES as f64).sqrt();
        assert!((n / SAMPLES as f64 - share).abs() < limit, "{k}: {n}");
        // Made standard, they have mean 0 and the identity as covariance.
        let y: Vec<[f64; 2]> = points
            .iter()
            .map(|z| {
                let d = [z[0] - base.mean[(0, k)], z[1] - base.mean[(1, k)]];
                let y_0 = base.scale[(0, k)] * d[0];
                [y_0, base.scale[(1, k)] * d[1] + base.factor()[(0, k)] * d[0]]
            })
            .collect();
        let mean = |f: &dyn Fn(&[f64; 2]) -> f64| y.iter().map(f).sum::<f64>() / n;
        let limit = 10.0 / n.sqrt();
        for found in [mean(&|y| y[0]), mean(&|y| y[1]), mean(&|y| y[0] * y[1])] {
            assert!(found.abs() < limit, "{k}: {found}");
        }
        for found in [mean(&|y| y[0] * y[0]), mean(&|y| y[1] * y[1])] {
            assert!((found - 1.0).abs() < limit, "{k}: {found}");
        }
    }
}
