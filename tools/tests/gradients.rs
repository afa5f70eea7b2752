//! The gradient check: what is right passes, one line for each kind and shape of flow, and a wrong
//! sign in any tensor fails.

mod common;

use common::random;
use couplet_tools::{
    gradcheck::{self, Check},
    model::{
        Activation::{self, Relu, Silu, Tanh},
        Base::{self, Logistic, Normal},
        Model, Shape, Transform,
    },
};

const NICE: Transform = Transform::NICE;
const REAL_NVP: Transform = Transform::REAL_NVP;

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

fn model((transform, d, couplets, hidden, activation, base, [scale, permute]): Line) -> Model {
    let hidden = Some(hidden.to_vec());
    let (scale, permute) = (Some(scale), Some(permute));
    random(d, Shape { transform, couplets, hidden, activation, base, scale, permute })
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
    let model = model(line);
    for tensor in model.flow.layout.tensors() {
        let checks = gradcheck::check(&model, 1, Some(&tensor.name));
        let failed: Vec<&str> =
            checks.iter().filter(|check| !check.passed()).map(|check| &*check.name).collect();
        assert_eq!(failed, [format!("loss, by {}", tensor.name)], "{line:?}");
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
