use crate::{
    calibrate::{Rows, Wishes, calibrate},
    model::{Calibration, Description, Model, Shape},
};
use anyhow::Result;
use couplet::{Base, Detector, StandardNormal};
use rand_core::SeedableRng;
use rand_xoshiro::Xoshiro128PlusPlus;

/// Readings of an episode.
const LENGTH: usize = 200;

/// Episodes that calibrate.
const EPISODES: usize = 50;

/// New episodes for each calibration.
const NEW: usize = 40;

/// The parts of episodes with a false alarm, where log_probs follow x <- rho x + sqrt(1 - rho^2) z.
#[derive(Clone, Copy, Debug)]
pub struct Autoregressive {
    /// rank / (R + 1), what the rule of episodes promises at most.
    pub promised: f64,
    /// With the limit by episodes.
    pub by_episodes: f64,
    /// The standard error of that.
    pub error: f64,
    /// What the limit for independent rows would have if they were: 1 - exp(-readings / between).
    pub independent_promised: f64,
    /// With that limit.
    pub independent: f64,
}

/// Calibrates on 50 episodes of 200 readings, and counts alarms in 40 new ones, again and again.
///
/// # Errors
///
/// None that is known of: there are rows enough.
pub fn episodes(rho: f32, calibrations: u64) -> Result<Autoregressive> {
    // Any model will do: the log_probs are those of the series.
    let features = vec!["a".to_string(), "b".to_string()];
    let model = Model::random(Description::new(features, Shape::default())?, 1);
    let wishes = Wishes {
        false_alarms: 1e-3,
        confidence: None,
        between_alarms: Some(1000.0),
        episodes: None,
        readings: None,
        reference: Some(2.0),
        silence: 0,
        drift: None,
    };
    let by_episodes = Wishes { episodes: Some(0.05), ..wishes.clone() };
    let numbers: Vec<u32> = (0..EPISODES * LENGTH).map(|row| (row / LENGTH) as u32).collect();
    let rows = vec![0.0; 2 * EPISODES * LENGTH];
    let (mut parts, mut independent, mut promised) = (Vec::new(), 0.0, 0.0);
    for seed in 0..calibrations {
        let series = series(rho, (EPISODES + NEW) * LENGTH, seed);
        let (old, new) = series.split_at(EPISODES * LENGTH);
        let rows = Rows { log_probs: old, rows: &rows, episodes: Some(&numbers) };
        let exact = calibrate(&model, &rows, &by_episodes)?;
        if let Some(episodes) = exact.promise.episodes {
            promised = episodes.rank as f64 / (episodes.count + 1) as f64;
        }
        parts.push(alarms(&exact, new)?);
        independent += alarms(&calibrate(&model, &rows, &wishes)?, new)? / calibrations as f64;
    }
    let count = parts.len() as f64;
    let mean = parts.iter().sum::<f64>() / count;
    let square: f64 = parts.iter().map(|part| (part - mean).powi(2)).sum();
    Ok(Autoregressive {
        promised,
        by_episodes: mean,
        error: (square / (count - 1.0) / count).sqrt(),
        independent_promised: 1.0 - (-(LENGTH as f64) / 1000.0).exp(),
        independent,
    })
}

/// The part of the episodes of a series in which the detector raises an alarm.
fn alarms(calibration: &Calibration, series: &[f32]) -> Result<f64> {
    let (device, rules) = (calibration.device()?, calibration.rules()?);
    let raised = series.chunks(LENGTH).filter(|episode| {
        let mut detector = Detector::new();
        episode.iter().any(|&log_prob| {
            detector.push(&device, &rules, log_prob);
            detector.in_alarm()
        })
    });
    Ok(raised.count() as f64 / (series.len() / LENGTH) as f64)
}

fn series(rho: f32, count: usize, seed: u64) -> Vec<f32> {
    let mut z = vec![0.0_f32; count];
    StandardNormal.sample(&mut Xoshiro128PlusPlus::seed_from_u64(7000 + seed), &mut z);
    let step = (1.0 - rho * rho).sqrt();
    let mut x = z[0];
    z.iter()
        .map(|z| {
            x = rho * x + step * z;
            x
        })
        .collect()
}
