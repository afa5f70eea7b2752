//! Watches a stream of readings on the desktop, with the bits that the device would compute.
//!
//! Showcases: an exported model, its self-test, the detector with the exported calibration, who is
//! to blame, non-finite readings.

#[rustfmt::skip]
#[path = "models/moons_alarm.rs"]
mod moons;

use couplet::{Attribution, Detector, SelfTestError, nalgebra::Vector2};
use moons::{MOONS, MOONS_ALARM_ANSWER, MOONS_CALIBRATION, MOONS_RULES, MOONS_TYPICAL};

/// What the sensor delivers.
const READINGS: [[f32; 2]; 5] =
    [[0.26, 0.69], [0.67, -0.25], [0.5, 2.5], [f32::NAN, 0.83], [-0.51, 0.83]];

/// What became of a reading.
struct Verdict {
    log_prob: f32,
    p_value: f32,
    /// Whether the detector is in alarm, which it holds for a while.
    alarm: bool,
    /// The feature to look at, where the reading is an anomaly.
    blamed: Option<usize>,
}

fn run() -> Result<Vec<Verdict>, SelfTestError> {
    MOONS.self_test()?;
    MOONS_ALARM_ANSWER.self_test(&MOONS, &MOONS_CALIBRATION, &MOONS_TYPICAL)?;
    let mut detector = Detector::new();
    let judge = |reading: [f32; 2]| {
        let x = Vector2::from(reading);
        let log_prob = MOONS.log_prob(&x);
        detector.push(&MOONS_CALIBRATION, &MOONS_RULES, log_prob);
        let blamed = MOONS_CALIBRATION.is_anomaly(log_prob).then(|| {
            let threshold = MOONS_CALIBRATION.threshold;
            Attribution::of(|x| MOONS.log_prob(x), &x, &MOONS_TYPICAL, threshold).ranked()[0]
        });
        Verdict {
            log_prob,
            p_value: MOONS_CALIBRATION.p_value(log_prob),
            alarm: detector.in_alarm(),
            blamed,
        }
    };
    Ok(READINGS.map(judge).into())
}

fn main() -> Result<(), SelfTestError> {
    println!("alarm below {:.3} nats", MOONS_CALIBRATION.threshold);
    for ([x, y], Verdict { log_prob, p_value, alarm, blamed }) in READINGS.iter().zip(run()?) {
        println!(
            "{x:5.2} {y:5.2}  log_prob {log_prob:8.3}  p {p_value:.4}  {}{}",
            if alarm { "ALARM" } else { "normal" },
            blamed.map_or(String::new(), |i| format!(", look at {}", ["x", "y"][i]))
        );
    }
    Ok(())
}

#[test]
fn an_outlier_and_a_broken_sensor_raise_the_alarm() {
    let verdicts = run().unwrap();
    let alarms: Vec<bool> = verdicts.iter().map(|verdict| verdict.alarm).collect();
    assert_eq!(alarms, [false, false, true, true, true]); // the last one is held
    let blamed: Vec<Option<usize>> = verdicts.iter().map(|verdict| verdict.blamed).collect();
    assert_eq!(blamed, [None, None, Some(1), Some(0), None]);
    assert_eq!(verdicts[3].log_prob, f32::NEG_INFINITY);
    assert_eq!(verdicts[2].p_value, 1.0 / 10_000.0);
}
