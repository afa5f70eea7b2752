//! Shows that the analytic gradients are the derivatives of what `forward` computes.
//!
//! Every derivative is compared with a central difference of fourth order in f64,
//!
//! f'(v) = (8 (f(v + h) - f(v - h)) - (f(v + 2h) - f(v - 2h))) / 12h,
//!
//! with the one of a few steps h at which the differences have settled; steps that carry a ReLU
//! over its kink do not count. Units that training has let wither away, so that no step stays on
//! one side, get a bias of [`REVIVED`] first. The error is relative to the larger of the two
//! derivatives, or to [`FLOOR`] times the function where both are smaller.

use crate::model::{Coupling, Flow, Model, Room, Tape, Workspace};
use couplet::{Base, Real, StandardNormal};
use nalgebra::DMatrix;
use rand_core::SeedableRng;
use rand_xoshiro::Xoshiro128PlusPlus;
use std::{num::NonZero, thread};

/// The largest relative error that a correct gradient may show.
pub const GRADIENT_BOUND: f64 = 1e-6;

/// Derivatives smaller than this part of the function are compared as if they were this large,
/// since differences have no more digits: a wrong sign still shows from 5e-10 of the function on.
pub const FLOOR: f64 = 1e-3;

/// Points that the derivatives are taken at.
const POINTS: usize = 4;

/// How many samples those are chosen from, to be far from ReLU's kinks.
const CANDIDATES: usize = 256;

/// A unit whose weights and bias are all smaller has withered.
const WITHERED: f64 = 1e-3;

/// The bias that such a unit gets.
pub const REVIVED: f64 = 0.01;

type Space = Workspace<f64, POINTS>;
type Block = [f64; POINTS];

/// One verified property.
#[derive(Clone, Debug)]
pub struct Check {
    /// What was compared.
    pub name: String,
    /// The worst error found.
    pub error: f64,
    /// What it may be at most.
    pub bound: f64,
    /// Where it was found.
    pub at: String,
}

impl Check {
    /// Whether the error is within the bound; an error that is not a number is not.
    pub fn passed(&self) -> bool {
        self.error <= self.bound
    }

    fn new(name: impl Into<String>, bound: f64) -> Self {
        Check { name: name.into(), error: 0.0, bound, at: String::new() }
    }

    /// Keeps the worst error, and NaN is the worst of all.
    fn see(&mut self, error: f64, at: impl FnOnce() -> String) {
        if error > self.error || (error.is_nan() && !self.error.is_nan()) {
            self.error = error;
            self.at = at();
        }
    }
}

/// Runs all checks on a model. `plant` names a tensor whose analytic gradient gets the wrong sign,
/// to see it caught.
pub fn check(model: &Model, seed: u64, plant: Option<&str>) -> Vec<Check> {
    let p = model.widened();
    let flow = &model.flow;
    let revived = revived(flow, p.clone());
    let x = points(model, &revived, seed);
    let mut checks = layers(flow, &revived, &x);
    checks.extend(whole_loss(flow, &revived, &x, plant));
    checks.push(jacobian(flow, &revived, &x));
    checks.push(round_trip(flow, &p, &x));
    checks.push(precision(model, &p, seed));
    checks
}

/// The parameters with another bias where a unit has withered.
fn revived(flow: &Flow, mut p: Vec<f64>) -> Vec<f64> {
    let layers = flow.couplings().flat_map(|coupling| match coupling {
        Coupling::Additive(additive) => &additive.trunk.layers,
        Coupling::Affine(affine) => &affine.trunk.layers,
    });
    for layer in layers {
        for row in 0..layer.outputs {
            let weight = &p[layer.weight.clone()][row * layer.inputs..][..layer.inputs];
            let bias = layer.bias.start + row;
            if weight.iter().chain([&p[bias]]).all(|x| x.abs() < WITHERED) {
                p[bias] = REVIVED;
            }
        }
    }
    p
}

/// Points drawn like the standardised data, those with the largest distance to ReLU's kinks.
fn points(model: &Model, p: &[f64], seed: u64) -> Vec<f64> {
    let flow = &model.flow;
    let d = flow.description.dimension();
    let mut rng = Xoshiro128PlusPlus::seed_from_u64(seed);
    let mut candidates = vec![0.0; CANDIDATES * d];
    StandardNormal.sample(&mut rng, &mut candidates);
    for x in candidates.chunks_exact_mut(d) {
        for ((x, &mean), &std) in
            x.iter_mut().zip(&flow.standardize.mean).zip(&flow.standardize.std)
        {
            *x = f64::from(mean) + f64::from(std) * *x;
        }
    }
    let mut space = Space::new(flow);
    let mut rows: Vec<(f64, &[f64])> = Vec::with_capacity(CANDIDATES);
    for block in candidates.chunks(POINTS * d) {
        space.load(block);
        flow.forward(p, &mut space);
        let mut margin = [f64::INFINITY; POINTS];
        flow.couplings()
            .zip(space.tapes.iter().flatten())
            .for_each(|(coupling, tape)| coupling.margin(p, tape, &mut margin));
        rows.extend(margin.into_iter().zip(block.chunks(d)));
    }
    rows.sort_by(|a, b| b.0.total_cmp(&a.0));
    rows[..POINTS].iter().flat_map(|row| row.1).copied().collect()
}

/// Which side of its kink each ReLU is on.
fn sides(space: &Space) -> u64 {
    space.tapes.iter().flatten().fold(0, |hash, tape| tape.trunk.sides(hash))
}

/// Steps to take a difference with: large ones first, since they lose fewer digits.
const STEPS: [f64; 5] = [2e-4, 5e-5, 1e-5, 2e-6, 4e-7];

/// The derivative of `f` by `v[i]` and the size of f there. `f` gives its value and the sides of
/// the kinks.
///
/// Of all steps it takes the one whose difference agrees best with that of the next smaller step,
/// rounding errors expected there added; the analytic derivative has no say in it.
fn difference(v: &mut [f64], i: usize, mut f: impl FnMut(&[f64]) -> (f64, u64)) -> (f64, f64) {
    let (centre, mut size) = (v[i], 0.0);
    let (mut derivative, mut doubt, mut larger) = (f64::NAN, f64::INFINITY, f64::NAN);
    for step in STEPS {
        let h = step * centre.abs().max(1.0);
        let [far_below, below, above, far_above] = [-2.0, -1.0, 1.0, 2.0].map(|k| {
            v[i] = centre + k * h;
            f(v)
        });
        if [far_below, below, far_above].iter().any(|side| side.1 != above.1) {
            continue;
        }
        size = above.0.abs();
        let here = (8.0 * (above.0 - below.0) - (far_above.0 - far_below.0)) / (12.0 * h);
        let difference = (here - larger).abs() + f64::EPSILON * size / h;
        if derivative.is_nan() || difference < doubt {
            derivative = here;
            doubt = if difference.is_nan() { f64::INFINITY } else { difference };
        }
        larger = here;
        if doubt <= 0.01 * GRADIENT_BOUND * here.abs().max(FLOOR * size.max(1.0)) {
            break;
        }
    }
    v[i] = centre;
    (derivative, size)
}

/// Relative to the larger derivative, or to [`FLOOR`] times the size of the function where both are
/// smaller.
fn relative_error(analytic: f64, numeric: f64, size: f64) -> f64 {
    (analytic - numeric).abs() / analytic.abs().max(numeric.abs()).max(FLOOR * size.max(1.0))
}

/// The worst error of the derivatives `analytic` of `f` by each of `v`.
fn compare(
    name: String,
    v: &mut [f64],
    analytic: &[f64],
    mut f: impl FnMut(&[f64]) -> (f64, u64),
) -> Check {
    let mut check = Check::new(name, GRADIENT_BOUND);
    for (i, &analytic) in analytic.iter().enumerate() {
        let (numeric, size) = difference(v, i, &mut f);
        let error = relative_error(analytic, numeric, size);
        check.see(error, || format!("index {i}: analytic {analytic:.9e}, numeric {numeric:.9e}"));
    }
    check
}

/// Each layer alone: the derivatives of sum(c y) + sum(c' log_det), for fixed random c and c', by
/// its input and by its own parameters.
fn layers(flow: &Flow, p: &[f64], x: &[f64]) -> Vec<Check> {
    let d = flow.description.dimension();
    let mut rng = Xoshiro128PlusPlus::seed_from_u64(1);
    let mut random = |features: usize| -> Vec<Block> {
        let mut c = vec![[0.0; POINTS]; features];
        StandardNormal.sample(&mut rng, c.as_flattened_mut());
        c
    };
    let (c, c_log_det) = (random(d), random(1)[0]);
    let mut checks = Vec::new();
    let mut space = Space::new(flow);
    space.load(x);

    // standardize, then what each coupling sees, then what the last layer sees
    let mut input = space.x.clone();
    let mut dx = c.clone();
    flow.standardize.backward(&mut dx);
    checks.push(compare(
        "layer standardize, by x".into(),
        input.as_flattened_mut(),
        dx.as_flattened(),
        |x| {
            let mut y = blocks(x);
            let mut log_det = [0.0; POINTS];
            flow.standardize.forward(&mut y, &mut log_det);
            (dot(&c, &y) + dot(&[c_log_det], &[log_det]), 0)
        },
    ));
    let mut log_det = [0.0; POINTS];
    flow.standardize.forward(&mut input, &mut log_det);

    for (k, couplet) in flow.couplets.iter().enumerate() {
        if let Some(permutation) = &couplet.permutation {
            let mut permuted = input.clone();
            let mut dx = input.clone();
            permutation.backward(&c, &mut dx);
            checks.push(compare(
                format!("layer couplets.{k}.permutation, by x"),
                input.as_flattened_mut(),
                dx.as_flattened(),
                |x| {
                    permutation.forward(&blocks(x), &mut permuted);
                    (dot(&c, &permuted), 0)
                },
            ));
            permutation.forward(&input, &mut permuted);
            input = permuted;
        }
        let (a, b) = input.split_at_mut(flow.description.split[0]);
        checks.extend(coupling(
            &format!("couplets.{k}.first"),
            flow,
            &couplet.first,
            p,
            a,
            b,
            &c,
            &c_log_det,
        ));
        checks.extend(coupling(
            &format!("couplets.{k}.second"),
            flow,
            &couplet.second,
            p,
            b,
            a,
            &c,
            &c_log_det,
        ));
    }

    if let Some(scale) = &flow.scale {
        let mut z = input.clone();
        scale.forward(p, &mut z, &mut log_det);
        let (mut dp, mut dx) = (vec![0.0; p.len()], c.clone());
        scale.backward(p, &z, &c_log_det, &mut dp, &mut dx);
        let value = |p: &[f64], x: &[f64]| {
            let (mut y, mut log_det) = (blocks(x), [0.0; POINTS]);
            scale.forward(p, &mut y, &mut log_det);
            (dot(&c, &y) + dot(&[c_log_det], &[log_det]), 0)
        };
        checks.push(compare(
            "layer scale, by x".into(),
            input.clone().as_flattened_mut(),
            dx.as_flattened(),
            |x| value(p, x),
        ));
        let (mut theta, range) = (p[scale.log_scale.clone()].to_vec(), scale.log_scale.clone());
        let mut p = p.to_vec();
        checks.push(compare(
            "layer scale, by its parameters".into(),
            &mut theta,
            &dp[range.clone()],
            |theta| {
                p[range.clone()].copy_from_slice(theta);
                value(&p, input.as_flattened())
            },
        ));
        input = z;
    }

    let mut dz = input.clone();
    flow.base.backward(&input, &c_log_det, &mut dz);
    checks.push(compare(
        "layer base, by z".into(),
        input.as_flattened_mut(),
        dz.as_flattened(),
        |z| (dot(&[c_log_det], &[flow.base.log_prob(&blocks(z), &mut vec![0.0; z.len()])]), 0),
    ));
    checks
}

/// One coupling alone; a and b leave as the next layer sees them.
#[expect(clippy::too_many_arguments, reason = "it is the list of what a coupling sees")]
fn coupling(
    name: &str,
    flow: &Flow,
    coupling: &Coupling,
    p: &[f64],
    a: &mut [Block],
    b: &mut [Block],
    c: &[Block],
    c_log_det: &Block,
) -> [Check; 2] {
    let mut tape = Tape::new(coupling);
    let (before, mut log_det) = (b.to_vec(), [0.0; POINTS]);
    coupling.forward(p, a, b, &mut log_det, &mut tape);
    let (mut dp, mut da, mut db) =
        (vec![0.0; p.len()], c[..a.len()].to_vec(), c[a.len()..].to_vec());
    coupling.backward(
        p,
        &tape,
        &mut Room::new(&flow.description),
        c_log_det,
        &mut dp,
        &mut da,
        &mut db,
    );

    let mut value = |p: &[f64], a: &[Block], b: &[Block]| {
        let (mut b, mut log_det) = (b.to_vec(), [0.0; POINTS]);
        coupling.forward(p, a, &mut b, &mut log_det, &mut tape);
        (
            dot(&c[..a.len()], a) + dot(&c[a.len()..], &b) + dot(&[*c_log_det], &[log_det]),
            tape.trunk.sides(0),
        )
    };
    let a = &*a;
    let mut x = [a, &before].concat();
    let dx = [da, db].concat();
    let by_input = compare(
        format!("layer {name}, by a and b"),
        x.as_flattened_mut(),
        dx.as_flattened(),
        |x| {
            let x = blocks(x);
            value(p, &x[..a.len()], &x[a.len()..])
        },
    );
    let own = flow.layout.tensors().iter().filter(|tensor| tensor.name.starts_with(name));
    let range = own.clone().map(|t| t.range.start).min().unwrap_or(0)
        ..own.map(|t| t.range.end).max().unwrap_or(0);
    let mut p = p.to_vec();
    let mut own = p[range.clone()].to_vec();
    let by_parameters =
        compare(format!("layer {name}, by its parameters"), &mut own, &dp[range.clone()], |own| {
            p[range.clone()].copy_from_slice(own);
            value(&p, a, &before)
        });
    [by_input, by_parameters]
}

/// The loss by every parameter, tensor by tensor, and by the data.
fn whole_loss(flow: &Flow, p: &[f64], x: &[f64], plant: Option<&str>) -> Vec<Check> {
    let mut space = Space::new(flow);
    let mut dp = vec![0.0; p.len()];
    flow.loss_and_gradient(p, x, POINTS, &mut space, &mut dp);
    let dx = space.dx.clone();
    let tensors = flow.layout.tensors();
    for tensor in tensors.iter().filter(|tensor| Some(tensor.name.as_str()) == plant) {
        dp[tensor.range.clone()].iter_mut().for_each(|dp| *dp = -*dp);
    }

    space.load(x);
    let mut data = space.x.clone();
    let by_data =
        compare("loss, by the data".into(), data.as_flattened_mut(), dx.as_flattened(), |x| {
            space.x.copy_from_slice(&blocks(x));
            loss(flow.log_prob(p, &mut space), &space)
        });

    // What reaches each couplet: a parameter of couplet k changes nothing before it.
    let mut reaches = Vec::new();
    space.load(x);
    space.log_det = [0.0; POINTS];
    flow.standardize.forward(&mut space.x, &mut space.log_det);
    for k in 0..flow.couplets.len() {
        reaches.push((space.x.clone(), space.log_det));
        flow.forward_couplet(k, p, &mut space);
    }
    reaches.push((space.x.clone(), space.log_det));
    let check_tensor = |tensor: &crate::model::Tensor, space: &mut Space, p: &mut Vec<f64>| {
        let k = couplet_of(&tensor.name).unwrap_or(flow.couplets.len());
        let mut values = p[tensor.range.clone()].to_vec();
        let check = compare(
            format!("loss, by {}", tensor.name),
            &mut values,
            &dp[tensor.range.clone()],
            |values| {
                p[tensor.range.clone()].copy_from_slice(values);
                space.x.copy_from_slice(&reaches[k].0);
                space.log_det = reaches[k].1;
                flow.forward_from(k, p, space);
                loss(flow.log_prob_of_latents(space), space)
            },
        );
        p[tensor.range.clone()].copy_from_slice(&values);
        check
    };

    let workers = thread::available_parallelism().map_or(1, NonZero::get);
    let mut checks: Vec<(usize, Check)> = thread::scope(|scope| {
        let work = |worker: usize| {
            let (mut space, mut p) = (Space::new(flow), p.to_vec());
            let mine = tensors.iter().enumerate().skip(worker).step_by(workers);
            mine.map(|(i, tensor)| (i, check_tensor(tensor, &mut space, &mut p)))
                .collect::<Vec<_>>()
        };
        let handles: Vec<_> =
            (0..workers).map(|worker| scope.spawn(move || work(worker))).collect();
        handles
            .into_iter()
            .flat_map(|handle| {
                handle.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            })
            .collect()
    });
    checks.sort_by_key(|(i, _)| *i);
    checks.into_iter().map(|(_, check)| check).chain([by_data]).collect()
}

fn couplet_of(tensor: &str) -> Option<usize> {
    tensor.strip_prefix("couplets.")?.split('.').next()?.parse().ok()
}

fn loss(log_prob: Block, space: &Space) -> (f64, u64) {
    (-log_prob.iter().sum::<f64>() / POINTS as f64, sides(space))
}

/// log_det against ln|det J|, with J by differences of the latents.
fn jacobian(flow: &Flow, p: &[f64], x: &[f64]) -> Check {
    let d = flow.description.dimension();
    let mut check = Check::new("log_det against ln|det J|", 1e-6);
    let mut space = Workspace::<f64, 1>::new(flow);
    for (point, x) in x.chunks(d).enumerate() {
        let mut x = x.to_vec();
        let mut jacobian = DMatrix::zeros(d, d);
        for i in 0..d {
            for o in 0..d {
                jacobian[(o, i)] = difference(&mut x, i, |x| {
                    space.load(x);
                    flow.forward(p, &mut space);
                    (
                        space.x[o][0],
                        space.tapes.iter().flatten().fold(0, |hash, tape| tape.trunk.sides(hash)),
                    )
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
fn round_trip(flow: &Flow, p: &[f64], x: &[f64]) -> Check {
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
fn precision(model: &Model, p: &[f64], seed: u64) -> Check {
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

fn blocks(x: &[f64]) -> Vec<Block> {
    x.as_chunks().0.to_vec()
}

fn dot(c: &[Block], y: &[Block]) -> f64 {
    c.as_flattened().iter().zip(y.as_flattened()).map(|(c, y)| c * y).sum()
}
