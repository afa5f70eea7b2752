//! Which of the files in C a model needs.

use crate::model::{
    Activation, Covariance, Description, Distribution, Flow, MixtureShape, Transform,
};

/// A file of C that models share.
pub type Part = &'static str;

macro_rules! part {
    ($name:literal) => {
        include_str!($name)
    };
}

/// Checks of the compiler, and the products and sums whose bits are fixed.
pub const ARITHMETIC: Part = part!("arithmetic.h");

/// What other source files see of the shared functions.
pub const DECLARATIONS: &[Part] = &[part!("version.h"), part!("draw.h")];

/// Whether a flow has a part of `model.c` or `alarm.c`.
pub fn has(flow: &Flow, part: &str) -> bool {
    names(flow).contains(&part)
}

/// The names of the parts that a flow has.
fn names(flow: &Flow) -> Vec<&'static str> {
    let Description { couplets, marginal, triangle, input_bound, scale, permute, .. } =
        flow.description;
    let mut names = vec![match flow.base {
        Distribution::Normal => "NORMAL",
        Distribution::Logistic => "LOGISTIC",
        Distribution::Student(_) => "STUDENT",
        Distribution::Mixture(ref mixture) if mixture.factor.is_some() => "FULL_MIXTURE",
        Distribution::Mixture(_) => "DIAGONAL_MIXTURE",
    }];
    let options = [
        (marginal.is_some(), "MARGINAL"),
        (triangle, "TRIANGLE"),
        (scale, "SCALE"),
        (couplets > 0, "COUPLETS"),
        (permute, "PERMUTE"),
        (input_bound.is_some(), "CLAMPED"),
    ];
    names.push(if flow.context.is_empty() { "PLAIN" } else { "CONTEXT" });
    names.extend(options.into_iter().filter(|(has, _)| *has).map(|(_, name)| name));
    names.push(match flow.description.transform {
        Transform::Additive(_) => "ADDITIVE",
        Transform::Affine(_) => "AFFINE",
        Transform::Spline(_) => "BEND",
    });
    names
}

/// The shared files that a flow needs, each behind what it needs itself.
pub fn shared(flow: &Flow) -> Vec<Part> {
    let Description {
        couplets,
        marginal,
        triangle,
        input_bound,
        transform,
        activation,
        mixture,
        ..
    } = flow.description;
    let has_couplets = couplets > 0;
    let bends = has_couplets && matches!(transform, Transform::Spline(_));
    let has_full = matches!(mixture, Some(MixtureShape { covariance: Covariance::Full, .. }));
    let is_student = matches!(flow.base, Distribution::Student(_));
    let is_logistic = matches!(flow.base, Distribution::Logistic);
    let is_normal = matches!(flow.base, Distribution::Normal);
    let is_mixture = mixture.is_some();
    let is = |what| has_couplets && activation == what;
    let all = [
        (true, part!("version.c")),
        (true, part!("features.c")),
        (!flow.context.is_empty(), part!("context.c")),
        (true, part!("exponential.c")),
        (true, part!("logarithm.c")),
        (true, part!("root.c")),
        (true, part!("draw.c")),
        (has_couplets, part!("dense.c")),
        (is(Activation::Tanh), part!("tangent.c")),
        (is(Activation::Silu), part!("silu.c")),
        (has_couplets, part!("network.c")),
        (has_couplets && input_bound.is_some(), part!("clamped.c")),
        (has_couplets && matches!(transform, Transform::Additive(_)), part!("additive.c")),
        (has_couplets && matches!(transform, Transform::Affine(_)), part!("affine.c")),
        (bends || marginal.is_some(), part!("slopes.c")),
        (bends || marginal.is_some(), part!("spline.c")),
        (bends, part!("bend.c")),
        (marginal.is_some(), part!("marginal.c")),
        (triangle || has_full, part!("triangle.c")),
        (is_normal, part!("normal.c")),
        (is_normal || is_mixture, part!("normal_sample.c")),
        (is_logistic, part!("logistic.c")),
        (is_logistic, part!("logistic_sample.c")),
        (is_student, part!("student.c")),
        (is_student, part!("student_sample.c")),
        (is_mixture, part!("mixture.c")),
        (is_mixture && !has_full, part!("diagonal.c")),
        (is_mixture && has_full, part!("full.c")),
    ];
    all.into_iter().filter(|(needs, _)| *needs).map(|(_, part)| part).collect()
}
