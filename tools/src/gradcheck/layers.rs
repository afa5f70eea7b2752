//! Each layer alone: the derivatives of sum(c y) + sum(c' log_det), for fixed random c and c', by
//! the layer's input and by its own parameters.

use super::{Check, Lanes, POINTS, Space, difference::compare, lanes, noise::noise};
use crate::model::{Arithmetic, Block, Distribution, Flow, Layer, LayerScratch, Tape, block};
use couplet::{Base, StandardNormal};
use rand_core::SeedableRng;
use rand_xoshiro::Xoshiro128PlusPlus;

/// Checks the standardisation, each layer with the input that reaches it, and the base.
pub fn layers(flow: &Flow, p: &[f64], x: &[f64]) -> Vec<Check> {
    let d = flow.description.dimension();
    let mut rng = Xoshiro128PlusPlus::seed_from_u64(1);
    let mut random = |features: usize| -> Block<f64, POINTS> {
        let mut c = block(features);
        StandardNormal.sample(&mut rng, c.as_flattened_mut());
        c
    };
    let (c, c_log_det) = (random(d), random(1)[0]);
    let mut space = Space::new(flow, Arithmetic::Device);
    space.load(x);
    let mut input = space.x.clone();

    let mut checks = vec![standardize(flow, &input, &c, &c_log_det)];
    flow.standardize.forward(&mut input, &mut [0.0; POINTS]);
    let mut scratch = LayerScratch::new(&flow.layers, d);
    for (layer, tape) in flow.layers.iter().zip(&mut space.tapes) {
        checks.extend(one(layer, p, &mut input, &c, &c_log_det, tape, &mut scratch));
    }
    checks.extend(base(flow, p, &input, &c_log_det));
    checks
}

/// The standardisation, by x in standard deviations.
fn standardize(flow: &Flow, x: &Block<f64, POINTS>, c: &[Lanes], c_log_det: &Lanes) -> Check {
    let mut dx = c.to_vec();
    flow.standardize.backward(&mut dx);
    let x_noise = noise(&[], [&[], &[]], [x.as_flattened(), dx.as_flattened()]);
    let by = |x: &mut [Lanes], u: &[Lanes]| {
        for ((x, u), &std) in x.iter_mut().zip(u).zip(&flow.standardize.std) {
            x.iter_mut().zip(u).for_each(|(x, u)| *x += u * f64::from(std));
        }
    };
    let mut du = block(x.len());
    for ((du, dx), &std) in du.iter_mut().zip(&dx).zip(&flow.standardize.std) {
        *du = dx.map(|dx| dx * f64::from(std));
    }
    let mut u: Block<f64, POINTS> = block(x.len());
    let name = "layer standardize, by x".into();
    compare(name, u.as_flattened_mut(), du.as_flattened(), x_noise, |u| {
        let (mut y, mut log_det) = (x.to_vec(), [0.0; POINTS]);
        by(&mut y, &lanes(u));
        flow.standardize.forward(&mut y, &mut log_det);
        (terms(c, &y, c_log_det, &log_det).iter().sum(), 0)
    })
}

/// One layer, with a tape that knows the contexts of the points; `x` leaves as the next layer sees it.
fn one(
    layer: &Layer,
    p: &[f64],
    x: &mut Block<f64, POINTS>,
    c: &Block<f64, POINTS>,
    c_log_det: &Lanes,
    tape: &mut Tape<f64, POINTS>,
    scratch: &mut LayerScratch<f64, POINTS>,
) -> Vec<Check> {
    let (device, name) = (Arithmetic::Device, layer.name());
    let (mut behind, mut log_det) = (x.clone(), [0.0; POINTS]);
    layer.forward(device, p, &mut behind, &mut log_det, tape, scratch);
    let (mut dp, mut dx) = (vec![0.0; p.len()], c.clone());
    layer.backward(device, p, tape, scratch, c_log_det, &mut dp, &mut dx);
    let terms_here = terms(c, &behind, c_log_det, &log_det);
    let noise = noise(&terms_here, [p, &dp], [x.as_flattened(), dx.as_flattened()]);

    let mut value = |p: &[f64], x: &[f64]| {
        let (mut y, mut log_det) = (block(c.len()), [0.0; POINTS]);
        y.copy_from_slice(&lanes(x));
        layer.forward(device, p, &mut y, &mut log_det, tape, scratch);
        (terms(c, &y, c_log_det, &log_det).iter().sum(), tape.activation_pattern(0))
    };
    let by_x = compare(
        format!("layer {name}, by x"),
        x.clone().as_flattened_mut(),
        dx.as_flattened(),
        noise,
        |x| value(p, x),
    );
    let mut checks = vec![by_x];
    let range = layer.parameters();
    if !range.is_empty() {
        let (mut p, mut own) = (p.to_vec(), p[range.clone()].to_vec());
        let name = format!("layer {name}, by its parameters");
        checks.push(compare(name, &mut own, &dp[range.clone()], noise, |own| {
            p[range.clone()].copy_from_slice(own);
            value(&p, x.as_flattened())
        }));
    }
    *x = behind;
    checks
}

/// The base, by z and by its own parameters.
fn base(flow: &Flow, p: &[f64], z: &Block<f64, POINTS>, c_log_det: &Lanes) -> Vec<Check> {
    let device = Arithmetic::Device;
    let (mut dp, mut dz, mut z) = (vec![0.0; p.len()], z.clone(), z.clone());
    flow.base.backward(device, p, &z, c_log_det, &mut dp, &mut dz);
    let weighted = |p: &[f64], z: &[Lanes]| {
        let log_prob = flow.base.log_prob(device, p, z, &mut vec![0.0; z.len()]);
        terms(&[], &[], c_log_det, &log_prob)
    };
    let noise = noise(&weighted(p, &z), [p, &dp], [z.as_flattened(), dz.as_flattened()]);
    let behind = z.clone();
    let name = format!("layer {}, by z", Distribution::NAME);
    let by_z = compare(name, z.as_flattened_mut(), dz.as_flattened(), noise, |z| {
        (weighted(p, &lanes(z)).iter().sum(), 0)
    });
    let range = flow.base.parameters();
    let (mut p, mut own) = (p.to_vec(), p[range.clone()].to_vec());
    let by_parameters = (!range.is_empty()).then(|| {
        let name = format!("layer {}, by its parameters", Distribution::NAME);
        compare(name, &mut own, &dp[range.clone()], noise, |own| {
            p[range.clone()].copy_from_slice(own);
            (weighted(&p, &behind).iter().sum(), 0)
        })
    });
    [by_z].into_iter().chain(by_parameters).collect()
}

/// The terms of sum(c y) + sum(c' log_det).
fn terms(c: &[Lanes], y: &[Lanes], c_log_det: &Lanes, log_det: &Lanes) -> Vec<f64> {
    let products = |c: &[f64], y: &[f64]| c.iter().zip(y).map(|(c, y)| c * y).collect::<Vec<_>>();
    [products(c.as_flattened(), y.as_flattened()), products(c_log_det, log_det)].concat()
}
