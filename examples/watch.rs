//! Watches a stream of readings on the desktop, with the bits that the device would compute.
//!
//! Showcases: an exported model, its self-test, a threshold from its own samples, non-finite
//! readings.

#[rustfmt::skip]
#[path = "models/moons.rs"]
mod moons;

use couplet::{SelfTestError, nalgebra::Vector2};
use moons::MOONS;
use rand_core::SeedableRng;
use rand_xoshiro::Xoshiro128PlusPlus;

/// One reading in this many of the model's own samples is as improbable as the threshold.
const ONE_IN: usize = 1000;

/// What the sensor delivers.
const READINGS: [[f32; 2]; 5] =
    [[0.26, 0.69], [0.67, -0.25], [0.5, 2.5], [f32::NAN, 0.83], [-0.51, 0.83]];

/// The threshold, and each reading's log-density in nats with whether it raises the alarm.
fn run() -> Result<(f32, Vec<(f32, bool)>), SelfTestError> {
    MOONS.self_test()?;
    let mut rng = Xoshiro128PlusPlus::seed_from_u64(1);
    let mut typical: Vec<f32> =
        (0..20 * ONE_IN).map(|_| MOONS.log_prob(&MOONS.sample(&mut rng))).collect();
    typical.sort_by(f32::total_cmp);
    let threshold = typical[20];
    let readings = READINGS.map(Vector2::from);
    Ok((
        threshold,
        MOONS.log_probs(&readings).map(|log_prob| (log_prob, log_prob < threshold)).collect(),
    ))
}

fn main() -> Result<(), SelfTestError> {
    let (threshold, verdicts) = run()?;
    println!("alarm below {threshold:.3} nats");
    for ([x, y], (log_prob, alarm)) in READINGS.iter().zip(verdicts) {
        println!(
            "{x:5.2} {y:5.2}  log_prob {log_prob:8.3}  {}",
            if alarm { "ALARM" } else { "normal" }
        );
    }
    Ok(())
}

#[test]
fn an_outlier_and_a_broken_sensor_raise_the_alarm() {
    let (threshold, verdicts) = run().unwrap();
    assert!((-6.5..-5.0).contains(&threshold), "{threshold}");
    assert_eq!(
        verdicts.iter().map(|(_, alarm)| *alarm).collect::<Vec<_>>(),
        [false, false, true, true, false]
    );
    assert_eq!(verdicts[3].0, f32::NEG_INFINITY);
}
