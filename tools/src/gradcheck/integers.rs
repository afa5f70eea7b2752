//! What holds for a flow whose conditioners are integers: it has no gradients, but it is invertible
//! and knows its log_det.
//!
//! A conditioner of integers is a step function. A coupling comes back exactly for the same half that
//! conditions. On the way through a whole flow and back, a rounding may take an input over a step:
//! nearly all points come back, and none far off.

use super::{Check, points::samples};
use crate::model::{Arithmetic, Flow, Layer, Model, Tape, Transform, Workspace};
use couplet::Real;

/// Samples that are looked at.
const SAMPLES: usize = 4096;

/// Points in a block.
const POINTS: usize = 64;

/// The part of all points that must come back as near as rounding lets them.
const MOST: f64 = 0.99;

/// All checks of a flow of integers.
pub fn integers(model: &Model, seed: u64) -> Vec<Check> {
    let Model { flow, parameters: p, .. } = model;
    let rows: Vec<f32> = samples(flow, p, SAMPLES, seed);
    let mut checks = couplings(flow, p, &rows);
    checks.extend(whole(flow, p, &rows));
    checks.extend((flow.description.width() == 2).then(|| integral(model)));
    checks
}

/// Each coupling and back for the same half, relative to the largest feature on the way, and its
/// log_det against that of the way back.
fn couplings(flow: &Flow, p: &[f32], rows: &[f32]) -> Vec<Check> {
    let bound = |layer: &Layer| match layer.coupling().map(|coupling| coupling.transform) {
        Some(Transform::Spline(_)) => 1e-4,
        _ => 1e-6,
    };
    let named =
        |what: &str, layer: &Layer, bound| Check::new(format!("{what} {}", layer.name()), bound);
    let is_coupling = |layer: &&Layer| layer.coupling().is_some();
    let mut trips: Vec<[Check; 2]> = flow
        .layers
        .iter()
        .filter(is_coupling)
        .map(|layer| {
            [named("inverse of", layer, bound(layer)), named("log_det of", layer, bound(layer))]
        })
        .collect();
    let mut space = Workspace::<f32, POINTS>::new(flow, Arithmetic::Device);
    for rows in rows.chunks(POINTS * flow.description.width()) {
        space.load(rows);
        flow.standardize.forward(&mut space.x, &mut space.log_det);
        let mut checks = trips.iter_mut();
        for (l, layer) in flow.layers.iter().enumerate() {
            let before = space.x.clone();
            space.log_det = [0.0; POINTS];
            flow.forward_layer(l, p, &mut space);
            if layer.coupling().is_none() {
                continue;
            }
            let Some([trip, log_det]) = checks.next() else { break };
            let mut back = (space.x.clone(), space.log_det);
            let Tape::Coupling(_) = &mut space.tapes[l] else { continue };
            let Workspace { tapes, scratch, .. } = &mut space;
            layer.inverse(Arithmetic::Device, p, &mut back.0, &mut back.1, &mut tapes[l], scratch);
            for point in 0..POINTS {
                let sizes = before.iter().chain(space.x.iter()).map(|x| f64::from(x[point]).abs());
                let size = sizes.fold(1.0, f64::max);
                for (back, before) in back.0.iter().zip(before.iter()) {
                    let error = f64::from(back[point] - before[point]).abs() / size;
                    trip.see(error, trip.bound, || format!("sample {point}"));
                }
                let error = f64::from(back.1[point]).abs();
                log_det.see(error, log_det.bound, || format!("sample {point}"));
            }
        }
    }
    trips.into_iter().flatten().collect()
}

/// The whole flow and back, in standard deviations: 99 % of the points, and all.
fn whole(flow: &Flow, p: &[f32], rows: &[f32]) -> [Check; 2] {
    let (d, width) = (flow.description.dimension(), flow.description.width());
    let (z, _) = flow.latents(p, rows);
    let (back, _) = flow.data(p, &z);
    let error = |(x, back): (&[f32], &[f32])| {
        let errors = (0..d).map(|i| {
            let std = f64::from(flow.standardize.std[i]);
            // A reading far from 0 in standard deviations comes with rounding of its own.
            let size = (f64::from(x[i]) / std).abs().max(1.0);
            (f64::from(x[i]) - f64::from(back[i])).abs() / std / size
        });
        errors.fold(0.0, f64::max)
    };
    let mut errors: Vec<f64> = rows.chunks(width).zip(back.chunks(width)).map(error).collect();
    errors.sort_by(f64::total_cmp);
    let most = errors[(errors.len() as f64 * MOST) as usize - 1];
    let all = errors[errors.len() - 1];
    let mut checks = [
        Check::new("flow and back, 99 % of points, in std", 1e-5),
        Check::new("flow and back, all points, in std", 1e-2),
    ];
    for (check, error) in checks.iter_mut().zip([most, all]) {
        (check.error, check.at) = (error, format!("{SAMPLES} samples"));
    }
    checks
}

/// The integral of a density of two features, by a grid over what holds nearly all of it.
fn integral(model: &Model) -> Check {
    const STEPS: usize = 1000;
    const REACH: f64 = 12.0; // standard deviations
    let [mean, std] = [&model.flow.standardize.mean, &model.flow.standardize.std];
    let at = |feature: usize, step: usize| {
        let z = REACH * ((2 * step + 1) as f64 / STEPS as f64 - 1.0);
        f64::from(mean[feature]) + f64::from(std[feature]) * z
    };
    let cell: f64 = std.iter().map(|&std| f64::from(std) * 2.0 * REACH / STEPS as f64).product();
    let sum: f64 = (0..STEPS)
        .map(|i| {
            let row: Vec<f32> =
                (0..STEPS).flat_map(|j| [at(0, i) as f32, at(1, j) as f32]).collect();
            model.log_probs(&row).iter().map(|&it| f64::from_f32(it).exp()).sum::<f64>()
        })
        .sum();
    let mut check = Check::new("integral of the density against 1", 1e-3);
    check.see((sum * cell - 1.0).abs(), 1e-3, || format!("{}", sum * cell));
    check
}
