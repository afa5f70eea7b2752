use super::{sums::WeightedSums, *};
use couplet::{Base as _, StandardNormal};
use rand_core::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use std::f64::consts::TAU;

fn features(d: usize) -> Vec<String> {
    (0..d).map(|i| format!("x{i}")).collect()
}

fn normal(count: usize, seed: u64) -> Vec<f32> {
    let mut values = vec![0.0; count];
    StandardNormal.sample(&mut Xoshiro256PlusPlus::seed_from_u64(seed), &mut values);
    values
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// A third each of three Gaussians in space, with their true log-density: m + s A z, where A is
/// a shear of determinant 1.
fn three_gaussians(count: usize, seed: u64) -> (Vec<f32>, Vec<f64>) {
    const PARTS: [([f64; 3], f64); 3] =
        [([0.0; 3], 1.0), ([3.0, 0.0, -2.0], 0.5), ([-1.0, 2.5, 1.0], 0.2)];
    let mut rows = Vec::new();
    for (i, z) in normal(3 * count, seed).chunks_exact(3).enumerate() {
        let (m, s) = PARTS[i % 3];
        let z = [z[0], z[1], z[2]].map(f64::from);
        rows.extend(
            [m[0] + s * z[0], m[1] + s * (z[1] + 2.0 * z[0]), m[2] + s * (z[2] - z[1])]
                .map(|x| x as f32),
        );
    }
    let log_prob = |row: &[f32]| {
        let density = |(m, s): ([f64; 3], f64)| {
            let u: Vec<f64> = row.iter().zip(m).map(|(&x, m)| (f64::from(x) - m) / s).collect();
            let z = [u[0], u[1] - 2.0 * u[0], u[2] + u[1] - 2.0 * u[0]];
            (-0.5 * z.iter().map(|z| z * z).sum::<f64>()).exp() / (s * s * s * TAU.powf(1.5)) / 3.0
        };
        PARTS.map(density).iter().sum::<f64>().ln()
    };
    let truth = rows.chunks_exact(3).map(log_prob).collect();
    (rows, truth)
}

#[test]
fn one_gaussian_is_the_closed_form() -> anyhow::Result<()> {
    let rows = [1.0, 2.0, 3.0, -1.0, 0.5, 4.0, 2.5, 2.5, -3.0, 0.0_f32];
    let sums = |f: &dyn Fn(f64, f64) -> f64| {
        rows.chunks(2).map(|row| f(f64::from(row[0]) - 0.8, f64::from(row[1]) - 1.5)).sum::<f64>()
            / 5.0
    };
    let [a, b, c] = [sums(&|x, _| x * x), sums(&|x, y| x * y), sums(&|_, y| y * y)];
    let determinant = a * c - b * b;
    let expected = |x: f64, y: f64| {
        let (x, y) = (x - 0.8, y - 1.5);
        -0.5 * (c * x * x - 2.0 * b * x * y + a * y * y) / determinant
            - 0.5 * determinant.ln()
            - TAU.ln()
    };
    let gaussian = fit(&features(2), &rows, 1, 1)?;
    assert_eq!((gaussian.components.len(), gaussian.bytes()), (1, 24));
    for (x, y) in [(0.8, 1.5), (3.0, -1.0), (-20.0, 7.0)] {
        let (found, expected) =
            (gaussian.log_probs(&[x as f32, y as f32])[0], expected(f64::from(x as f32), y));
        assert!(
            (found - expected).abs() < 1e-5 * expected.abs(),
            "({x}, {y}): {found} is not {expected}"
        );
    }
    Ok(())
}

#[test]
fn a_mixture_is_found_again() -> anyhow::Result<()> {
    let (training, _) = three_gaussians(9000, 1);
    let (held_out, truth) = three_gaussians(9000, 2);
    let mixture = choose(&features(3), &training, 8 * 40, 1, |_| ())?
        .expect("eight Gaussians fit into the bytes");
    assert!(mixture.bytes() <= 8 * 40, "{} bytes", mixture.bytes());
    let (found, truth) = (mean(&mixture.log_probs(&held_out)), mean(&truth));
    assert!((found - truth).abs() < 0.02, "{found} is not {truth}");
    let one = mean(&fit(&features(3), &training, 1, 1)?.log_probs(&held_out));
    assert!(one < truth - 0.5, "one Gaussian, {one}, would do for {truth}");
    Ok(())
}

#[test]
fn likelihoods_of_the_held_out_rows_choose_not_of_the_training_rows() -> anyhow::Result<()> {
    // A hundred rows of one Gaussian, and bytes for more components than they can tell apart.
    let mixture = choose(&features(2), &normal(200, 3), 1 << 20, 1, |_| ())?.expect("a mixture");
    assert!(
        mixture.components.len() < 8,
        "{} components on a hundred rows",
        mixture.components.len()
    );
    Ok(())
}

#[test]
fn samples_have_the_moments_of_a_scaled_gaussian() -> anyhow::Result<()> {
    let rows: Vec<f32> =
        normal(600, 6).chunks(2).flat_map(|z| [3.0 + z[0], 5.0 * z[0] - 2.0 * z[1]]).collect();
    let gaussian = fit(&features(2), &rows, 1, 1)?.scaled(1.0, 4.0);
    let rng = &mut Xoshiro256PlusPlus::seed_from_u64(7);
    let samples: Vec<f32> = (0..20_000).flat_map(|_| gaussian.sample(rng)).collect();
    let [training, samples] = [&rows, &samples].map(|rows| {
        let mut sums = WeightedSums::around(&[0.0, 0.0]);
        rows.chunks(2).for_each(|row| sums.add(1.0, &[row[0].into(), row[1].into()]));
        sums.moments()
    });
    for (found, expected) in samples.1.iter().zip(&training.1) {
        assert!((found / expected - 4.0).abs() < 0.2, "{samples:?} beside {training:?}");
    }
    assert!((samples.0[0] - training.0[0]).abs() < 0.1, "{samples:?} beside {training:?}");
    // The density that was drawn from is the one that is measured: its mean is minus the
    // entropy.
    let rows: Vec<f32> = (0..20_000).flat_map(|_| gaussian.sample(rng)).collect();
    let covariance = training.1.iter().map(|x| 4.0 * x).collect::<Vec<_>>();
    let entropy =
        TAU.ln() + 1.0 + 0.5 * (covariance[0] * covariance[2] - covariance[1] * covariance[1]).ln();
    assert!((mean(&gaussian.log_probs(&rows)) + entropy).abs() < 0.05);
    Ok(())
}

#[test]
fn few_bytes_hold_no_mixture() -> anyhow::Result<()> {
    let rows = normal(200, 3);
    assert!(choose(&features(2), &rows, 47, 1, |_| ())?.is_none());
    assert_eq!(
        choose(&features(2), &rows, 48, 1, |_| ())?.map(|mixture| mixture.bytes()),
        Some(48)
    );
    Ok(())
}

#[test]
fn rows_in_a_plane_on_a_line_or_in_points_have_a_finite_density() -> anyhow::Result<()> {
    let z = normal(600, 4);
    let plane: Vec<f32> = z.chunks(2).flat_map(|z| [z[0], z[1], z[0] - 3.0 * z[1]]).collect();
    let line: Vec<f32> = z.iter().flat_map(|&z| [z, 2.0 * z, 1e6 + 1e3 * z]).collect();
    let points: Vec<f32> =
        (0..300).flat_map(|i| if i % 7 == 0 { [1.0, 2.0, 3.0] } else { [0.0; 3] }).collect();
    for (rows, missing) in [(plane, 1.0), (line, 2.0), (points, 2.0)] {
        for count in [1, 2, 5, 20] {
            let mixture = fit(&features(3), &rows, count, 1)?;
            let log_probs = mixture.log_probs(&rows);
            assert!(
                log_probs.iter().all(|log_prob| log_prob.is_finite()),
                "{count} components: {log_probs:?}"
            );
            let weights: f64 =
                mixture.components.iter().map(|component| component.log_weight.exp()).sum();
            assert!(
                (weights - 1.0).abs() < 1e-9,
                "{count} components: the weights add up to {weights}"
            );
            if count == 1 {
                // Independent features have a density too; each missing dimension adds about
                // ln(1e6) / 2 to it.
                let ln_std: f64 =
                    mixture.standardize.std.iter().map(|std| f64::from(*std).ln()).sum();
                let gain = mean(&log_probs) + ln_std + 1.5 * (TAU.ln() + 1.0);
                assert!(
                    (5.0 * missing..8.5 * missing).contains(&gain),
                    "{missing} dimensions are missing: {gain}"
                );
            }
        }
    }
    Ok(())
}

#[test]
fn moments_do_not_depend_on_the_centre() {
    let points = [([1.0, 2.0], 0.5), ([4.0, -1.0], 2.0), ([0.0, 3.0], 1.5)];
    // means (8.5, 3.5) / 4, squares (32.5, 17.5) / 4, product -7 / 4
    let (mx, my) = (8.5 / 4.0, 3.5 / 4.0);
    let expected = [mx, my, 32.5 / 4.0 - mx * mx, -7.0 / 4.0 - mx * my, 17.5 / 4.0 - my * my];
    for centre in [[0.0, 0.0], [3.0, -2.0]] {
        let [mut first, mut second] =
            [WeightedSums::around(&centre), WeightedSums::around(&centre)];
        first.add(points[0].1, &points[0].0);
        second.add(points[1].1, &points[1].0);
        second.add(points[2].1, &points[2].0);
        first.merge(&second);
        let (mean, covariance) = first.moments();
        for (found, expected) in mean.iter().chain(&covariance).zip(expected) {
            assert!((found - expected).abs() < 1e-12, "{mean:?} {covariance:?}");
        }
    }
}

#[test]
fn threads_do_not_change_the_bits() -> anyhow::Result<()> {
    let (rows, _) = three_gaussians(3001, 5);
    let with = |threads| -> anyhow::Result<Vec<f64>> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
        pool.install(|| Ok(fit(&features(3), &rows, 5, 1)?.log_probs(&rows)))
    };
    assert!(with(1)? == with(3)?);
    Ok(())
}
