//! Arbitrary bits, as a reading, as weights, as random words and as a model over the air: nothing
//! panics, log_prob is never NaN or positive infinity, and every NaN of the other maps is the
//! canonical one. Around the model, no bits leave a detector with a NaN or silent.

#![no_main]

#[path = "../common/models.rs"]
#[allow(dead_code)]
mod models;
#[path = "../models/nice_d5_logistic.rs"]
mod nice_d5_logistic;
#[path = "../common/parts.rs"]
#[allow(dead_code)]
mod parts;
#[path = "../models/realnvp_d7.rs"]
mod realnvp_d7;

use couplet::{
    Adjusting, Adjustment, Attribution, Band, Base, Bijection, Calibration, Context, Detector, Drift, Event,
    Flow, KnownAnswer, Marginal, Mixture, Model, Permutation, Real, Recalibration, Relu, Rules, Scale, Silu,
    StandardLogistic, StandardNormal, StudentT, Tanh, Triangle, Window, nalgebra::SVector, ranks,
};
use libfuzzer_sys::fuzz_target;
use models::{ClampedRealNvp1, GivenRealNvp1, Nice1, Nice3, NiceD5Logistic, RealNvp1, RealNvp2, Spline1};
use parts::{Part, Source};
use rand_core::TryRng;
use std::{array, convert::Infallible};

type NiceRelu =
    Flow<f32, 3, ([(Permutation<3>, Nice1<f32, Relu, 2, 1, 9>); 2], Scale<f32, 3>), StandardNormal>;
type NiceTanh = Flow<f32, 2, [Nice3<f32, Tanh, 1, 1, 3, 8, 5>; 1], StandardLogistic>;
type RealNvpRelu = Flow<f32, 2, [RealNvp2<f32, Relu, 1, 1, 8, 12>; 2], StandardNormal>;
type RealNvpSilu =
    Flow<f32, 5, [(Permutation<5>, RealNvp1<f32, Silu, 2, 3, 13>); 2], StandardLogistic>;
type RealNvpTanh =
    Flow<f64, 4, ([RealNvp2<f64, Tanh, 3, 1, 4, 4>; 2], Scale<f64, 4>), StandardNormal>;
type ClampedSilu = Flow<
    f32,
    6,
    (Triangle<f32, 6, 15>, [(Permutation<6>, ClampedRealNvp1<f32, Silu, 3, 3, 7>); 2]),
    StudentT<f32, 6>,
>;
type Bent = Flow<f32, 3, (Marginal<f32, 3, 12>, [RealNvp1<f32, Relu, 2, 1, 4>; 1]), StandardNormal>;
type Conditional = Flow<
    f32,
    3,
    [(Permutation<3>, GivenRealNvp1<f32, Relu, 2, 1, 4, 3, 5>); 2],
    StandardNormal,
    Context<f32, 2>,
>;
type Splines = Flow<f32, 3, [Spline1<f32, Silu, 2, 1, 4, 11, 22, 4>; 2], StandardNormal>;

fuzz_target!(|data: &[u8]| {
    let [choice, data @ ..] = data else { return };
    let mut bits = Bits { data, next: 0 };
    match choice % 14 {
        0 => every_map(&NiceRelu::build(&mut bits, ""), bits),
        1 => every_map(&NiceTanh::build(&mut bits, ""), bits),
        2 => every_map(&RealNvpRelu::build(&mut bits, ""), bits),
        3 => every_map(&RealNvpSilu::build(&mut bits, ""), bits),
        4 => every_map(&RealNvpTanh::build(&mut bits, ""), bits),
        5 => every_map(&ClampedSilu::build(&mut bits, ""), bits),
        6 => every_map(&nice_d5_logistic::NICE_D5_LOGISTIC.flow, bits),
        7 => every_map(&realnvp_d7::REALNVP_D7.flow, bits),
        8 => every_map(&Bent::build(&mut bits, ""), bits),
        9 => every_map(&Splines::build(&mut bits, ""), bits),
        10 => over_the_air(data),
        11 => monitor(bits),
        12 => every_map_given(&Conditional::build(&mut bits, ""), bits),
        _ => monitor_over_the_air(data),
    }
});

/// Every map of a conditional flow at a context of any bits.
fn every_map_given<T: Number, const D: usize, const C: usize, L, B>(
    flow: &Flow<T, D, L, B, Context<T, C>>,
    mut bits: Bits<'_>,
) where
    L: Bijection<T, D, SVector<T, C>>,
    B: Base<T>,
{
    let x = SVector::<T, D>::from_fn(|_, _| T::from_f32(bits.number()));
    let context = SVector::<T, C>::from_fn(|_, _| T::from_f32(bits.number()));
    let log_prob = flow.log_prob_given(&x, &context);
    assert!(log_prob.is_finite() || log_prob == T::NEG_INFINITY, "log_prob {log_prob:?}");
    if !x.iter().chain(&context).all(|x| x.is_finite()) {
        assert_eq!(log_prob, T::NEG_INFINITY, "of a reading or a context that is not finite");
    }
    for (point, log_det) in [flow.forward_given(&x, &context), flow.inverse_given(&x, &context)] {
        point.iter().chain([&log_det]).for_each(|value| value.assert_canonical());
    }
    flow.sample_given(&mut bits, &context).iter().for_each(|value| value.assert_canonical());
}

fn every_map<T: Number, const D: usize, L: Bijection<T, D>, B: Base<T>>(
    flow: &Flow<T, D, L, B>,
    mut bits: Bits<'_>,
) {
    let x = SVector::<T, D>::from_fn(|_, _| T::from_f32(bits.number()));
    let log_prob = flow.log_prob(&x);
    assert!(log_prob.is_finite() || log_prob == T::NEG_INFINITY, "log_prob {log_prob:?}");
    if !x.iter().all(|x| x.is_finite()) {
        assert_eq!(log_prob, T::NEG_INFINITY, "of a reading that is not finite");
    }
    for (point, log_det) in [flow.forward(&x), flow.inverse(&x)] {
        point.iter().chain([&log_det]).for_each(|value| value.assert_canonical());
    }
    flow.sample(&mut bits).iter().for_each(|value| value.assert_canonical());
    let mut samples: heapless::Vec<_, 2> = heapless::Vec::new();
    flow.sample_into(&mut bits, &mut samples);
    assert!(
        flow.log_probs(&samples)
            .all(|log_prob| log_prob.is_finite() || log_prob == T::NEG_INFINITY)
    );
}

/// A number whose NaN can be told from others.
trait Number: Real {
    /// Where it is a NaN, that it is the one.
    fn assert_canonical(self);
}

impl Number for f32 {
    fn assert_canonical(self) {
        assert!(!self.is_nan() || self.to_bits() == f32::NAN.to_bits(), "{:08x}", self.to_bits());
    }
}

impl Number for f64 {
    fn assert_canonical(self) {
        assert!(!self.is_nan() || self.to_bits() == f64::NAN.to_bits(), "{:016x}", self.to_bits());
    }
}

/// What arrives is an error or a model, and such a model can be used.
fn over_the_air(data: &[u8]) {
    type Small = Model<2, [RealNvp1<f32, Relu, 1, 1, 2>; 1], StandardNormal, 1>;
    type Student = Model<
        2,
        (Triangle<f32, 2, 1>, [ClampedRealNvp1<f32, Relu, 1, 1, 2>; 1]),
        StudentT<f32, 2>,
        1,
    >;
    type Clusters =
        Model<2, [RealNvp1<f32, Relu, 1, 1, 2>; 1], Mixture<f32, 2, 3, 1>, 1>;
    type Logistic = Model<
        5,
        ([(Permutation<5>, models::Nice2<f32, Relu, 3, 2, 24, 24>); 3], Scale<f32, 5>),
        StandardLogistic,
        8,
    >;
    if let Ok(model) = postcard::from_bytes::<Small>(data) {
        let _ = model.self_test();
        every_map(&model.flow, Bits { data, next: 0 });
    }
    if let Ok(model) = postcard::from_bytes::<Student>(data) {
        let _ = model.self_test();
        every_map(&model.flow, Bits { data, next: 0 });
    }
    if let Ok(model) = postcard::from_bytes::<Clusters>(data) {
        let _ = model.self_test();
        every_map(&model.flow, Bits { data, next: 0 });
    }
    type Bent =
        Model<2, (Marginal<f32, 2, 9>, [RealNvp1<f32, Relu, 1, 1, 2>; 1]), StandardNormal, 1>;
    if let Ok(model) = postcard::from_bytes::<Bent>(data) {
        let _ = model.self_test();
        every_map(&model.flow, Bits { data, next: 0 });
    }
    type BySplines = Model<2, [Spline1<f32, Relu, 1, 1, 2, 5, 5, 2>; 1], StandardNormal, 1>;
    if let Ok(model) = postcard::from_bytes::<BySplines>(data) {
        let _ = model.self_test();
        every_map(&model.flow, Bits { data, next: 0 });
    }
    if let Ok(model) = postcard::from_bytes::<Logistic>(data) {
        let _ = model.self_test();
    }
    let mut bits = Bits { data, next: 0 };
    let flow = NiceD5Logistic::<f32>::build(&mut bits, "");
    let _ = Model::new(flow, [KnownAnswer::new(array::from_fn(|_| bits.word()), bits.word())])
        .self_test();
    let _ = Permutation::<4>::new(array::from_fn(|_| bits.word() as u16));
}

/// Calibration, rules, readings, gaps, samples and typical values of any bits.
fn monitor(mut bits: Bits<'_>) {
    let ranks = ranks::<5>(bits.word(), bits.word());
    assert!(ranks.is_sorted());

    let mut recalibration: Recalibration<f32, 20> = Recalibration::new(bits.word());
    (0..bits.word() % 64).for_each(|_| recalibration.push(bits.number()));
    assert!(recalibration.kept().is_sorted());
    let known = recalibration.calibration::<5>(7, bits.word() % 4, bits.word() % 32);
    if let Ok(calibration) = &known {
        assert_eq!(calibration.check(7), Ok(()));
    }
    let any = Calibration::new(
        u64::from(bits.word()),
        bits.number(),
        array::from_fn(|_| bits.number()),
        array::from_fn(|_| bits.number()),
        bits.word(),
    );
    let calibration = known.unwrap_or(any);
    let [p, alpha] = [bits.number(), calibration.threshold].map(|x| calibration.p_value(x));
    assert!(p >= 0.0 || calibration.check(calibration.model).is_err(), "{p} {alpha}");

    let rules = Rules {
        reference: bits.number(),
        limit: bits.number(),
        release: bits.number(),
        k: bits.word() as u8,
        n: bits.word() as u8,
        silence: bits.word() % 8,
        drift: bits.word().is_multiple_of(2).then(|| Drift {
            rate: bits.number(),
            step: bits.number(),
            cap: bits.number(),
        }),
    };
    watch(&mut Detector::new(), &calibration, &rules, &mut bits);

    let typical: [[f32; 3]; 5] = array::from_fn(|_| array::from_fn(|_| bits.number()));
    let x = SVector::<f32, 3>::from_fn(|_, _| bits.number());
    let flow = NiceRelu::build(&mut bits, "");
    let found = Attribution::of(|x| flow.log_prob(x), &x, &typical, bits.number());
    let mut ranked = found.ranked();
    ranked.sort_unstable();
    assert_eq!(ranked, [0, 1, 2]);
    assert!(found.best.iter().chain(&found.nats).all(|value| !value.is_nan()));

    let band = |bits: &mut Bits<'_>| match bits.word() % 2 {
        0 => Band::Pass { gain: bits.number(), feedback: [bits.number(), bits.number()] },
        _ => Band::Bin { coefficient: bits.number() },
    };
    let mut window = Window::new(bits.number(), [band(&mut bits), band(&mut bits)]);
    for _ in 0..bits.word() % 8 {
        (0..bits.word() % 16).for_each(|_| window.push(bits.number()));
        if let Some(features) = window.features::<5>() {
            let finite = features.iter().filter(|feature| feature.is_finite()).count();
            assert!(finite == 5 || features.iter().all(|feature| feature.is_nan()));
            features.iter().for_each(|feature| feature.assert_canonical());
        }
    }

    let mut adjusting = Adjusting::new();
    for _ in 0..bits.word() % 16 {
        adjusting.push(&flow.standardize, &SVector::from_fn(|_, _| bits.number()));
    }
    if let Ok(Adjustment { offset, factor }) = adjusting.adjustment(&flow.standardize, true) {
        assert!(offset.iter().chain(&factor).all(|value| value.is_finite()));
    }
}

/// No reading and no gap leaves a NaN, and none that is not finite leaves a normal.
fn watch(
    detector: &mut Detector<f32>,
    calibration: &Calibration<f32, 5>,
    rules: &Rules<f32>,
    bits: &mut Bits<'_>,
) {
    for _ in 0..bits.word() % 256 {
        let log_prob = bits.number();
        let event = if bits.word().is_multiple_of(4) {
            detector.missing(rules)
        } else {
            let event = detector.push(calibration, rules, log_prob);
            assert!(log_prob.is_finite() || !detector.is_normal(rules));
            event
        };
        assert!(!(event == Some(Event::Silent) && detector.is_normal(rules)));
        assert!(detector.sum() >= 0.0 && detector.offset().is_finite());
    }
}

/// What arrives around a model is an error, or can be used.
fn monitor_over_the_air(data: &[u8]) {
    let mut bits = Bits { data, next: 0 };
    type Stored = (Calibration<f32, 5>, Rules<f32>, Detector<f32>, Adjustment<f32, 2>);
    if let Ok((calibration, rules, mut detector, _)) = postcard::from_bytes::<Stored>(data) {
        assert_eq!((calibration.check(calibration.model), rules.check()), (Ok(()), Ok(())));
        watch(&mut detector, &calibration, &rules, &mut bits);
    }
    if let Ok(mut detector) = postcard::from_bytes::<Detector<f32>>(data) {
        let calibration = Calibration::new(0, -1.0, [-1.0; 5], [1.0; 5], 9);
        watch(&mut detector, &calibration, &Rules::single(), &mut bits);
    }
    let _ = postcard::from_bytes::<[Band<f32>; 2]>(data);
}

/// The data as words, again and again, each time turned by a bit.
struct Bits<'a> {
    data: &'a [u8],
    next: usize,
}

impl Bits<'_> {
    fn word(&mut self) -> u32 {
        let (words, rest) = self.data.as_chunks();
        let word =
            words.get(self.next % words.len().max(1)).copied().unwrap_or([rest.len() as u8; 4]);
        let turns = self.next / words.len().max(1);
        self.next += 1;
        u32::from_le_bytes(word).rotate_left(turns as u32)
    }

    fn number(&mut self) -> f32 {
        f32::from_bits(self.word())
    }
}

impl Source for Bits<'_> {
    fn tensor(&mut self, _: &str, shape: &[usize]) -> Vec<f32> {
        // One word says whether a tensor has any bits, or values of a usual size.
        let usual = self.word() % 4 != 0;
        let value = |_| {
            if usual { (self.word() as i32 >> 8) as f32 / (1 << 22) as f32 } else { self.number() }
        };
        (0..shape.iter().product()).map(value).collect()
    }

    fn permutation(&mut self, _: &str, features: usize) -> Vec<u16> {
        let by = self.word() as usize % features;
        (0..features).map(|i| ((i + by) % features) as u16).collect()
    }

    fn log_scale_bound(&mut self) -> f32 {
        self.number()
    }

    fn input_bound(&mut self) -> f32 {
        self.number()
    }

    fn marginal(&mut self) -> [f32; 2] {
        [self.number(), self.number()]
    }

    fn spline(&mut self) -> [f32; 2] {
        [self.number(), self.number()]
    }
}

/// The words as those of a random generator.
impl TryRng for Bits<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(self.word())
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from(self.word()) << 32 | u64::from(self.word()))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        bytes.fill_with(|| self.word() as u8);
        Ok(())
    }
}
