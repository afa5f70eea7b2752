//! What is stored or comes over the air: it arrives bit by bit, or is refused.

use super::{normal, rng};
use couplet::nalgebra::SVector;
use couplet::{Adjustment, Band, Calibration, Detector, Drift, Event, Rules};
use serde::{Serialize, de::DeserializeOwned};
use std::fmt::Debug;

type Small = Calibration<f32, 4>;

const CALIBRATION: Small =
    Small::new(0x0123_4567_89ab_cdef, -3.0, [-4.0, -3.0, -2.0, -2.0], [3.0, 2.0, 1.5, 1.0], 99);

const RULES: Rules<f32> = Rules {
    reference: 2.0,
    limit: 5.6,
    release: 2.8,
    k: 2,
    n: 5,
    silence: 3,
    drift: Some(Drift { rate: 0.01, step: 0.02, cap: 2.0 }),
};

fn bytes(value: &impl Serialize) -> Vec<u8> {
    let mut buffer = [0; 512];
    postcard::to_slice(value, &mut buffer).unwrap().to_vec()
}

#[track_caller]
fn arrives<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
    assert_eq!(postcard::from_bytes::<T>(&bytes(value)).as_ref(), Ok(value));
    let json = serde_json::to_string(value).unwrap();
    assert_eq!(&serde_json::from_str::<T>(&json).unwrap(), value);
}

#[track_caller]
fn is_refused<T: DeserializeOwned + Debug>(value: &impl Serialize) {
    let result = postcard::from_bytes::<T>(&bytes(value));
    assert!(result.is_err(), "{result:?}");
}

#[test]
fn everything_arrives() {
    arrives(&CALIBRATION);
    arrives(&RULES);
    arrives(&Rules::<f32>::single());
    arrives(&Adjustment::<f32, 2>::new([1.0, -2.0], [0.5, 2.0]));
    arrives(&[Band::octave(3), Band::bin(0.1)]);
    arrives(&Detector::<f32>::new());
    let endless = Rules { limit: f32::INFINITY, ..RULES };
    assert_eq!(postcard::from_bytes(&bytes(&endless)), Ok(endless));
}

/// A detector that sleeps between all readings reports what one does that never sleeps.
#[test]
fn a_detector_survives_deep_sleep() {
    let mut rng = rng(1);
    let (mut awake, mut asleep) = (Detector::new(), Detector::new());
    let mut events = 0;
    for at in 0..400 {
        let log_prob = match at % 97 {
            0 => f32::NAN,
            50..60 => -5.0,
            _ => normal(&mut rng) as f32,
        };
        let expected = awake.push(&CALIBRATION, &RULES, log_prob);
        assert_eq!(asleep.push(&CALIBRATION, &RULES, log_prob), expected);
        if at % 7 == 0 {
            assert_eq!(asleep.missing(&RULES), awake.missing(&RULES));
        }
        if at % 11 == 0 {
            assert_eq!(asleep.unfamiliar(), awake.unfamiliar());
        }
        let stored = bytes(&asleep);
        assert!(stored.len() <= 36, "{} bytes", stored.len());
        asleep = postcard::from_bytes(&stored).unwrap();
        assert_eq!(asleep, awake);
        events += usize::from(matches!(expected, Some(Event::Alarm { .. })));
    }
    assert!(events > 4, "{events}");
}

#[test]
fn a_calibration_that_cannot_be_used_is_refused() {
    let refuses = |spoil: &dyn Fn(&mut Small)| {
        let mut spoilt = CALIBRATION;
        spoil(&mut spoilt);
        is_refused::<Small>(&spoilt);
    };
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        refuses(&|c| c.threshold = value);
        for index in 0..4 {
            refuses(&|c| c.log_probs[index] = value);
            refuses(&|c| c.surprises[index] = value);
        }
    }
    refuses(&|c| c.log_probs[2] = -3.5);
    refuses(&|c| c.surprises[2] = 2.5);
    refuses(&|c| c.surprises[3] = -1.0);
    refuses(&|c| c.rows = 0);
    refuses(&|c| c.rows = u32::MAX);
    // Another size.
    is_refused::<Calibration<f32, 5>>(&CALIBRATION);
    is_refused::<Calibration<f32, 3>>(&CALIBRATION);
    let whole = bytes(&CALIBRATION);
    for length in 0..whole.len() {
        assert!(postcard::from_bytes::<Small>(&whole[..length]).is_err());
    }
}

#[test]
fn rules_that_nobody_can_work_by_are_refused() {
    let refuses = |spoil: &dyn Fn(&mut Rules<f32>)| {
        let mut spoilt = RULES;
        spoil(&mut spoilt);
        is_refused::<Rules<f32>>(&spoilt);
    };
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -1.0] {
        refuses(&|r| r.reference = value);
        refuses(&|r| r.release = value);
        refuses(&|r| r.drift = Some(Drift { rate: value, step: 0.1, cap: 1.0 }));
        refuses(&|r| r.drift = Some(Drift { rate: 0.1, step: value, cap: 1.0 }));
        refuses(&|r| r.drift = Some(Drift { rate: 0.1, step: 0.1, cap: value }));
    }
    refuses(&|r| r.reference = 1.0);
    refuses(&|r| r.limit = f32::NAN);
    refuses(&|r| r.limit = -1.0);
    refuses(&|r| r.release = 5.7);
    refuses(&|r| r.k = 6);
    refuses(&|r| r.n = 33);
    refuses(&|r| r.drift = Some(Drift { rate: 1.0, step: 0.1, cap: 1.0 }));
}

/// The fields of a detector, in the order in which they travel.
type State = (f32, f32, u32, u32, u32, u32, u32, u16, Option<u8>, u8);

#[test]
fn a_state_that_no_detector_has_is_refused() {
    let good: State = (1.0, -0.5, 3, 10, 2, 5, 1, 4, Some(1), 3);
    let detector: Detector<f32> = postcard::from_bytes(&bytes(&good)).unwrap();
    assert_eq!((detector.sum(), detector.offset(), detector.gap()), (1.0, -0.5, 1));
    let refuses = |spoil: &dyn Fn(&mut State)| {
        let mut spoilt = good;
        spoil(&mut spoilt);
        is_refused::<Detector<f32>>(&spoilt);
    };
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        refuses(&|state| state.0 = value);
        refuses(&|state| state.1 = value);
    }
    refuses(&|state| state.0 = -1.0);
    refuses(&|state| (state.0, state.7) = (-1.0, 0));
    refuses(&|state| state.0 = 0.0); // above 0 for 4 readings
    refuses(&|state| state.7 = 0);
    refuses(&|state| state.4 = 11);
    refuses(&|state| state.6 = 6);
    refuses(&|state| state.8 = Some(4));
    refuses(&|state| state.9 = 8);
}

#[test]
fn an_adjustment_without_a_factor_is_refused() {
    for factor in [0.0, -1.0, f32::NAN, f32::INFINITY] {
        is_refused::<Adjustment<f32, 2>>(&Adjustment::new([0.0, 0.0], [1.0, factor]));
    }
    let spoilt = Adjustment { offset: SVector::from([f32::NAN]), factor: SVector::from([1.0]) };
    is_refused::<Adjustment<f32, 1>>(&spoilt);
}
