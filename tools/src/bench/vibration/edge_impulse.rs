//! The features of Edge Impulse's block "spectral analysis", version 4, for comparison: written from
//! what its public Python computes, with an FFT of 16, half overlapped, and logarithms.

use std::f64::consts::TAU;

/// The length of an FFT.
const LENGTH: usize = 16;

/// Root mean square, skewness and kurtosis of the window less its mean; skewness and kurtosis of the
/// power spectrum; and log10 of the power at each frequency above 0, of which the largest over short
/// stretches is taken.
pub fn features(window: &[f32]) -> Vec<f32> {
    let mean = window.iter().map(|&x| f64::from(x)).sum::<f64>() / window.len() as f64;
    let x: Vec<f64> = window.iter().map(|&x| f64::from(x) - mean).collect();
    let power = largest_power(&x);
    let [_, rms, skewness, kurtosis] = moments(&x);
    let [.., spectral_skewness, spectral_kurtosis] = moments(&power);
    let logarithms = power[1..].iter().map(|&p| if p == 0.0 { 1e-10 } else { p }.log10());
    let features = [rms, skewness, kurtosis, spectral_skewness, spectral_kurtosis];
    features.into_iter().chain(logarithms).map(|x| x as f32).collect()
}

/// |FFT|^2 / length of stretches that overlap by half, the last ones filled up with 0: the largest
/// at each frequency.
fn largest_power(x: &[f64]) -> Vec<f64> {
    let mut largest = vec![0.0_f64; LENGTH / 2 + 1];
    for start in (0..=x.len()).step_by(LENGTH / 2) {
        let stretch = &x[start..x.len().min(start + LENGTH)];
        for (k, largest) in largest.iter_mut().enumerate() {
            let (mut re, mut im) = (0.0, 0.0);
            for (n, x) in stretch.iter().enumerate() {
                let (sin, cos) = (TAU * (k * n) as f64 / LENGTH as f64).sin_cos();
                re += x * cos;
                im -= x * sin;
            }
            *largest = largest.max((re * re + im * im) / LENGTH as f64);
        }
    }
    largest
}

/// Mean, standard deviation, skewness and excess kurtosis, none of them corrected for bias.
fn moments(x: &[f64]) -> [f64; 4] {
    let count = x.len() as f64;
    let mean = x.iter().sum::<f64>() / count;
    let moment = |power: i32| x.iter().map(|x| (x - mean).powi(power)).sum::<f64>() / count;
    let deviation = moment(2).sqrt();
    [mean, deviation, moment(3) / deviation.powi(3), moment(4) / deviation.powi(4) - 3.0]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From a program in Python that follows the block step by step.
    #[test]
    fn features_are_those_of_a_program_in_python() {
        let window: Vec<f32> = (0..64)
            .map(|i| {
                let t = f64::from(i);
                (0.3 + (0.7 * t).sin() + 0.2 * (2.9 * t).cos() + 0.01 * t) as f32
            })
            .collect();
        let found = features(&window);
        let expected: [f64; 13] = [
            0.7203943, -0.0059712, -1.2199426, 2.4161311, 3.9581246, -0.3259217, 0.6087269,
            -0.3812668, -1.0180617, -0.9592768, -1.1957771, -0.6971883, -0.5325632,
        ];
        assert_eq!(found.len(), expected.len());
        for (i, (found, expected)) in found.iter().zip(expected).enumerate() {
            assert!((f64::from(*found) - expected).abs() < 1e-5, "{i}: {found}, {expected}");
        }
    }
}
