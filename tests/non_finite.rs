//! Non-finite is never silent: `log_prob` is finite or negative infinity whatever the reading, and
//! no reading panics.
//!
//! For each kind of coupling, activation and base, with ordinary weights and with weights so large
//! that every layer overflows.

mod common;

use common::{
    ClampedNice1, ClampedRealNvp1, GivenRealNvp1, GivenSpline1, Nice1, Part, Random, RealNvp1,
    Spline1, build, random, reweighted, rng,
};
use couplet::nalgebra::{Vector1, Vector3};
use couplet::{
    Activation, Base, Bijection, Clamped, Conditioner, Context, Dense, Flow, Heads, Marginal,
    Mixture, Permutation, Relu, Scale, Silu, Spline, StandardLogistic, StandardNormal, Standardize,
    StudentT, Tanh, Transform, Triangle,
};
use rand_core::Rng;

type Whole<C, B> = Flow<f32, 3, ((Permutation<3>, C), Scale<f32, 3>), B>;

const CANONICAL_NAN: u32 = 0x7fc0_0000;

fn is_loud<L: Bijection<f32, 3>, B: Base<f32>>(
    flow: &Flow<f32, 3, L, B>,
    x: Vector3<f32>,
) -> Result<(), String> {
    let log_prob = flow.log_prob(&x);
    let reading_is_finite = x.iter().all(|x| x.is_finite());
    if log_prob != f32::NEG_INFINITY && !(log_prob.is_finite() && reading_is_finite) {
        return Err(format!("log_prob of {x:?} is {log_prob}"));
    }
    for (point, log_det) in [flow.forward(&x), flow.inverse(&x)] {
        if point
            .iter()
            .chain([&log_det])
            .any(|value| value.is_nan() && value.to_bits() != CANONICAL_NAN)
        {
            return Err(format!("{x:?} maps to a NaN that is not the canonical one"));
        }
    }
    Ok(())
}

fn extreme_readings() -> impl Iterator<Item = Vector3<f32>> {
    const VALUES: [f32; 16] = [
        f32::NAN,
        -f32::NAN,
        f32::from_bits(0x7f80_0001), // a signalling NaN
        f32::from_bits(0xffff_ffff),
        f32::INFINITY,
        f32::NEG_INFINITY,
        f32::MAX,
        f32::MIN,
        1e30,
        -1e30,
        f32::MIN_POSITIVE,
        f32::from_bits(1), // the smallest subnormal
        f32::from_bits(0x807f_ffff),
        0.0,
        -0.0,
        1.0,
    ];
    let triple = |i: usize| [VALUES[i % 16], VALUES[i / 16 % 16], VALUES[i / 256]].into();
    (0..16 * 16 * 16).step_by(if cfg!(miri) { 149 } else { 1 }).map(triple)
}

/// Random bit patterns in half of the features, in every company, and ordinary readings in the
/// others: other ones for each of the twelve models, which sees 8,400 patterns in each feature, so
/// that all see 100,800.
fn random_readings(seed: u64) -> impl Iterator<Item = Vector3<f32>> {
    let mut rng = rng(seed);
    (0..if cfg!(miri) { 16 } else { 16_800 }).map(move |i| {
        Vector3::from_fn(|feature, _| {
            let bits = rng.next_u32();
            if i >> feature & 1 == 1 { f32::from_bits(bits) } else { bits as i32 as f32 / 1e9 }
        })
    })
}

#[track_caller]
fn no_reading_is_silent<C, B>(seed: u64)
where
    C: Bijection<f32, 3> + Part + Send + 'static,
    B: Base<f32> + Part + Send + 'static,
{
    let ordinary = random::<Whole<C, B>>(seed);
    assert!(ordinary.log_prob(&[0.5, -1.0, 2.0].into()).is_finite());
    for x in extreme_readings().chain(random_readings(seed)) {
        is_loud(&ordinary, x).unwrap();
    }
    let overflowing = build::<Whole<C, B>>(Random { rng: rng(seed), gain: 1e25 });
    for x in extreme_readings() {
        is_loud(&overflowing, x).unwrap();
    }
}

#[test]
fn no_reading_of_a_nice_model_is_silent() {
    no_reading_is_silent::<Nice1<f32, Relu, 2, 1, 3>, StandardNormal>(1);
    no_reading_is_silent::<Nice1<f32, Tanh, 2, 1, 3>, StandardLogistic>(2);
    no_reading_is_silent::<Nice1<f32, Silu, 2, 1, 3>, StandardNormal>(3);
    no_reading_is_silent::<Nice1<f32, Relu, 2, 1, 3>, StandardLogistic>(4);
    no_reading_is_silent::<Nice1<f32, Tanh, 2, 1, 3>, StandardNormal>(5);
    no_reading_is_silent::<Nice1<f32, Silu, 2, 1, 3>, StandardLogistic>(6);
}

#[test]
fn no_reading_of_a_realnvp_model_is_silent() {
    no_reading_is_silent::<RealNvp1<f32, Relu, 2, 1, 3>, StandardNormal>(7);
    no_reading_is_silent::<RealNvp1<f32, Tanh, 2, 1, 3>, StandardLogistic>(8);
    no_reading_is_silent::<RealNvp1<f32, Silu, 2, 1, 3>, StandardNormal>(9);
    no_reading_is_silent::<RealNvp1<f32, Relu, 2, 1, 3>, StandardLogistic>(10);
    no_reading_is_silent::<RealNvp1<f32, Tanh, 2, 1, 3>, StandardNormal>(11);
    no_reading_is_silent::<RealNvp1<f32, Silu, 2, 1, 3>, StandardLogistic>(12);
}

#[test]
fn no_reading_of_a_model_with_triangle_clamp_and_student_base_is_silent() {
    type Mixed<C> = (Triangle<f32, 3, 3>, C);
    type Student = StudentT<f32, 3>;
    no_reading_is_silent::<Mixed<ClampedRealNvp1<f32, Relu, 2, 1, 3>>, Student>(13);
    no_reading_is_silent::<Mixed<ClampedRealNvp1<f32, Tanh, 2, 1, 3>>, Student>(14);
    no_reading_is_silent::<Mixed<ClampedNice1<f32, Silu, 2, 1, 3>>, Student>(15);
    no_reading_is_silent::<Mixed<RealNvp1<f32, Silu, 2, 1, 3>>, StandardNormal>(16);
    no_reading_is_silent::<ClampedNice1<f32, Relu, 2, 1, 3>, StandardLogistic>(17);
    no_reading_is_silent::<RealNvp1<f32, Tanh, 2, 1, 3>, Student>(18);
}

#[test]
fn no_reading_of_a_mixture_is_silent() {
    no_reading_is_silent::<(), Mixture<f32, 3, 5, 3>>(19);
    no_reading_is_silent::<(), Mixture<f32, 3, 5, 0>>(20);
    no_reading_is_silent::<RealNvp1<f32, Relu, 2, 1, 3>, Mixture<f32, 3, 4, 0>>(21);
    no_reading_is_silent::<RealNvp1<f32, Tanh, 2, 1, 3>, Mixture<f32, 3, 2, 3>>(22);
}

#[test]
fn no_reading_of_a_model_with_a_marginal_is_silent() {
    type Bent<C> = (Marginal<f32, 3, 27>, C);
    no_reading_is_silent::<Bent<RealNvp1<f32, Relu, 2, 1, 3>>, StandardNormal>(19);
    no_reading_is_silent::<Bent<Nice1<f32, Tanh, 2, 1, 3>>, StandardLogistic>(20);
    no_reading_is_silent::<
        Bent<(Triangle<f32, 3, 3>, ClampedRealNvp1<f32, Silu, 2, 1, 3>)>,
        StudentT<f32, 3>,
    >(21);
}

#[test]
fn no_reading_of_a_model_of_splines_is_silent() {
    no_reading_is_silent::<Spline1<f32, Relu, 2, 1, 3, 11, 22, 4>, StandardNormal>(23);
    no_reading_is_silent::<Spline1<f32, Tanh, 2, 1, 3, 5, 10, 2>, StandardLogistic>(24);
    no_reading_is_silent::<Spline1<f32, Silu, 2, 1, 3, 23, 46, 8>, StudentT<f32, 3>>(25);
}

/// A spline is the identity beyond its knots, and a bound would take infinity for a number: nothing
/// but the context itself shows that it is not finite.
#[test]
fn no_context_of_a_conditional_model_is_silent() {
    type Conditional<L, const D: usize> = Flow<f32, D, L, StandardNormal, Context<f32, 3>>;
    fn check<L, const D: usize>(seed: u64, bound: Option<f32>)
    where
        L: Bijection<f32, D, Vector3<f32>> + Part + Send + 'static,
    {
        let mut flow = random::<Conditional<L, D>>(seed);
        flow.context.bound = bound;
        let x = std::array::from_fn(|i| 0.5 - i as f32).into();
        let mut generator = rng(seed);
        assert!(flow.log_prob_given(&x, &[1.0, -2.0, 0.25].into()).is_finite());
        for context in extreme_readings().chain(random_readings(seed)) {
            let log_prob = flow.log_prob_given(&x, &context);
            let is_finite = context.iter().all(|c| c.is_finite());
            assert!(
                log_prob == f32::NEG_INFINITY || log_prob.is_finite() && is_finite,
                "log_prob given {context:?} is {log_prob}"
            );
            let [forward, inverse] =
                [flow.forward_given(&x, &context), flow.inverse_given(&x, &context)];
            let sample = flow.sample_given(&mut generator, &context);
            for value in [forward.0, inverse.0, sample].iter().flat_map(|point| point.iter()) {
                assert!(!value.is_nan() || value.to_bits() == CANONICAL_NAN);
                assert!(is_finite || value.is_nan(), "{value} given {context:?}");
            }
            assert!(is_finite || forward.1.is_nan() && inverse.1.is_nan());
        }
    }
    type Affine<F> = (Permutation<3>, GivenRealNvp1<f32, F, 2, 1, 5, 4, 3>);
    check::<Affine<Relu>, 3>(26, None);
    check::<Affine<Tanh>, 3>(27, Some(2.0));
    check::<Affine<Silu>, 3>(28, Some(1e30));
    check::<GivenSpline1<f32, Relu, 4, 3, 11, 4>, 2>(29, None);
    check::<GivenSpline1<f32, Tanh, 4, 3, 11, 4>, 2>(30, Some(2.0));
}

/// Raw numbers of every size, and beyond what an f32 holds in between.
#[test]
fn no_raw_number_of_a_spline_is_silent() {
    const RAW: [f32; 10] =
        [0.0, -1.0, 30.0, 1e10, -1e30, 1e38, f32::MAX, f32::MIN, f32::INFINITY, f32::NAN];
    let spline: Spline<f32, 2> = Spline::new(4.0, 7.0 / 9.0);
    for i in 0..10_usize.pow(5) {
        let raw: [f32; 5] = std::array::from_fn(|digit| RAW[i / 10_usize.pow(digit as u32) % 10]);
        for value in [-4.0, -1.5, 0.0, 3.999] {
            let (mut z, mut x) = ([value], [value]);
            let log_det = spline.forward(&[raw], &mut z);
            let back = spline.inverse(&[raw], &mut x);
            let is_ordinary = raw.iter().all(|raw| raw.abs() < 1e38);
            for (point, log_det) in [(z[0], log_det), (x[0], back)] {
                assert!(point.is_nan() || point.abs() <= 4.001, "{raw:?}: {value} to {point}");
                assert!(
                    !is_ordinary || point.is_finite() && log_det.is_finite(),
                    "{raw:?}: {value} to {point}, {log_det}"
                );
            }
        }
    }
}

#[test]
fn nan_and_infinity_pass_a_marginal() {
    let marginal = random::<Marginal<f32, 3, 27>>(1);
    let bits = |x: [f32; 3]| x.map(f32::to_bits);
    for x in [[f32::INFINITY, f32::NEG_INFINITY, f32::NAN], [f32::MAX, -f32::MAX, 2.5]] {
        let (z, log_det) = marginal.forward(&x.into(), &());
        assert_eq!((bits(z.into()), log_det), (bits(x), 0.0));
        let (back, log_det) = marginal.inverse(&x.into(), &());
        assert_eq!((bits(back.into()), log_det), (bits(x), 0.0));
    }
}

#[test]
fn nan_stays_nan_where_inputs_are_clamped() {
    /// The inputs.
    struct Seen;
    impl Conditioner<f32, 3> for Seen {
        type Parameters = [f32; 3];
        fn condition(&self, a: &[f32; 3], _: &()) -> [f32; 3] {
            *a
        }
    }
    let clamped = Clamped::new(Seen, 2.0);
    for nan in [f32::NAN, -f32::NAN] {
        let [first, second, third] = clamped.condition(&[3.0, nan, f32::NEG_INFINITY], &());
        assert!((first, second.is_nan(), third) == (2.0, true, -2.0));
        clamped.with_parameters(&[nan, 2.0, -2.5], &(), |[first, second, third]| {
            assert!((first.is_nan(), *second, *third) == (true, 2.0, -2.0));
        });
    }
    for inside in [[0.0, -0.0, 1.0], [2.0, -2.0, f32::MIN_POSITIVE]] {
        let bits = |values: [f32; 3]| values.map(f32::to_bits);
        assert_eq!(bits(clamped.condition(&inside, &())), bits(inside));
        assert_eq!(bits(clamped.with_parameters(&inside, &(), |seen| *seen)), bits(inside));
    }
}

/// A flow of one couplet over ordinary readings, with the base of the longest reach, which does not
/// overflow by itself.
type Single<C> = Flow<f32, 3, C, StandardLogistic>;

const ORDINARY: [f32; 3] = [2.0, 2.0, 0.0];

/// The log_prob of an ordinary reading.
fn log_prob_after<C: Bijection<f32, 3> + Part + Send + 'static>(
    overflow: impl FnOnce(&mut C),
) -> f32 {
    let mut flow = random::<Single<C>>(2);
    flow.standardize = Standardize::new([0.0; 3], [1.0; 3]);
    assert!(flow.log_prob(&ORDINARY.into()).is_finite());
    overflow(&mut flow.layers);
    flow.log_prob(&ORDINARY.into())
}

/// Weights with which ORDINARY becomes infinity - infinity in every hidden feature.
fn overflow<const H: usize>(layer: &mut Dense<f32, 2, H>) {
    *layer = reweighted(layer, |weight| {
        weight.column_mut(0).fill(f32::MAX);
        weight.column_mut(1).fill(f32::MIN);
    });
}

#[test]
fn an_overflow_in_a_trunk_is_not_silent() {
    fn check<F: Activation + Default + Send + 'static>() {
        let nice = log_prob_after::<Nice1<f32, F, 2, 1, 3>>(|couplet| {
            overflow(&mut couplet.first.conditioner.trunk.layers)
        });
        let realnvp = log_prob_after::<RealNvp1<f32, F, 2, 1, 3>>(|couplet| {
            overflow(&mut couplet.first.conditioner.trunk.layers)
        });
        let spline = log_prob_after::<Spline1<f32, F, 2, 1, 3, 11, 22, 4>>(|couplet| {
            overflow(&mut couplet.first.conditioner.trunk.layers)
        });
        assert_eq!([nice, realnvp, spline], [f32::NEG_INFINITY; 3]);
    }
    check::<Relu>();
    check::<Tanh>();
    check::<Silu>();
}

#[test]
fn an_overflow_in_a_head_is_not_silent() {
    let infinite_shift = |couplet: &mut Nice1<f32, Tanh, 2, 1, 3>| {
        let heads = &mut couplet.first.conditioner.heads;
        let [mut shift] = heads.layers();
        shift.bias.fill(f32::INFINITY);
        *heads = Heads::new([shift]);
    };
    let infinite_log_scale = |couplet: &mut RealNvp1<f32, Tanh, 2, 1, 3>| {
        let heads = &mut couplet.first.conditioner.heads;
        let [mut log_scale, shift] = heads.layers();
        log_scale.bias.fill(f32::INFINITY);
        *heads = Heads::new([log_scale, shift]);
    };
    assert_eq!(log_prob_after(infinite_shift), f32::NEG_INFINITY);
    assert_eq!(log_prob_after(infinite_log_scale), f32::NEG_INFINITY);
}

#[test]
fn a_log_det_that_overflows_is_not_silent() {
    /// Leaves points alone and claims to change the volume without limit.
    struct Limitless;
    impl Bijection<f32, 1> for Limitless {
        fn forward_mut(&self, _: &mut Vector1<f32>, _: &(), log_det: &mut f32) {
            *log_det += f32::INFINITY;
        }
        fn inverse_mut(&self, _: &mut Vector1<f32>, _: &(), _: &mut f32) {}
    }
    let flow = Flow::new(Standardize::new([0.0], [1.0]), Limitless, StandardNormal);
    assert_eq!(flow.log_prob(&[0.0].into()), f32::NEG_INFINITY);
}

#[test]
fn a_silent_layer_is_reported() {
    /// Takes NaN and infinity for 0.
    struct Silent;
    impl Bijection<f32, 3> for Silent {
        fn forward_mut(&self, x: &mut Vector3<f32>, _: &(), _: &mut f32) {
            x.apply(|x| *x = if x.is_finite() { *x } else { 0.0 });
        }
        fn inverse_mut(&self, _: &mut Vector3<f32>, _: &(), _: &mut f32) {}
    }
    let flow = Flow::new(Standardize::new([0.0; 3], [1.0; 3]), Silent, StandardNormal);
    assert_eq!(is_loud(&flow, [0.0, 1.0, 2.0].into()), Ok(()));
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        assert!(is_loud(&flow, [0.0, 1.0, value].into()).is_err());
    }
}
