use super::{cases, normal, rng};
use couplet::nalgebra::SVector;
use couplet::{Band, Window};
use std::f64::consts::{PI, SQRT_2, TAU};

const N: usize = 256;
const OFFSET: f32 = 0.7;

/// Six octaves and a bin, and the same in f64.
fn bands() -> [Band<f32>; 7] {
    std::array::from_fn(|i| if i < 6 { Band::octave(i as u8) } else { Band::bin(0.11) })
}

/// A tone, its harmonics and noise about the offset.
fn signal(seed: u64, count: usize) -> Vec<f32> {
    let mut rng = rng(seed);
    let tone = |n: usize, cycles: f64| (TAU * cycles * n as f64).sin();
    let sample = |n| {
        0.8 + 0.5 * tone(n, 0.0123)
            + 0.3 * tone(n, 0.11)
            + 0.2 * tone(n, 0.31)
            + 0.1 * normal(&mut rng)
    };
    (0..count).map(sample).map(|x| x as f32).collect()
}

/// The features of all windows by their definitions, in f64, with all samples in memory.
fn batch(signal: &[f32]) -> Vec<[f64; 10]> {
    let x: Vec<f64> = signal.iter().map(|&x| f64::from(x) - f64::from(OFFSET)).collect();
    let at = |x: &[f64], n: usize, back: usize| n.checked_sub(back).map_or(0.0, |n| x[n]);
    let octaves: Vec<Vec<f64>> = (0..6)
        .map(|octave| {
            let w = PI * 2_f64.powf(-0.5 - f64::from(octave));
            let alpha = w.sin() / (2.0 * SQRT_2);
            let (a0, a1, a2) = (1.0 + alpha, -2.0 * w.cos(), 1.0 - alpha);
            let mut y = Vec::new();
            for n in 0..x.len() {
                let input = alpha * x[n] - alpha * at(&x, n, 2);
                y.push((input - a1 * at(&y, n, 1) - a2 * at(&y, n, 2)) / a0);
            }
            y
        })
        .collect();
    let window = |k: usize| {
        let range = k * N..(k + 1) * N;
        let mean =
            |values: &dyn Fn(usize) -> f64| range.clone().map(values).sum::<f64>() / N as f64;
        let mut features = [0.0; 10];
        for (feature, y) in features.iter_mut().zip(&octaves) {
            *feature = (mean(&|n| y[n] * y[n]) + 1e-9).ln();
        }
        let w = TAU * 0.11;
        let real = mean(&|n| x[n] * (w * (n - k * N) as f64).cos());
        let imaginary = mean(&|n| x[n] * (w * (n - k * N) as f64).sin());
        features[6] = (2.0 * (real * real + imaginary * imaginary) + 1e-9).ln();
        let center = mean(&|n| x[n]);
        let variance = mean(&|n| (x[n] - center).powi(2));
        features[7] = 0.5 * variance.ln();
        features[8] = (mean(&|n| (x[n] - center).powi(4)) / variance.powi(2)).ln();
        let peak = range.clone().map(|n| (x[n] - center).abs()).fold(0.0, f64::max);
        features[9] = (peak / variance.sqrt()).ln();
        features
    };
    (0..signal.len() / N).map(window).collect()
}

/// The features of each window, as a device takes them.
fn stream(window: &mut Window<f32, 7>, signal: &[f32]) -> Vec<Option<SVector<f32, 10>>> {
    let one = |samples: &[f32]| {
        samples.iter().for_each(|&x| window.push(x));
        window.features()
    };
    signal.chunks_exact(N).map(one).collect()
}

#[track_caller]
fn assert_close(features: &SVector<f32, 10>, expected: &[f64; 10], tolerance: f64) {
    for (i, (&feature, expected)) in features.iter().zip(expected).enumerate() {
        assert!(
            (f64::from(feature) - expected).abs() < tolerance,
            "{i}: {feature} instead of {expected}"
        );
    }
}

#[test]
fn features_are_those_of_a_batch_in_f64() {
    let signal = signal(1, N * (1 + cases(40)));
    let expected = batch(&signal);
    let features = stream(&mut Window::new(OFFSET, bands()), &signal);
    assert_eq!(features[0], None, "the filters settle");
    for (features, expected) in features.iter().zip(&expected).skip(1) {
        assert_close(&features.unwrap(), expected, 5e-5);
    }
}

#[test]
#[cfg_attr(miri, ignore = "takes a minute")]
fn a_tone_is_in_its_band_with_half_its_squared_amplitude() {
    for octave in 0..6 {
        let cycles = 0.5 * 2_f64.powf(-0.5 - f64::from(octave));
        let mut window = Window::new(0.0, [Band::octave(octave), Band::bin(cycles)]);
        let mut features = None;
        for n in 0..8 * 1024 {
            window.push((3.0 * (TAU * cycles * n as f64).sin()) as f32);
            if n % 1024 == 1023 {
                features = window.features::<5>();
            }
        }
        for power in features.unwrap().iter().take(2) {
            assert!((power - 4.5_f32.ln()).abs() < 0.1, "octave {octave}: {power}");
        }
    }
}

#[test]
fn a_sample_that_is_not_finite_spoils_its_window_and_no_other() {
    let signal = signal(2, N * 6);
    let expected = batch(&signal);
    // Miri takes a second for a few thousand samples.
    let [few, places] = if cfg!(miri) { [1, 1] } else { [6, 3] };
    let strange = [f32::NAN, f32::MAX, f32::INFINITY, f32::NEG_INFINITY, -f32::MAX, 1e25];
    for strange in strange.into_iter().take(few) {
        for place in [2 * N + 100, 2 * N, 3 * N - 1].into_iter().take(places) {
            let mut spoilt = signal.clone();
            spoilt[place] = strange;
            let features = stream(&mut Window::new(OFFSET, bands()), &spoilt);
            assert_eq!(features[0], None);
            assert_close(&features[1].unwrap(), &expected[1], 5e-5);
            let bits = features[2].unwrap().map(f32::to_bits);
            assert!(bits.iter().all(|&bits| bits == f32::NAN.to_bits()), "{strange} at {place}");
            assert_eq!(features[3], None, "the filters settle again");
            assert_close(&features[4].unwrap(), &expected[4], 2e-3);
            // As if it had begun there.
            let fresh = stream(&mut Window::new(OFFSET, bands()), &signal[3 * N..]);
            assert_eq!(features[3..], fresh[..]);
        }
    }
}

#[test]
fn a_dead_sensor_has_finite_features() {
    let levels = if cfg!(miri) { 1 } else { 4 };
    for level in [OFFSET, 0.0, -3.0, 1e4].into_iter().take(levels) {
        let features = stream(&mut Window::new(OFFSET, bands()), &[level; 8 * N]);
        let features = features.last().unwrap().unwrap();
        assert!(features.iter().all(|feature| feature.is_finite()), "{level}: {features}");
        assert!(features[8].abs() < 1e-3, "kurtosis {}", features[8]);
    }
}

#[test]
fn no_sample_gives_no_features() {
    let mut window = Window::new(OFFSET, bands());
    assert_eq!(window.features::<10>(), None);
    window.push(f32::NAN);
    assert!(window.features::<10>().is_some_and(|features| features.iter().all(|x| x.is_nan())));
    assert_eq!(window.features::<10>(), None);
}

/// Moments cancel where the offset is far from the mean, but never to NaN.
#[test]
fn a_wrong_offset_is_no_nan() {
    for offset in [1e5, 1e4, 1e3, 1e2].into_iter().take(if cfg!(miri) { 1 } else { 4 }) {
        let mut window = Window::new(offset, bands());
        for features in stream(&mut window, &signal(3, 4 * N)).into_iter().skip(1) {
            let features = features.unwrap();
            assert!(features.iter().all(|feature| feature.is_finite()), "{offset}: {features}");
            assert!(features[8] >= -1e-3, "a kurtosis below 1");
        }
    }
}
