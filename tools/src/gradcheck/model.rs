//! Properties of the whole model: log_det, the inverse, and the device's precision.

use super::{Check, local::Local, points::samples};
use crate::model::{Arithmetic, Flow, Model, Workspace};
use couplet::Real;

/// log_det against ln|det J|, with J by differences: of the latents by the standardised features,
/// and of these by the data.
///
/// The bound is 1e-6, or where it is larger, what the differences are uncertain by: see
/// [`Local::ln_det`], and for the standardisation 2 epsilon |x| / std for each feature.
pub fn jacobian(flow: &Flow, p: &[f64], x: &[f64]) -> Check {
    let mut check = Check::new("log_det against ln|det J|", 1e-6);
    let mut space = Workspace::<f64, 1>::new(flow, Arithmetic::Device);
    for (point, x) in x.chunks(flow.description.width()).enumerate() {
        let (ln_det, off) = Local::at(flow, p, x).ln_det(flow, p);
        let (standardized, rounded) = ln_det_standardize(flow, x);
        space.load(x);
        flow.forward(p, &mut space);
        let error = (space.log_det[0] - ln_det - standardized).abs();
        check.see(error, 1e-6_f64.max(off + rounded), || {
            format!("sample {point}: log_det {:.9}", space.log_det[0])
        });
    }
    check
}

/// ln|det| of the standardisation by differences, and how far it may be off. The map is linear, so a
/// step of a whole standard deviation is exact but for rounding.
fn ln_det_standardize(flow: &Flow, x: &[f64]) -> (f64, f64) {
    let std: Vec<f64> = flow.standardize.std.iter().map(|&std| f64::from(std)).collect();
    let at = |side: f64| {
        let mut x: Vec<[f64; 1]> = x.iter().zip(&std).map(|(x, std)| [x + side * std]).collect();
        flow.standardize.forward(&mut x, &mut [0.0]);
        x
    };
    let (below, above) = (at(-1.0), at(1.0));
    let slopes =
        above.iter().zip(&below).zip(&std).map(|((a, b), std)| (a[0] - b[0]) / (2.0 * std));
    let rounded = x.iter().zip(&std).map(|(x, std)| 2.0 * f64::EPSILON * (x / std).abs());
    (slopes.map(|slope| slope.abs().ln()).sum(), rounded.sum())
}

/// inverse(forward(x)) against x, in standard deviations.
///
/// The bound is 1e-9, or where it is larger, what rounding may do: see [`Local::round_trip`], and
/// 2 epsilon |x| / std for the standardisation and its inverse.
pub fn round_trip(flow: &Flow, p: &[f64], x: &[f64]) -> Check {
    let (d, width) = (flow.description.dimension(), flow.description.width());
    let (z, _) = flow.latents(p, x);
    let (back, _) = flow.data(p, &z);
    let mut check = Check::new("inverse(forward(x)) against x, in std", 1e-9);
    for (point, (x, back)) in x.chunks(width).zip(back.chunks(width)).enumerate() {
        let off = Local::at(flow, p, x).round_trip();
        for i in 0..d {
            let std = f64::from_f32(flow.standardize.std[i]);
            let bound = off[i] + 2.0 * f64::EPSILON * (x[i] / std).abs();
            check.see((x[i] - back[i]).abs() / std, 1e-9_f64.max(bound), || {
                format!("sample {point}, feature {}", flow.description.features[i])
            });
        }
    }
    check
}

/// The device's f32 against f64, over samples of the model: |difference| relative to max(1,
/// |log_prob|).
pub fn precision(model: &Model, p: &[f64], seed: u64) -> Check {
    let width = model.flow.description.width();
    let rows: Vec<f32> = samples(&model.flow, &model.parameters, 1000, seed);
    let wide: Vec<f64> = rows.iter().map(|&x| f64::from(x)).collect();
    let mut check = Check::new("log_prob in f32 against f64", 1e-3);
    for (i, (narrow, wide)) in
        model.log_probs(&rows).into_iter().zip(model.flow.log_probs(p, &wide)).enumerate()
    {
        let error = (f64::from(narrow) - wide).abs() / wide.abs().max(1.0);
        check.see(error, 1e-3, || {
            format!("{:?}: f32 {narrow}, f64 {wide}", &rows[i * width..(i + 1) * width])
        });
    }
    check
}
