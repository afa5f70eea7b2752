//! Links only if the compiler found no way to a panic: the panic handler calls a function that does
//! not exist.
//!
//! `cargo build --release --features no-panic --bin no_panic` builds it. tests/on_target.rs does so
//! at several optimisation levels.

#![no_std]
#![no_main]
#![allow(unsafe_code)] // declares the function that does not exist

#[rustfmt::skip]
#[path = "../../../models/circles.rs"]
mod circles;
#[rustfmt::skip]
#[path = "../../../../tests/models/context_d5.rs"]
mod context_d5;
#[rustfmt::skip]
#[path = "../../../../tests/models/mixture_d2.rs"]
mod mixture_d2;
#[rustfmt::skip]
#[path = "../../../../tests/models/mixture_d5.rs"]
mod mixture_d5;
#[path = "../../../../tests/models/integer_d2.rs"]
mod integer_d2;
#[path = "../../../../tests/models/integer_d5.rs"]
mod integer_d5;
#[path = "../../../../tests/models/integer_modes.rs"]
mod integer_modes;
#[path = "../../../../tests/models/marginal_d5.rs"]
mod marginal_d5;
#[path = "../../../../tests/models/spline_d2.rs"]
mod spline_d2;
#[path = "../../../../tests/models/spline_d5.rs"]
mod spline_d5;
#[rustfmt::skip]
#[path = "../../../models/moons.rs"]
mod moons;
#[rustfmt::skip]
#[path = "../../../../tests/models/nice_d5_logistic.rs"]
mod nice_d5_logistic;
#[rustfmt::skip]
#[path = "../../../../tests/models/realnvp_d7.rs"]
mod realnvp_d7;
#[rustfmt::skip]
#[path = "../../../../tests/models/student_d4.rs"]
mod student_d4;

use core::{
    convert::Infallible,
    hint::{black_box, spin_loop},
    panic::PanicInfo,
};
use couplet::{
    Adjusting, Adjustment, AlarmAnswer, Attribution, Band, Base, Bijection, Calibration, Context,
    Detector, Drift, Given, Mixture, Model, Recalibration, Rules, Steps, Triangle, Window,
    nalgebra::SVector, ranks,
};
use heapless::Vec;
use rand_core::TryRng;
use rt::entry;

unsafe extern "C" {
    fn a_panic_can_be_reached() -> !;
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    // SAFETY: it never runs, since a program with this call does not link.
    unsafe { a_panic_can_be_reached() }
}

/// A generator without panics of its own.
struct Counter(u32);

impl TryRng for Counter {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        Ok(self.0)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.try_next_u32().map(u64::from)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        bytes.fill(0);
        Ok(())
    }
}

/// Calls every method of a model, on values that the compiler cannot know.
fn every_method<const D: usize, L: Bijection<f32, D>, B: Base<f32>, const N: usize>(
    model: &Model<D, L, B, N>,
) {
    let x = black_box(model.standardize.mean);
    let mut rng = Counter(black_box(1));
    let mut samples: Vec<SVector<f32, D>, 2> = Vec::new();
    black_box(model.self_test().is_ok());
    black_box(model.log_prob(&x));
    black_box(model.forward(&x));
    black_box(model.inverse(&x));
    black_box(model.sample(&mut rng));
    model.sample_into(&mut rng, &mut samples);
    for log_prob in model.log_probs(&samples) {
        black_box(log_prob);
    }
}

/// Calls every method of a conditional model.
fn every_method_given<const D: usize, const C: usize, L, B, const N: usize>(
    model: &Model<D, L, B, N, Context<f32, C>>,
) where
    L: Bijection<f32, D, SVector<f32, C>>,
    B: Base<f32>,
{
    let x = black_box(model.standardize.mean);
    let context = black_box(model.context.standardize.mean);
    black_box(model.self_test().is_ok());
    black_box(model.log_prob_given(&x, &context));
    black_box(model.forward_given(&x, &context));
    black_box(model.inverse_given(&x, &context));
    black_box(model.sample_given(&mut Counter(black_box(1)), &context));
    black_box(model.context.is_known(&context));
    let bounded = Context { bound: black_box(Some(3.0)), ..model.context };
    black_box(bounded.seen(&context));
}

/// A triangle and a component with as many features as the kernel of wide blocks needs.
static WIDE: Triangle<f32, 11, 55> = Triangle::new([1.0; 11], [0.5; 55], 0.0);
static WIDE_BASE: Mixture<f32, 11, 1, 55> =
    Mixture::new([1.0], [0.0], [[0.0; 11]], [[1.0; 11]], [[0.5; 55]]);

/// Calls every method of these, on values that the compiler cannot know.
fn wide() {
    let (triangle, base) = (black_box(&WIDE), black_box(&WIDE_BASE));
    let x = black_box(triangle.diagonal);
    black_box((triangle.forward(&x, &()), triangle.inverse(&x, &()), triangle.weight()));
    let mut z = black_box([0.0; 11]);
    black_box((base.log_prob(&z), base.factor()));
    base.sample(&mut Counter(black_box(1)), &mut z);
    black_box(z);
}

/// Calls everything that stands around a model, on values that the compiler cannot know.
fn monitor<const D: usize, L: Bijection<f32, D>, B: Base<f32>, const N: usize>(
    model: &Model<D, L, B, N>,
) {
    let number = || black_box(1.0_f32);
    let count = || black_box(1_u32);
    let mut recalibration: Recalibration<f32, 99> = Recalibration::new(count());
    (0..count()).for_each(|_| recalibration.push(number()));
    black_box(recalibration.kept());
    black_box((recalibration.readings(), recalibration.invalid()));
    black_box(ranks::<32>(count(), count()));
    black_box(Calibration::<f32, 32>::of_sorted(1, black_box(&[0.0, 1.0, 2.0]), count()).is_ok());
    let Ok(calibration) = recalibration.calibration::<32>(black_box(2), count(), count()) else {
        return;
    };
    black_box(calibration.check(black_box(2)).is_ok());
    black_box((calibration.is_anomaly(number()), calibration.surprise(number())));
    black_box((calibration.p_value(number()), calibration.threshold_rank()));

    let drift = Drift { rate: number(), step: number(), cap: number() };
    let rules = Rules {
        reference: number(),
        limit: number(),
        release: number(),
        k: black_box(1),
        n: black_box(1),
        silence: count(),
        drift: black_box(Some(drift)),
    };
    black_box(rules.check().is_ok());
    let mut detector = Detector::new();
    for _ in 0..count() {
        black_box(detector.push(&calibration, &rules, number()));
        black_box(detector.missing(&rules));
        black_box(detector.unfamiliar());
    }
    black_box((detector.alarm(), detector.is_normal(&rules), detector.history()));
    black_box((detector.readings(), detector.invalid(), detector.missed(), detector.gap()));
    black_box((detector.sum(), detector.offset()));

    let x = black_box(model.standardize.mean);
    let typical = black_box([[0.0; D]; 17]);
    let found = Attribution::of(|x| model.log_prob(x), &x, &typical, number());
    black_box((found.ranked(), found.culprits(), found.explains(count() as usize)));
    let mut steps = Steps::new(&x, &typical, number());
    black_box(steps.step(|x| model.log_prob(x)));
    let answer = AlarmAnswer::new(black_box([0; D]), count(), black_box(0), count());
    black_box(answer.self_test(model, &calibration, &typical).is_ok());

    let pass = Band::Pass { gain: number(), feedback: [number(); 2] };
    let mut window = Window::new(number(), [pass, Band::Bin { coefficient: number() }]);
    (0..count()).for_each(|_| window.push(number()));
    black_box(window.features::<5>());

    let mut adjusting = Adjusting::new();
    adjusting.push(&model.standardize, &x);
    black_box((adjusting.readings(), adjusting.invalid()));
    if let Ok(adjustment) = adjusting.adjustment(&model.standardize, black_box(true)) {
        black_box((adjustment.apply(&x), adjustment.log_det()));
    }
    black_box(Adjustment::new([number(); D], [number(); D]).apply(&x));
}

#[entry]
fn main() -> ! {
    every_method(&moons::MOONS);
    every_method(&circles::CIRCLES);
    every_method(&nice_d5_logistic::NICE_D5_LOGISTIC);
    every_method(&realnvp_d7::REALNVP_D7);
    every_method(&student_d4::STUDENT_D4);
    every_method(&mixture_d2::MIXTURE_D2);
    every_method(&mixture_d5::MIXTURE_D5);
    every_method(&marginal_d5::MARGINAL_D5);
    every_method(&spline_d2::SPLINE_D2);
    every_method(&spline_d5::SPLINE_D5);
    every_method(&integer_d2::INTEGER_D2);
    every_method(&integer_d5::INTEGER_D5);
    every_method_given(&integer_modes::INTEGER_MODES);
    every_method_given(&context_d5::CONTEXT_D5);
    wide();
    monitor(&moons::MOONS);
    monitor(&realnvp_d7::REALNVP_D7);
    #[cfg(feature = "plant-panic")]
    black_box([1, 2, 3][black_box(4_usize)]);
    loop {
        spin_loop();
    }
}
