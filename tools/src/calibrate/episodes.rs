//! The limit of the sum for rows that depend on each other: by whole episodes, as runs, shifts or
//! days.

use crate::model::TABLE;
use couplet::{Calibration, Detector, Rules};

/// The largest sum of surprises in each episode, in the device's arithmetic. Every episode begins
/// with a sum of 0.
pub fn largest_sums(
    calibration: &Calibration<f32, TABLE>,
    reference: f32,
    episodes: &[&[f32]],
) -> Vec<f32> {
    // A limit that no sum of an episode reaches.
    let limit = 1e30;
    let rules = Rules { reference, limit, release: 0.0, k: 0, n: 1, silence: 0, drift: None };
    let largest = |episode: &&[f32]| {
        let mut detector = Detector::new();
        episode.iter().fold(0.0_f32, |largest, &log_prob| {
            detector.push(calibration, &rules, log_prob);
            largest.max(detector.sum())
        })
    };
    episodes.iter().map(largest).collect()
}

/// The limit that a new episode's largest sum passes with a probability of at most rank / (R + 1),
/// where R is the number of sums: the sum at that rank, counted from the largest.
pub fn limit(mut sums: Vec<f32>, rank: usize) -> Option<f32> {
    sums.sort_by(|a, b| b.total_cmp(a));
    sums.get(rank.checked_sub(1)?).copied()
}
