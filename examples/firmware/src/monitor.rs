//! The bits of what stands around a model: recalibration, detector, attribution, window and
//! adjustment, on readings that are strange in every second point.

use super::{
    See,
    moons::{MOONS, MOONS_ALARM_ANSWER, MOONS_CALIBRATION, MOONS_TYPICAL},
    strange, typical,
};
use core::fmt::Result;
use couplet::{
    Adjusting, Attribution, Band, Calibration, Cause, Detector, Drift, Event, Recalibration, Rules,
    Window, nalgebra::SVector,
};
use rand_core::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro128PlusPlus;

/// The two highest octaves, rounded from f64, and a tenth of the sampling rate.
const BANDS: [Band<f32>; 3] = [
    Band::Pass { gain: 0.219_554_86, feedback: [0.945_431_05, 0.560_890_3] },
    Band::Pass { gain: 0.240_577_77, feedback: [-0.674_391, 0.518_844_5] },
    Band::Bin { coefficient: 1.618_034 },
];

/// Shows the values of one point.
pub fn every_value(point: u32, see: &mut See<'_>) -> Result {
    let rng = &mut Xoshiro128PlusPlus::seed_from_u64(u64::from(point) + (1 << 32));
    let mut recalibration: Recalibration<f32, 40> = Recalibration::new(point);
    (0..60).for_each(|_| recalibration.push(number(point, rng)));
    let calibration = recalibration.calibration(7, 1, 10).unwrap_or(FEW);
    see("log_probs", &calibration.log_probs)?;
    see("surprises", &calibration.surprises)?;

    let drift = point.is_multiple_of(3).then_some(Drift { rate: 0.1, step: 0.05, cap: 0.3 });
    let rules = Rules {
        reference: 1.5,
        limit: 3.0,
        release: 1.0,
        k: (point % 4) as u8,
        n: 5,
        silence: 2,
        drift,
    };
    let mut detector = Detector::new();
    let mut events: u32 = 0;
    for _ in 0..40 {
        let event = match rng.next_u32() % 8 {
            0 => detector.missing(&rules),
            _ => detector.push(&calibration, &rules, number(point, rng)),
        };
        events = event.map_or(0, code).wrapping_add(events.wrapping_mul(31));
    }
    see("state", &[detector.sum(), detector.offset(), calibration.p_value(number(point, rng))])?;
    see("events", &[events, detector.history()].map(f32::from_bits))?;

    let x = SVector::<f32, 2>::from_fn(|_, _| number(point, rng));
    let found = Attribution::of(|x| MOONS.log_prob(x), &x, &MOONS_TYPICAL, calibration.threshold);
    see("best", &found.best)?;
    see("expected", &found.expected)?;
    see("nats", &found.nats)?;
    see("ranked", &found.ranked().map(|feature| feature as f32))?;
    let answer = MOONS_ALARM_ANSWER.self_test(&MOONS, &MOONS_CALIBRATION, &MOONS_TYPICAL);
    see("answer", &[if answer.is_ok() { 0.0 } else { 1.0 }])?;

    let mut window = Window::new(0.5, BANDS);
    for name in ["settling", "features"] {
        (0..48).for_each(|_| window.push(typical(rng)));
        if point % 8 == 5 {
            window.push(strange(rng));
        }
        see(name, window.features::<6>().unwrap_or_default().as_slice())?;
    }

    let mut adjusting = Adjusting::new();
    for _ in 0..8 {
        adjusting.push(&MOONS.standardize, &SVector::from_fn(|_, _| number(point, rng)));
    }
    match adjusting.adjustment(&MOONS.standardize, true) {
        Ok(adjustment) => {
            see("offset", adjustment.offset.as_slice())?;
            see("factor", adjustment.factor.as_slice())
        }
        Err(_) => see("offset", &[0.0; 2]).and_then(|()| see("factor", &[0.0; 2])),
    }
}

/// Where too few readings were finite.
const FEW: Calibration<f32, 32> = Calibration::new(7, -1.0, [-1.0; 32], [1.0; 32], 9);

/// A number that is uniform in [-4, 4), and in every second point sometimes strange.
fn number(point: u32, rng: &mut impl Rng) -> f32 {
    let is_strange = point % 2 == 1 && rng.next_u32().is_multiple_of(16);
    if is_strange { strange(rng) } else { typical(rng) }
}

fn code(event: Event) -> u32 {
    match event {
        Event::Alarm { cause, began } => {
            let cause = match cause {
                Cause::Invalid => 1,
                Cause::Single => 2,
                Cause::Repeated => 3,
                Cause::Sustained => 4,
            };
            cause + 8 * began
        }
        Event::Cleared => 5,
        Event::Silent => 6,
        Event::Drifted => 7,
        Event::Unfamiliar => 8,
    }
}
