//! Properties of the whole model: log_det, the inverse, and the device's precision.

use super::{Check, difference::difference};
use crate::model::{Arithmetic, Flow, Model, Workspace};
use couplet::Real;
use nalgebra::DMatrix;
use rand_core::SeedableRng;
use rand_xoshiro::Xoshiro128PlusPlus;

/// log_det against ln|det J|, with J by differences of the latents.
pub fn jacobian(flow: &Flow, p: &[f64], x: &[f64]) -> Check {
    let d = flow.description.dimension();
    let mut check = Check::new("log_det against ln|det J|", 1e-6);
    let mut space = Workspace::<f64, 1>::new(flow, Arithmetic::Device);
    for (point, x) in x.chunks(d).enumerate() {
        let mut x = x.to_vec();
        let mut jacobian = DMatrix::zeros(d, d);
        for i in 0..d {
            for o in 0..d {
                jacobian[(o, i)] = difference(&mut x, i, |x| {
                    space.load(x);
                    flow.forward(p, &mut space);
                    (space.x[o][0], space.activation_pattern())
                })
                .0;
            }
        }
        space.load(&x);
        flow.forward(p, &mut space);
        let error = (space.log_det[0] - jacobian.lu().determinant().abs().ln()).abs();
        check.see(error, || format!("sample {point}: log_det {:.9}", space.log_det[0]));
    }
    check
}

/// inverse(forward(x)) against x, in standard deviations.
pub fn round_trip(flow: &Flow, p: &[f64], x: &[f64]) -> Check {
    let d = flow.description.dimension();
    let (z, _) = flow.latents(p, x);
    let (back, _) = flow.data(p, &z);
    let mut check = Check::new("inverse(forward(x)) against x, in std", 1e-9);
    for (i, (x, back)) in x.iter().zip(back).enumerate() {
        let error = (x - back).abs() / f64::from_f32(flow.standardize.std[i % d]);
        check.see(error, || {
            format!("sample {}, feature {}", i / d, flow.description.features[i % d])
        });
    }
    check
}

/// The device's f32 against f64, over samples of the model: |difference| relative to max(1,
/// |log_prob|).
pub fn precision(model: &Model, p: &[f64], seed: u64) -> Check {
    let d = model.flow.description.dimension();
    let rows: Vec<f32> =
        model.flow.sample(&model.parameters, 1000, &mut Xoshiro128PlusPlus::seed_from_u64(seed));
    let wide: Vec<f64> = rows.iter().map(|&x| f64::from(x)).collect();
    let mut check = Check::new("log_prob in f32 against f64", 1e-3);
    for (i, (narrow, wide)) in
        model.log_probs(&rows).into_iter().zip(model.flow.log_probs(p, &wide)).enumerate()
    {
        let error = (f64::from(narrow) - wide).abs() / wide.abs().max(1.0);
        check.see(error, || format!("{:?}: f32 {narrow}, f64 {wide}", &rows[i * d..(i + 1) * d]));
    }
    check
}
