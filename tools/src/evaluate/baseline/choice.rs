use super::{Mixture, em::fit, mixture::bytes};
use anyhow::Result;
use rand::seq::SliceRandom;
use rand_core::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use std::iter;

/// One row in this many is held out to choose the number of components, as in the training of a
/// flow.
const HELD_OUT: usize = 10;

/// The number of starts for each number of components.
const STARTS: u64 = 3;

/// After this many numbers of components without a gain the search ends.
const PATIENCE: usize = 2;

/// Chooses the best mixture of two Gaussians or more that takes at most `budget` bytes; `None` if
/// no mixture does.
///
/// The candidates have as many Gaussians as fit, half as many, and so on, each from several starts.
/// They are fitted to nine tenths of the rows, and the other tenth is most likely under the one
/// that is chosen. `report` is called with each number of Gaussians before it is tried.
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
    let (tenth, others) = order.split_at(order.len() / HELD_OUT);
    let (held_out, training) = (gather(tenth), gather(others));

    // With more components, some have too few rows to span the features.
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

/// The numbers `most`, its half, its quarter and so on down to 2 or 3, smallest first.
fn ladder(most: usize) -> impl Iterator<Item = usize> {
    let rungs: Vec<usize> = iter::successors(Some(most), |count| Some(count / 2))
        .take_while(|&count| count >= 2)
        .collect();
    rungs.into_iter().rev()
}
