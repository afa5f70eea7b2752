use super::{Mixture, em::fit, mixture::bytes};
use anyhow::Result;
use rand::seq::SliceRandom;
use rand_core::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use std::iter;

/// One row in this many is held out to choose the number of components by, as the flow's training
/// does.
const HELD_OUT: usize = 10;

/// Starts for each number of components.
const STARTS: u64 = 3;

/// Rungs without gain after which the ladder ends.
const PATIENCE: usize = 2;

/// The best mixture of two Gaussians or more that takes at most this many bytes: as many as fit,
/// half as many, and so on, from several starts, on nine tenths of the rows; and of these the one
/// that the other tenth is most likely under. `report` hears of each number before it is tried.
///
/// # Errors
///
/// A constant column.
pub fn choose(
    features: &[String],
    rows: &[f32],
    budget: usize,
    seed: u64,
    mut report: impl FnMut(usize),
) -> Result<Option<Mixture>> {
    let d = features.len();
    let mut order: Vec<usize> = (0..rows.len() / d).collect();
    order.shuffle(&mut Xoshiro256PlusPlus::seed_from_u64(seed));
    let gather = |order: &[usize]| -> Vec<f32> {
        order.iter().flat_map(|&i| &rows[i * d..(i + 1) * d]).copied().collect()
    };
    let (held_out, training) = order.split_at(order.len() / HELD_OUT);
    let (held_out, training) = (gather(held_out), gather(training));

    // More components than this have too few rows to span the features.
    let most = (budget / bytes(d, 1)).min(training.len() / d / (d + 1));
    let mut best: Option<(f64, Mixture)> = None;
    let mut without_gain = 0;
    for count in ladder(most) {
        without_gain += 1;
        for start in 0..STARTS {
            report(count);
            let mixture = fit(features, &training, count, seed + start)?;
            let log_probs = mixture.log_probs(&held_out);
            let mean = log_probs.iter().sum::<f64>() / log_probs.len() as f64;
            if best.as_ref().is_none_or(|(best, _)| mean > *best) {
                best = Some((mean, mixture));
                without_gain = 0;
            }
        }
        if without_gain == PATIENCE {
            break;
        }
    }
    Ok(best.map(|(_, mixture)| mixture))
}

/// `most`, its half, its quarter and so on down to 2 or 3, from the smallest.
fn ladder(most: usize) -> impl Iterator<Item = usize> {
    let rungs: Vec<usize> = iter::successors(Some(most), |count| Some(count / 2))
        .take_while(|&count| count >= 2)
        .collect();
    rungs.into_iter().rev()
}
