//! The crate against PyTorch: every map, its log_det, the density and the loss of thirteen models, as
//! tests/reference/make_reference.py computed them in float64.
//!
//! An error is |computed - expected| / max(1, |expected|): relative for large values, absolute for
//! small ones.

#![cfg(not(miri))] // its models have thousands of weights

mod common;

use common::{
    ContextD2, ContextD5, MarginalD5, MixtureD2, MixtureD5, NiceD2, NiceD5Logistic, RealNvpD2,
    RealNvpD7, RealNvpD8Logistic, Reference, SplineD2, SplineD5, StudentD4, model, point,
    reweighted,
};
use couplet::{Base, Bijection, Flow, Given, Real, nalgebra::SVector};

/// The largest error over the 64 points of a reference, and what has it.
#[derive(Default)]
struct Worst {
    error: f64,
    of: &'static str,
}

impl Worst {
    #[track_caller]
    fn see(&mut self, of: &'static str, computed: &[impl Into<f64> + Copy], expected: &[f64]) {
        assert_eq!(computed.len(), expected.len());
        for (&computed, &expected) in computed.iter().zip(expected) {
            let error = (computed.into() - expected).abs() / expected.abs().max(1.0);
            if error.is_nan() || error > self.error {
                *self = Worst { error, of };
            }
        }
    }
}

/// What makes the flow of a name.
type Named<T, L, B, G, const D: usize> = fn(&str) -> Box<Flow<T, D, L, B, G>>;

/// What a flow is given with row i.
type GivenAt<V> = fn(&Reference, usize) -> V;

fn nothing(_: &Reference, _: usize) {}

fn context<T: Real, const C: usize>(expected: &Reference, i: usize) -> SVector<T, C> {
    point(&expected.values("context").as_chunks::<C>().0[i])
}

/// The worst of the maps, and of the way there and back.
fn compare<T, const D: usize, L, B, G>(
    name: &str,
    flow: &Flow<T, D, L, B, G>,
    given: GivenAt<G::Values>,
) -> [Worst; 2]
where
    T: Real + Into<f64>,
    L: Bijection<T, D, G::Values>,
    B: Base<T>,
    G: Given<T>,
{
    let expected = Reference::read(&format!("{name}.expected"));
    let rows = |name| expected.values(name).as_chunks::<D>().0;
    let [mut worst, mut round_trip] = [Worst::default(), Worst::default()];
    let mut loss = 0.0;
    assert_eq!((rows("x").len(), rows("z_in").len()), (64, 64));
    for (i, x) in rows("x").iter().enumerate() {
        let context = given(&expected, i);
        let (z, log_det) = flow.forward_given(&point(x), &context);
        let log_prob = flow.log_prob_given(&point(x), &context);
        worst.see("z", z.as_slice(), &rows("z")[i]);
        worst.see("log_det", &[log_det], &expected.values("log_det")[i..=i]);
        worst.see("log_prob", &[log_prob], &expected.values("log_prob")[i..=i]);
        let (back, inverse_log_det) = flow.inverse_given(&z, &context);
        round_trip.see("round trip", back.as_slice(), x);
        round_trip.see(
            "log_det of the way back",
            &[-inverse_log_det],
            &expected.values("log_det")[i..=i],
        );
        loss -= log_prob.into() / 64.0;
    }
    for (i, (z, x)) in rows("z_in").iter().zip(rows("x_out")).enumerate() {
        let (computed, _) = flow.inverse_given(&point(z), &given(&expected, i));
        worst.see("x_out", computed.as_slice(), x);
    }
    worst.see("loss", &[loss], expected.values("loss"));
    [worst, round_trip]
}

#[track_caller]
fn within<T, L, B, const D: usize>(
    name: &str,
    model: fn(&str) -> Box<Flow<T, D, L, B>>,
    tolerance: f64,
) where
    T: Real + Into<f64>,
    L: Bijection<T, D>,
    B: Base<T>,
{
    each_within(name, model, nothing, [tolerance; 2]);
}

/// With a tolerance for the maps, and one for round trips.
#[track_caller]
fn each_within<T, L, B, G, const D: usize>(
    name: &str,
    model: Named<T, L, B, G, D>,
    given: GivenAt<G::Values>,
    tolerances: [f64; 2],
) where
    T: Real + Into<f64>,
    L: Bijection<T, D, G::Values>,
    B: Base<T>,
    G: Given<T>,
{
    let found = compare(name, &model(name), given);
    for (Worst { error, of }, tolerance) in found.iter().zip(tolerances) {
        assert!(*error <= tolerance, "{name}: an error of {error:e} in {of}, above {tolerance:e}");
    }
}

#[test]
fn f64_agrees_with_every_reference() {
    within("nice_d2", model::<NiceD2<f64>>, 2e-15);
    within("nice_d5_logistic", model::<NiceD5Logistic<f64>>, 1e-14);
    within("realnvp_d2", model::<RealNvpD2<f64>>, 2e-14);
    within("realnvp_d7", model::<RealNvpD7<f64>>, 1e-14);
    within("realnvp_d8_logistic", model::<RealNvpD8Logistic<f64>>, 2e-12);
    within("student_d4", model::<StudentD4<f64>>, 5e-15);
    within("mixture_d2", model::<MixtureD2<f64>>, 8e-16);
    within("mixture_d5", model::<MixtureD5<f64>>, 4e-15);
    within("marginal_d5", model::<MarginalD5<f64>>, 4e-13);
    each_within("spline_d2", model::<SplineD2<f64>>, nothing, [6e-14, 4e-13]);
    each_within("spline_d5", model::<SplineD5<f64>>, nothing, [6e-14, 2e-12]);
    each_within("context_d2", model::<ContextD2<f64>>, context, [1e-14; 2]);
    each_within("context_d5", model::<ContextD5<f64>>, context, [1e-14; 2]);
}

#[test]
fn f32_agrees_with_every_reference_up_to_its_rounding() {
    within("nice_d2", model::<NiceD2<f32>>, 5e-7);
    within("nice_d5_logistic", model::<NiceD5Logistic<f32>>, 4e-6);
    within("realnvp_d2", model::<RealNvpD2<f32>>, 6e-6);
    within("realnvp_d7", model::<RealNvpD7<f32>>, 4e-6);
    within("realnvp_d8_logistic", model::<RealNvpD8Logistic<f32>>, 8e-5);
    within("student_d4", model::<StudentD4<f32>>, 4e-6);
    within("mixture_d2", model::<MixtureD2<f32>>, 4e-7);
    within("mixture_d5", model::<MixtureD5<f32>>, 2e-6);
    within("marginal_d5", model::<MarginalD5<f32>>, 8e-5);
    // Slopes of these splines reach 1/1000: to round z alone moves x by up to 1.8e-3.
    each_within("spline_d2", model::<SplineD2<f32>>, nothing, [3e-5, 3e-3]);
    each_within("spline_d5", model::<SplineD5<f32>>, nothing, [4e-5, 3e-4]);
    each_within("context_d2", model::<ContextD2<f32>>, context, [4e-6; 2]);
    each_within("context_d5", model::<ContextD5<f32>>, context, [4e-6; 2]);
}

#[test]
fn one_weight_that_is_off_by_a_millionth_shows() {
    let mut flow: Box<RealNvpD8Logistic<f64>> = model("realnvp_d8_logistic");
    let layer = &mut flow.layers.0[1].1.second.conditioner.trunk.layers.1;
    *layer = reweighted(layer, |weight| weight[(63, 0)] += 1e-6);
    let [Worst { error, .. }, _] = compare("realnvp_d8_logistic", &flow, nothing);
    assert!(error > 1e-8, "an error of {error:e}");
}
