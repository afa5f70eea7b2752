//! What holds for every bijection: a table of layers, a table of laws, and a faulty layer for each
//! law that it must report.
//!
//! All in f64. A new bijection is one line in `laws!`; its weights are random.

mod common;

use common::{
    ClampedNice1, ClampedRealNvp1, GivenClamped1, GivenNice1, GivenRealNvp1, GivenRealNvp2,
    GivenSpline1, Nice1, Nice2, Nice3, Part, RealNvp1, RealNvp2, RealNvp3, Source, Spline1,
    Spline2, random, rng,
};
use couplet::nalgebra::{Const, DimMin, SMatrix, SVector};
use couplet::{
    Base, Bijection, Marginal, Permutation, Relu, Scale, Silu, StandardNormal, Standardize, Tanh,
    Triangle,
};

laws! {
    standardize: Standardize<f64, 3>, 3;
    permutation: Permutation<5>, 5;
    scale: Scale<f64, 4>, 4;
    triangle_of_one_feature: Triangle<f64, 1, 0>, 1;
    triangle_of_two_features: Triangle<f64, 2, 1>, 2;
    triangle_of_five_features: Triangle<f64, 5, 10>, 5;
    triangle_of_eleven_features: Triangle<f64, 11, 55>, 11;
    marginal_of_one_feature_and_one_bin: Marginal<f64, 1, 6>, 1;
    marginal_of_two_features_and_two_bins: Marginal<f64, 2, 9>, 2;
    marginal_of_five_features_and_eight_bins: Marginal<f64, 5, 27>, 5;
    marginal_of_eleven_features_and_three_bins: Marginal<f64, 11, 12>, 11;

    nice_relu: Nice1<f64, Relu, 1, 1, 33>, 2;
    nice_tanh: Nice1<f64, Tanh, 3, 2, 33>, 5;
    nice_silu: Nice1<f64, Silu, 2, 5, 17>, 7;
    nice_relu_of_two_layers: Nice2<f64, Relu, 3, 2, 33, 17>, 5;
    nice_tanh_of_two_layers: Nice2<f64, Tanh, 1, 2, 17, 33>, 3;
    nice_silu_of_three_layers: Nice3<f64, Silu, 2, 2, 17, 33, 8>, 4;

    realnvp_relu: RealNvp1<f64, Relu, 1, 1, 33>, 2;
    realnvp_tanh: RealNvp1<f64, Tanh, 3, 2, 33>, 5;
    realnvp_silu: RealNvp1<f64, Silu, 2, 5, 17>, 7;
    realnvp_relu_of_two_layers: RealNvp2<f64, Relu, 3, 2, 33, 17>, 5;
    realnvp_tanh_of_two_layers: RealNvp2<f64, Tanh, 1, 2, 17, 33>, 3;
    realnvp_relu_of_three_layers: RealNvp3<f64, Relu, 2, 3, 17, 9, 33>, 5;
    realnvp_silu_of_three_layers: RealNvp3<f64, Silu, 2, 2, 17, 33, 8>, 4;

    clamped_nice_tanh: ClampedNice1<f64, Tanh, 3, 2, 17>, 5;
    clamped_realnvp_relu: ClampedRealNvp1<f64, Relu, 1, 1, 17>, 2;
    clamped_realnvp_silu: ClampedRealNvp1<f64, Silu, 3, 9, 17>, 12;

    spline_relu_of_two_bins: Spline1<f64, Relu, 1, 1, 9, 5, 5, 2>, 2;
    spline_tanh: Spline1<f64, Tanh, 3, 2, 17, 22, 33, 4>, 5;
    spline_silu_of_many_features: Spline1<f64, Silu, 6, 5, 9, 40, 48, 3>, 11;
    spline_relu_of_two_layers: Spline2<f64, Relu, 17, 23, 8>, 2;

    conditional_nice_relu: At<GivenNice1<f64, Relu, 2, 1, 4, 3, 17>, 2>, 3;
    conditional_realnvp_tanh: At<GivenRealNvp1<f64, Tanh, 3, 2, 4, 3, 17>, 1>, 5;
    conditional_realnvp_silu_of_two_layers: At<GivenRealNvp2<f64, Silu, 1, 1, 4, 4, 9, 17>, 3>, 2;
    conditional_clamped: At<GivenClamped1<f64, Tanh, 2, 2, 3, 3, 9>, 1>, 4;
    conditional_spline: At<GivenSpline1<f64, Relu, 3, 9, 11, 4>, 2>, 2;
    conditional_array_of_pairs: At<[(Permutation<3>, GivenRealNvp1<f64, Relu, 2, 1, 4, 3, 9>); 3], 2>, 3;

    pair: (Permutation<3>, Scale<f64, 3>), 3;
    nested_pairs: (Standardize<f64, 3>, (RealNvp1<f64, Tanh, 2, 1, 9>, Scale<f64, 3>)), 3;
    array: [RealNvp1<f64, Tanh, 1, 1, 9>; 4], 2;
    array_of_pairs_and_scale: ([(Permutation<5>, Nice2<f64, Relu, 3, 2, 9, 17>); 3], Scale<f64, 5>), 5;
    triangle_and_array_of_pairs: (Triangle<f64, 4, 6>, [(Permutation<4>, ClampedRealNvp1<f64, Tanh, 2, 2, 9>); 2]), 4;
    marginal_and_triangle: (Marginal<f64, 3, 15>, (Triangle<f64, 3, 3>, [RealNvp1<f64, Relu, 2, 1, 9>; 2])), 3;
    no_layer: [Scale<f64, 2>; 0], 2;
}

/// A conditional layer at one context.
struct At<F, const C: usize>(F);

impl<F, const C: usize> At<F, C> {
    fn context() -> SVector<f64, C> {
        SVector::from_fn(|i, _| 0.75 - i as f64)
    }
}

impl<F: Part, const C: usize> Part for At<F, C> {
    fn build(source: &mut impl Source, prefix: &str) -> Self {
        At(F::build(source, prefix))
    }
}

impl<F: Bijection<f64, D, SVector<f64, C>>, const C: usize, const D: usize> Bijection<f64, D>
    for At<F, C>
{
    fn forward_mut(&self, x: &mut SVector<f64, D>, _: &(), log_det: &mut f64) {
        self.0.forward_mut(x, &Self::context(), log_det);
    }

    fn inverse_mut(&self, z: &mut SVector<f64, D>, _: &(), log_det: &mut f64) {
        self.0.inverse_mut(z, &Self::context(), log_det);
    }
}

type Law<F, const D: usize> = fn(&F, &SVector<f64, D>) -> Result<(), String>;

/// The laws, each for a layer at a point.
fn every_law<F: Bijection<f64, D>, const D: usize>() -> [Law<F, D>; 5]
where
    Const<D>: DimMin<Const<D>, Output = Const<D>>,
{
    [
        inverse_undoes_forward,
        forward_undoes_inverse,
        log_det_is_that_of_the_jacobian,
        inverse_negates_log_det,
        log_det_adds_up,
    ]
}

fn inverse_undoes_forward<F: Bijection<f64, D>, const D: usize>(
    layer: &F,
    x: &SVector<f64, D>,
) -> Result<(), String> {
    let back = layer.inverse(&layer.forward(x, &()).0, &()).0;
    close("inverse(forward(x))", back.as_slice(), x.as_slice(), 1e-12)
}

fn forward_undoes_inverse<F: Bijection<f64, D>, const D: usize>(
    layer: &F,
    z: &SVector<f64, D>,
) -> Result<(), String> {
    let back = layer.forward(&layer.inverse(z, &()).0, &()).0;
    close("forward(inverse(z))", back.as_slice(), z.as_slice(), 1e-12)
}

/// Central differences of both directions. The step is so small that a relu turns off within it at
/// none of the points of this test; where it did, the determinant would be off by far more than the
/// tolerance.
fn log_det_is_that_of_the_jacobian<F: Bijection<f64, D>, const D: usize>(
    layer: &F,
    x: &SVector<f64, D>,
) -> Result<(), String>
where
    Const<D>: DimMin<Const<D>, Output = Const<D>>,
{
    const STEP: f64 = 3e-6;
    let log_det_of = |map: &dyn Fn(&SVector<f64, D>) -> SVector<f64, D>| {
        let columns: [_; D] = std::array::from_fn(|i| {
            let mut step = SVector::zeros();
            step[i] = STEP;
            (map(&(x + step)) - map(&(x - step))) / (2.0 * STEP)
        });
        SMatrix::from_columns(&columns).determinant().abs().ln()
    };
    let forward = log_det_of(&|x| layer.forward(x, &()).0);
    let inverse = log_det_of(&|z| layer.inverse(z, &()).0);
    close("log_det of forward", &[layer.forward(x, &()).1], &[forward], 1e-8)?;
    close("log_det of inverse", &[layer.inverse(x, &()).1], &[inverse], 1e-8)
}

fn inverse_negates_log_det<F: Bijection<f64, D>, const D: usize>(
    layer: &F,
    x: &SVector<f64, D>,
) -> Result<(), String> {
    let (z, log_det) = layer.forward(x, &());
    close("log_det of the way back", &[layer.inverse(&z, &()).1], &[-log_det], 1e-12)
}

/// In place and by value are the same bits; in place adds to the log_det that is there.
fn log_det_adds_up<F: Bijection<f64, D>, const D: usize>(
    layer: &F,
    x: &SVector<f64, D>,
) -> Result<(), String> {
    let forward = |point: &mut _, log_det: &mut _| layer.forward_mut(point, &(), log_det);
    let inverse = |point: &mut _, log_det: &mut _| layer.inverse_mut(point, &(), log_det);
    adds_up(x, layer.forward(x, &()), &forward)?;
    adds_up(x, layer.inverse(x, &()), &inverse)
}

fn adds_up<const D: usize>(
    x: &SVector<f64, D>,
    by_value: (SVector<f64, D>, f64),
    map: &dyn Fn(&mut SVector<f64, D>, &mut f64),
) -> Result<(), String> {
    let from = |start| {
        let (mut point, mut log_det) = (*x, start);
        map(&mut point, &mut log_det);
        (point, log_det)
    };
    if from(0.0) != by_value {
        return Err(format!("in place {:?}, by value {by_value:?}", from(0.0)));
    }
    close("log_det from 8 on", &[from(8.0).1], &[8.0 + by_value.1], 1e-12)
}

/// Errors relative to max(1, |expected|).
fn close(what: &str, computed: &[f64], expected: &[f64], tolerance: f64) -> Result<(), String> {
    let near = |(computed, expected): (&f64, &f64)| {
        (computed - expected).abs() <= tolerance * expected.abs().max(1.0)
    };
    if computed.iter().zip(expected).all(near) {
        Ok(())
    } else {
        Err(format!("{what}: {computed:?}, expected {expected:?} within {tolerance:e}"))
    }
}

/// Points of three standard deviations in each feature.
fn points<const D: usize>() -> impl Iterator<Item = SVector<f64, D>> {
    let mut rng = rng(1);
    (0..if cfg!(miri) { 1 } else { 20 }).map(move |_| {
        let mut x = SVector::<f64, D>::zeros();
        StandardNormal.sample(&mut rng, x.as_mut_slice());
        3.0 * x
    })
}

#[track_caller]
fn obeys_every_law<F: Bijection<f64, D> + Part + Send + 'static, const D: usize>()
where
    Const<D>: DimMin<Const<D>, Output = Const<D>>,
{
    let layer = random::<F>(2);
    for x in points() {
        for law in every_law::<F, D>() {
            law(&layer, &x).unwrap_or_else(|broken| panic!("at {x:?}: {broken}"));
        }
    }
}

/// One #[test] for each line.
macro_rules! laws {
    ($($name:ident: $layer:ty, $features:literal;)*) => {$(
        #[test]
        fn $name() {
            obeys_every_law::<$layer, $features>();
        }
    )*};
}
use laws;

/// z = 3 x in two features, with a fault.
struct Triple(Fault);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    None,
    WrongInverse,
    WrongSign,
    WrongSignOfInverse,
    ForgetsWhatWasThere,
}

impl Bijection<f64, 2> for Triple {
    fn forward_mut(&self, x: &mut SVector<f64, 2>, _: &(), log_det: &mut f64) {
        *x *= 3.0;
        *log_det = match self.0 {
            Fault::WrongSign => *log_det - 9_f64.ln(),
            Fault::ForgetsWhatWasThere => 9_f64.ln(),
            _ => *log_det + 9_f64.ln(),
        };
    }

    fn inverse_mut(&self, z: &mut SVector<f64, 2>, _: &(), log_det: &mut f64) {
        *z /= if self.0 == Fault::WrongInverse { 3.000_000_1 } else { 3.0 };
        *log_det += if let Fault::WrongSign | Fault::WrongSignOfInverse = self.0 {
            9_f64.ln()
        } else {
            -9_f64.ln()
        };
    }
}

#[test]
fn every_law_reports_a_layer_that_breaks_it() {
    // in the order of `every_law`
    for (fault, broken) in [
        (Fault::None, [false, false, false, false, false]),
        (Fault::WrongInverse, [true, true, true, false, false]),
        (Fault::WrongSign, [false, false, true, false, false]),
        (Fault::WrongSignOfInverse, [false, false, true, true, false]),
        (Fault::ForgetsWhatWasThere, [false, false, false, false, true]),
    ] {
        let verdicts = every_law().map(|law| law(&Triple(fault), &[0.5, -2.0].into()).is_err());
        assert_eq!(verdicts, broken, "{fault:?}");
    }
}
