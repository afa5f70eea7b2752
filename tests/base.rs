//! The base samplers against their distributions, in f32 and f64: Kolmogorov-Smirnov, tails,
//! independence, reach.
//!
//! The Kolmogorov-Smirnov limit is that of `common/statistics.rs`; all other limits are five
//! standard deviations. Passing does not prove that samples follow the distribution, but each fault
//! at the end of this file shows.

mod common;

use common::{kolmogorov_smirnov, rng};
use core::convert::Infallible;
use couplet::{Base, Real, StandardLogistic, StandardNormal};
use rand_core::TryRng;

fn normal_cdf(x: f64) -> f64 {
    0.5 * libm::erfc(-x / 2_f64.sqrt())
}

fn logistic_cdf(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
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
    cdf: fn(f64) -> f64,
    variance: f64,
) -> Result<(), String> {
    let samples = samples(base);
    let n = SAMPLES as f64;
    let mean = |f: &dyn Fn(&[f64; 3]) -> f64| samples.iter().map(f).sum::<f64>() / n;
    let five_sigma = 5.0 / n.sqrt();

    for i in 0..3 {
        let mut feature: Vec<f64> = samples.iter().map(|z| z[i]).collect();
        let distance = kolmogorov_smirnov(&mut feature, cdf);
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
        // Box and Muller's pairs share a radius, so look at the squares, too.
        let j = (i + 1) % 3;
        let correlation = mean(&|z| z[i] * z[j]) / variance;
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

const NORMAL: f64 = 1.0;
const LOGISTIC: f64 = core::f64::consts::PI * core::f64::consts::PI / 3.0;

#[test]
#[cfg_attr(miri, ignore = "takes thousands of samples")]
fn normal_samples_are_normal() {
    follows::<f32>(StandardNormal, normal_cdf, NORMAL).unwrap();
    follows::<f64>(StandardNormal, normal_cdf, NORMAL).unwrap();
}

#[test]
#[cfg_attr(miri, ignore = "takes thousands of samples")]
fn logistic_samples_are_logistic() {
    follows::<f32>(StandardLogistic, logistic_cdf, LOGISTIC).unwrap();
    follows::<f64>(StandardLogistic, logistic_cdf, LOGISTIC).unwrap();
}

#[test]
fn log_prob_is_the_slope_of_the_distribution() {
    for i in -60..=60 {
        let z = f64::from(i) / 10.0;
        let slope = |cdf: fn(f64) -> f64| (cdf(z + 1e-5) - cdf(z - 1e-5)) / 2e-5;
        assert!(
            (StandardNormal.log_prob(&[z]).exp() - slope(normal_cdf)).abs() < 1e-10,
            "normal at {z}"
        );
        assert!(
            (StandardLogistic.log_prob(&[z]).exp() - slope(logistic_cdf)).abs() < 1e-10,
            "logistic at {z}"
        );
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
}

#[test]
fn log_prob_far_out_neither_overflows_nor_vanishes() {
    for z in [200.0_f32, -200.0] {
        assert_eq!(StandardLogistic.log_prob(&[z]), -200.0);
        assert!((StandardNormal.log_prob(&[z]) + 20_000.92).abs() < 0.01);
    }
    assert_eq!(StandardLogistic.log_prob(&[f32::MAX]), f32::MIN);
    assert_eq!(StandardLogistic.log_prob(&[f32::MIN]), f32::MIN);
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
    let report = |fault| follows(Faulty(fault), normal_cdf, NORMAL);
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
