//! The gradient check: what is right passes, one line for each kind and shape of flow, and a wrong
//! sign in any tensor fails.

mod common;

use common::{Folder, random};
use couplet::{Base as _, StandardNormal};
use couplet_tools::{
    gradcheck::{self, Check},
    model::{
        Activation::{self, Relu, Silu, Tanh},
        Arithmetic,
        Base::{self, Logistic, Mixture, Normal, Student},
        ContextColumn, Covariance, Model, Shape, Spline, Tensor, Transform, Workspace,
    },
};
use rand_core::SeedableRng;
use rand_xoshiro::Xoshiro128PlusPlus;
use std::fmt::Write;

const NICE: Transform = Transform::NICE;
const REAL_NVP: Transform = Transform::REAL_NVP;
const SPLINE: Transform = Transform::SPLINE;

/// Transform, D, couplets, widths, activation, base, [scale, permute].
type Line = (Transform, usize, usize, &'static [usize], Activation, Base, [bool; 2]);

#[rustfmt::skip]
const TABLE: [Line; 22] = [
    // NICE
    (NICE, 2, 1, &[4],         Relu, Normal,   [false, false]),
    (NICE, 2, 2, &[8],         Tanh, Logistic, [true,  false]),
    (NICE, 3, 2, &[8, 8],      Silu, Normal,   [true,  true]),
    (NICE, 5, 3, &[12, 7],     Relu, Logistic, [true,  true]),
    (NICE, 7, 2, &[33, 17],    Tanh, Normal,   [true,  true]),
    (NICE, 4, 2, &[6, 5, 4],   Relu, Normal,   [false, true]),
    (NICE, 3, 1, &[9, 4, 6],   Silu, Logistic, [false, false]),
    (NICE, 8, 1, &[33, 17],    Relu, Logistic, [true,  false]),
    // RealNVP
    (REAL_NVP,   2, 1, &[4],         Relu, Normal,   [false, false]),
    (REAL_NVP,   2, 1, &[4],         Tanh, Logistic, [false, false]),
    (REAL_NVP,   2, 2, &[8],         Silu, Normal,   [true,  false]),
    (REAL_NVP,   2, 4, &[16, 16],    Relu, Normal,   [false, false]),
    (REAL_NVP,   3, 2, &[8, 8],      Tanh, Logistic, [true,  true]),
    (REAL_NVP,   3, 2, &[8, 8],      Silu, Logistic, [false, true]),
    (REAL_NVP,   5, 3, &[12, 7],     Relu, Logistic, [true,  true]),
    (REAL_NVP,   7, 2, &[33, 17],    Relu, Normal,   [false, true]),
    (REAL_NVP,   7, 2, &[33, 17],    Tanh, Normal,   [true,  true]),
    (REAL_NVP,   4, 2, &[6, 5, 4],   Relu, Logistic, [false, true]),
    (REAL_NVP,   9, 1, &[9, 4, 6],   Silu, Normal,   [true,  false]),
    // a trunk of one unit, layers around the tile of 16 sums, many couplets
    (REAL_NVP,   2, 2, &[1],         Silu, Normal,   [true,  false]),
    (REAL_NVP,   3, 1, &[15, 16, 17], Tanh, Normal,  [false, true]),
    (REAL_NVP,   3, 8, &[6],         Tanh, Logistic, [true,  true]),
];

/// Lines with Student's t base, with a triangle or without, and with bounded inputs or without.
#[rustfmt::skip]
const WHITENED: [(Line, bool, Option<f32>); 6] = [
    ((NICE,     2, 1, &[4],     Relu, Student,  [false, false]), false, None),
    ((NICE,     5, 2, &[7],     Tanh, Student,  [true,  true]),  true,  Some(1.5)),
    ((NICE,     3, 2, &[6, 5],  Relu, Normal,   [true,  true]),  true,  None),
    ((REAL_NVP, 2, 2, &[9],     Silu, Logistic, [false, false]), true,  Some(1.0)),
    ((REAL_NVP, 5, 2, &[12, 7], Relu, Student,  [false, true]),  true,  Some(2.0)),
    ((REAL_NVP, 7, 3, &[17],    Relu, Student,  [true,  true]),  false, Some(0.5)),
];

/// Lines with a mixture base: its components and their covariance, with couplets or without.
#[rustfmt::skip]
const CLUSTERED: [(Line, bool, usize, Covariance); 7] = [
    ((REAL_NVP, 2, 0, &[4],     Relu, Mixture, [false, false]), false, 2,  Covariance::Diagonal),
    ((REAL_NVP, 2, 0, &[4],     Relu, Mixture, [false, false]), false, 5,  Covariance::Full),
    ((REAL_NVP, 7, 0, &[4],     Relu, Mixture, [true,  false]), true,  3,  Covariance::Full),
    ((REAL_NVP, 3, 2, &[8, 8],  Tanh, Mixture, [false, true]),  false, 4,  Covariance::Diagonal),
    ((REAL_NVP, 5, 2, &[12, 7], Relu, Mixture, [true,  true]),  false, 3,  Covariance::Full),
    ((NICE,     4, 2, &[9],     Silu, Mixture, [true,  true]),  true,  6,  Covariance::Diagonal),
    ((NICE,     2, 1, &[5],     Relu, Mixture, [false, false]), false, 17, Covariance::Full),
];

fn clustered((line, triangle, components, covariance): (Line, bool, usize, Covariance)) -> Model {
    let shape = Shape {
        components: Some(components),
        covariance: Some(covariance),
        triangle: Some(triangle),
        ..shape(line)
    };
    random(line.1, shape)
}

/// Lines with a marginal, and with a triangle or without: bins, bound, steepest slope.
#[rustfmt::skip]
const BENT: [(Line, bool, (usize, f32, f32)); 5] = [
    ((NICE,     2, 1, &[4],     Relu, Normal,   [false, false]), false, (2, 1.0, 3.0)),
    ((NICE,     3, 2, &[6, 5],  Tanh, Student,  [true,  true]),  true,  (8, 5.0, 20.0)),
    ((REAL_NVP, 2, 2, &[9],     Silu, Logistic, [false, false]), false, (5, 3.0, 8.0)),
    ((REAL_NVP, 5, 2, &[12, 7], Relu, Student,  [false, true]),  true,  (8, 2.0, 20.0)),
    ((REAL_NVP, 7, 1, &[17],    Relu, Normal,   [true,  true]),  false, (13, 4.0, 50.0)),
];

/// A line of spline couplings, with bounded inputs or without: bins, bound, steepest slope.
type SplineLine = (Line, Option<f32>, (usize, f32, f32));

#[rustfmt::skip]
const SPLINES: [SplineLine; 5] = [
    ((SPLINE,   2, 1, &[4],     Relu, Normal,   [false, false]), None,      (2, 2.0, 3.0)),
    ((SPLINE,   2, 3, &[8],     Silu, Student,  [false, false]), None,      (4, 4.0, 8.0)),
    ((SPLINE,   5, 2, &[7, 5],  Tanh, Logistic, [true,  true]),  Some(1.5), (4, 3.0, 20.0)),
    ((SPLINE,   3, 2, &[9],     Relu, Student,  [true,  true]),  None,      (8, 4.0, 4.0)),
    ((SPLINE,   7, 1, &[6],     Relu, Normal,   [false, true]),  Some(2.0), (5, 3.0, 12.0)),
];

fn splines((line, input_bound, (bins, bound, steepest)): SplineLine) -> Model {
    let transform = Transform::Spline(Spline { bins, bound, steepest });
    random(line.1, Shape { transform, input_bound, ..shape(line) })
}

/// Lines with a context: bounded inputs or not, and the columns, each a number (1) or so many levels.
#[rustfmt::skip]
const CONDITIONAL: [(Line, Option<f32>, &[usize]); 6] = [
    ((REAL_NVP, 2, 2, &[6],     Relu, Normal,   [false, false]), None,      &[1]),
    ((REAL_NVP, 5, 2, &[9, 7],  Tanh, Student,  [false, true]),  None,      &[1, 1, 1]),
    ((REAL_NVP, 4, 2, &[8],     Silu, Mixture,  [true,  true]),  Some(1.5), &[1, 3]),
    ((NICE,     3, 2, &[6, 5],  Relu, Logistic, [true,  true]),  None,      &[2]),
    ((NICE,     7, 1, &[9],     Relu, Normal,   [true,  true]),  Some(1.0), &[1, 1]),
    ((SPLINE,   3, 2, &[7],     Relu, Student,  [false, true]),  None,      &[1, 2]),
];

fn conditional((line, input_bound, columns): (Line, Option<f32>, &[usize])) -> Model {
    let column = |(i, &levels): (usize, &usize)| ContextColumn {
        name: format!("c{i}"),
        levels: (levels > 1).then(|| (0..levels).map(|level| level.to_string()).collect()),
    };
    let context = columns.iter().enumerate().map(column).collect();
    random(line.1, Shape { context, input_bound, ..shape(line) })
}

fn model(line: Line) -> Model {
    random(line.1, shape(line))
}

fn whitened((line, triangle, input_bound): (Line, bool, Option<f32>)) -> Model {
    random(line.1, Shape { triangle: Some(triangle), input_bound, ..shape(line) })
}

fn bent((line, triangle, (bins, bound, steepest)): (Line, bool, (usize, f32, f32))) -> Model {
    let marginal = Some(Spline { bins, bound, steepest });
    random(line.1, Shape { triangle: Some(triangle), marginal, ..shape(line) })
}

fn shape(line: Line) -> Shape {
    let (transform, _, couplets, hidden, activation, base, [scale, permute]) = line;
    Shape {
        transform,
        couplets,
        hidden: Some(hidden.to_vec()),
        activation,
        base,
        scale: Some(scale),
        permute: Some(permute),
        ..Shape::default()
    }
}

fn failed(checks: &[Check]) -> Vec<String> {
    let failed = checks.iter().filter(|check| !check.passed());
    failed.map(|Check { name, error, at, .. }| format!("{name}: {error:.1e} at {at}")).collect()
}

#[test]
fn every_layer_kind_and_shape_passes() {
    for line in TABLE {
        assert_eq!(failed(&gradcheck::check(&model(line), 1, None)), [""; 0], "{line:?}");
    }
    for line in WHITENED {
        assert_eq!(failed(&gradcheck::check(&whitened(line), 1, None)), [""; 0], "{line:?}");
    }
    for line in CLUSTERED {
        assert_eq!(failed(&gradcheck::check(&clustered(line), 1, None)), [""; 0], "{line:?}");
    }
    for line in BENT {
        assert_eq!(failed(&gradcheck::check(&bent(line), 1, None)), [""; 0], "{line:?}");
    }
    for line in SPLINES {
        assert_eq!(failed(&gradcheck::check(&splines(line), 1, None)), [""; 0], "{line:?}");
    }
    for line in CONDITIONAL {
        assert_eq!(failed(&gradcheck::check(&conditional(line), 1, None)), [""; 0], "{line:?}");
    }
}

#[test]
fn the_table_has_every_kind_of_layer() {
    let some = |what: &dyn Fn(&Line) -> bool| TABLE.iter().any(what);
    for coupling in [NICE, REAL_NVP] {
        for activation in [Relu, Tanh, Silu] {
            assert!(
                some(&|line| (line.0, line.4) == (coupling, activation)),
                "{coupling:?} {activation:?}"
            );
        }
        for base in [Normal, Logistic] {
            assert!(some(&|line| (line.0, line.5) == (coupling, base)), "{coupling:?} {base:?}");
        }
        for layers in [[false, false], [false, true], [true, false], [true, true]] {
            assert!(
                some(&|line| (line.0, line.6) == (coupling, layers)),
                "{coupling:?} {layers:?}"
            );
        }
        for depth in 1..=3 {
            assert!(
                some(&|line| (line.0, line.3.len()) == (coupling, depth)),
                "{coupling:?} {depth}"
            );
        }
        assert!(some(&|line| line.0 == coupling && line.1 % 2 == 1));
    }
}

#[test]
fn every_tensor_and_every_layer_is_checked() {
    let model = model(TABLE[12]);
    let names: Vec<String> =
        gradcheck::check(&model, 1, None).into_iter().map(|check| check.name).collect();
    let tensors =
        model.flow.layout.tensors().iter().map(|tensor| format!("loss, by {}", tensor.name));
    let couplings =
        ["couplets.0.first", "couplets.0.second", "couplets.1.first", "couplets.1.second"];
    let layers = couplings.iter().flat_map(|name| {
        [format!("layer {name}, by x"), format!("layer {name}, by its parameters")]
    });
    let others = [
        "layer standardize, by x",
        "layer couplets.0.permutation, by x",
        "layer couplets.1.permutation, by x",
        "layer scale, by x",
        "layer scale, by its parameters",
        "layer base, by z",
        "loss, by the data",
        "log_det against ln|det J|",
        "inverse(forward(x)) against x, in std",
        "log_prob in f32 against f64",
    ];
    let expected: Vec<String> = tensors.chain(layers).chain(others.map(String::from)).collect();
    for name in &expected {
        assert!(names.contains(name), "no check called {name}");
    }
    assert_eq!(names.len(), expected.len(), "{names:?}");
}

/// With weights and bias of 1e-9, as training can leave them, no step of a difference stays on one
/// side of the kink.
#[test]
fn a_unit_that_has_withered_fails_no_check() {
    let mut model = model((NICE, 3, 2, &[6], Relu, Logistic, [true, true]));
    let tensors = model.flow.layout.tensors();
    let range = |name: &str| {
        tensors.iter().find(|tensor| tensor.name == name).expect("a tensor").range.clone()
    };
    let (weight, bias) =
        (range("couplets.1.first.trunk.0.weight"), range("couplets.1.first.trunk.0.bias"));
    model.parameters[weight.start..weight.start + weight.len() / 6].fill(1e-9);
    model.parameters[bias.start] = -1e-9;
    let failed: Vec<_> =
        gradcheck::check(&model, 1, None).into_iter().filter(|check| !check.passed()).collect();
    assert!(failed.is_empty(), "{failed:?}");
}

/// The check that fails is the planted tensor's, and no other does.
#[track_caller]
fn a_wrong_sign_is_caught_in_every_tensor(line: Line) {
    a_wrong_sign_is_caught(&model(line));
}

#[track_caller]
fn a_wrong_sign_is_caught(model: &Model) {
    for tensor in model.flow.layout.tensors() {
        let checks = gradcheck::check(model, 1, Some(&tensor.name));
        let failed: Vec<&str> =
            checks.iter().filter(|check| !check.passed()).map(|check| &*check.name).collect();
        let description = &model.flow.description;
        assert_eq!(failed, [format!("loss, by {}", tensor.name)], "{description:?}");
    }
}

#[test]
fn a_wrong_sign_is_caught_in_every_tensor_of_nice() {
    a_wrong_sign_is_caught_in_every_tensor((NICE, 3, 2, &[6, 5], Relu, Logistic, [true, true]));
}

#[test]
fn a_wrong_sign_is_caught_in_every_tensor_of_realnvp() {
    a_wrong_sign_is_caught_in_every_tensor((REAL_NVP, 3, 2, &[6, 5], Silu, Normal, [true, true]));
}

#[test]
fn a_wrong_sign_is_caught_in_triangles_bases_and_behind_bounds() {
    WHITENED.into_iter().for_each(|line| a_wrong_sign_is_caught(&whitened(line)));
    CLUSTERED.into_iter().for_each(|line| a_wrong_sign_is_caught(&clustered(line)));
}

#[test]
fn a_wrong_sign_is_caught_in_marginals() {
    BENT.into_iter().for_each(|line| a_wrong_sign_is_caught(&bent(line)));
}

#[test]
fn a_wrong_sign_is_caught_in_spline_couplings() {
    SPLINES.into_iter().for_each(|line| a_wrong_sign_is_caught(&splines(line)));
}

#[test]
fn a_wrong_sign_is_caught_where_a_context_is_given() {
    CONDITIONAL.into_iter().for_each(|line| a_wrong_sign_is_caught(&conditional(line)));
}

/// A gradient that leaves the contexts' columns of a first layer at 0 is wrong.
#[test]
fn the_weights_of_a_context_learn() {
    let model = conditional(CONDITIONAL[1]);
    let rows = rows_at_contexts(&model);
    let mut dp = vec![0.0; model.parameters.len()];
    let mut space = Workspace::<f64, 4>::new(&model.flow, Arithmetic::Device);
    let count = rows.len() / model.flow.description.width();
    model.flow.loss_and_gradient(&model.widened(), &rows, count, &mut space, &mut dp);
    for coupling in model.flow.couplings() {
        let first = &coupling.network.trunk.layers[0];
        let contexts = 3;
        for row in dp[first.weight.clone()].chunks_exact(first.inputs) {
            let of_contexts = &row[first.inputs - contexts..];
            assert!(of_contexts.iter().all(|dp| dp.abs() > 1e-9), "{}: {row:?}", coupling.name);
        }
    }
}

/// Rows at some contexts.
fn rows_at_contexts(model: &Model) -> Vec<f64> {
    let contexts: Vec<f64> =
        (0..40).flat_map(|i| model.flow.some_context(i)).map(f64::from).collect();
    let mut rng = Xoshiro128PlusPlus::seed_from_u64(1);
    model.flow.sample_given(&model.widened(), &contexts, &mut rng)
}

/// Training starts at 0, where the positive rational has a kink in its second derivative.
#[test]
fn the_first_raw_numbers_of_a_marginal_have_no_fault() {
    let mut model = bent(BENT[3]);
    let is_raw = |tensor: &&Tensor| tensor.name == "marginal.spline";
    let raw = model.flow.layout.tensors().iter().find(is_raw).expect("a marginal").range.clone();
    model.parameters[raw].fill(0.0);
    only_faults_fail(&model);
}

/// Few units are often all off.
#[test]
fn a_wrong_sign_is_caught_where_layers_have_few_units() {
    for widths in [&[1][..], &[2], &[3], &[2, 2], &[1, 1]] {
        a_wrong_sign_is_caught_in_every_tensor((
            REAL_NVP,
            2,
            2,
            widths,
            Relu,
            Normal,
            [false, false],
        ));
    }
}

/// `count` standard normal numbers.
fn normal(count: usize) -> Vec<f64> {
    let mut values = vec![0.0; count];
    StandardNormal.sample(&mut Xoshiro128PlusPlus::seed_from_u64(3), &mut values);
    values
}

/// A model trained on rows that a function makes of four independent normal numbers.
fn trained(row: impl Fn([f64; 4]) -> [f64; 4]) -> Model {
    let mut text = "a,b,c,d\n".to_string();
    for normal in normal(4 * 3000).as_chunks().0 {
        let [a, b, c, d] = row(*normal);
        writeln!(text, "{a},{b},{c},{d}").expect("memory");
    }
    let folder = Folder::with("d.csv", text);
    folder.works("train d.csv --couplets 2 --hidden 12 --steps 1500 -o m.safetensors");
    Model::read(&folder.path("m.safetensors")).expect("a model")
}

/// The model has no defect, and none is found with several seeds; a wrong sign in any tensor is
/// found, and no other check fails.
#[track_caller]
fn only_faults_fail(model: &Model) {
    for seed in 1..=3 {
        assert_eq!(failed(&gradcheck::check(model, seed, None)), [""; 0], "seed {seed}");
    }
    for tensor in model.flow.layout.tensors() {
        let checks = gradcheck::check(model, 1, Some(&tensor.name));
        let failed: Vec<&str> =
            checks.iter().filter(|check| !check.passed()).map(|check| &*check.name).collect();
        assert_eq!(failed, [format!("loss, by {}", tensor.name)]);
    }
}

/// All heads are 0, where the log-scale has a kink and the trunk no gradient.
#[test]
fn the_first_weights_have_no_fault() {
    for transform in [NICE, REAL_NVP] {
        let mut model = model((transform, 4, 2, &[8], Relu, Normal, [false, true]));
        for tensor in model.flow.layout.tensors() {
            if !tensor.name.contains("trunk") {
                model.parameters[tensor.range.clone()].fill(0.0);
            }
        }
        only_faults_fail(&model);
    }
}

/// After a few steps of training the log-scales are near the kink in their derivative, on either
/// side. Smaller steps lose no digits that count: the bounds are the promised ones.
#[test]
fn a_kink_that_is_near_costs_no_digits() {
    let mut model = model((REAL_NVP, 4, 2, &[8], Tanh, Normal, [false, true]));
    for tensor in model.flow.layout.tensors() {
        if !tensor.name.contains("trunk") {
            model.parameters[tensor.range.clone()].iter_mut().for_each(|p| *p *= 0.003);
        }
    }
    let promised = [1e-6, 1e-9, 1e-3];
    for check in gradcheck::check(&model, 1, None) {
        assert!(check.passed() && promised.contains(&check.bound), "{check:?}");
    }
}

/// Amperes in units of 1e-9, pascals around 1e5, a mean of ten million steps of f32.
#[test]
fn units_of_the_data_are_no_fault() {
    let mut model = model((REAL_NVP, 3, 2, &[8], Relu, Normal, [false, true]));
    model.flow.standardize.mean = vec![2e-9, 101_325.0, 1e6];
    model.flow.standardize.std = vec![1e-9, 1.0, 1.0];
    only_faults_fail(&model);
}

/// Three thermometers side by side: the Jacobian's condition is in the hundreds.
#[test]
fn redundant_features_are_no_fault() {
    only_faults_fail(&trained(|[base, a, b, h]| {
        let t = 20.0 + 5.0 * base;
        [t + 0.01 * a, t + 0.01 * b, t - 0.01 * (a + b), h]
    }));
}

/// Parts of a whole, rounded to five digits: they add up to 100.
#[test]
fn parts_of_a_whole_are_no_fault() {
    only_faults_fail(&trained(|normal| {
        let parts = normal.map(|x| (0.3 * x).exp());
        let sum: f64 = parts.iter().sum();
        parts.map(|part| (part / sum * 1e7).round() / 1e5)
    }));
}

/// A bound that follows the condition is one that still finds faults.
#[test]
fn what_is_too_uncertain_to_find_a_fault_fails() {
    let mut model = model((REAL_NVP, 3, 2, &[8], Relu, Normal, [false, true]));
    // A mean of 1e14 standard deviations: no step is left of the data.
    model.flow.standardize.mean[1] = 1e7;
    model.flow.standardize.std[1] = 1e-7;
    let failed = failed(&gradcheck::check(&model, 1, None));
    assert!(failed.iter().any(|line| line.starts_with("layer standardize, by x")), "{failed:?}");
    for check in gradcheck::check(&model, 1, None) {
        assert!(!check.passed() || check.bound <= gradcheck::LOOSEST, "{check:?}");
    }
}

#[test]
fn the_bounds_are_those_that_are_promised() {
    assert_eq!(gradcheck::GRADIENT_BOUND, 1e-6);
    for check in gradcheck::check(&model(TABLE[0]), 1, None) {
        let expected = match &*check.name {
            "inverse(forward(x)) against x, in std" => 1e-9,
            "log_prob in f32 against f64" => 1e-3,
            _ => 1e-6,
        };
        assert_eq!(check.bound, expected, "{}", check.name);
    }
}

#[test]
fn an_error_that_is_not_a_number_is_no_pass() {
    let mut check = gradcheck::check(&model(TABLE[0]), 1, None).remove(0);
    assert!(check.passed());
    check.error = f64::NAN;
    assert!(!check.passed());
}

#[test]
fn the_same_seed_gives_the_same_errors() {
    let errors = |seed| {
        gradcheck::check(&model(TABLE[12]), seed, None)
            .iter()
            .map(|check| check.error)
            .collect::<Vec<_>>()
    };
    assert_eq!(errors(1), errors(1));
    assert_ne!(errors(1), errors(2));
}
