//! Which features made a reading improbable: [`couplet::Attribution`] for a number of features that
//! is known at run time. It computes the device's bits; a test compares both.

use crate::model::{Calibration, Model};
use anyhow::Result;

/// How many features are blamed at most, beside those that are not finite.
const ROUNDS: usize = 3;

/// How many features of a round are judged by all typical values.
const FINE: usize = 6;

/// The features of a reading, the most to blame first.
#[derive(Clone, Debug, PartialEq)]
pub struct Blame {
    /// The features by index, in the order of [`couplet::Attribution::ranked`].
    pub ranked: Vec<usize>,
    /// How many of them are blamed.
    pub culprits: usize,
    /// What each feature should have been.
    pub expected: Vec<f32>,
    /// The log_prob of the reading with each feature reset, in nats.
    pub best: Vec<f32>,
}

/// Blames the features of a reading, as [`couplet::Attribution::of`] does. The context behind the
/// features is never blamed: it stays as it is.
///
/// # Errors
///
/// The calibration is none.
pub fn blame(model: &Model, calibration: &Calibration, x: &[f32]) -> Result<Blame> {
    let threshold = calibration.device()?.threshold;
    let typical = &calibration.typical;
    let medians = &typical[typical.len() / 2];
    let d = medians.len();
    let stride = if typical.len() < 9 { 1 } else { (typical.len() - 1) / 4 };
    let mut x = x.to_vec();
    let mut found = Blame {
        ranked: Vec::new(),
        culprits: 0,
        expected: medians.clone(),
        best: vec![f32::NEG_INFINITY; d],
    };
    for (i, (x, &median)) in x.iter_mut().zip(medians).enumerate() {
        if !x.is_finite() {
            *x = median;
            found.ranked.push(i);
        }
    }
    let log_prob = model.log_probs(&x)[0];
    found.ranked.iter().for_each(|&i| found.best[i] = log_prob);
    for round in 0..ROUNDS {
        let open: Vec<usize> = (0..d).filter(|i| !found.ranked.contains(i)).collect();
        for &i in &open {
            (found.best[i], found.expected[i]) = (f32::NEG_INFINITY, medians[i]);
        }
        let (coarse, others): (Vec<usize>, Vec<usize>) =
            (0..typical.len()).partition(|q| q % stride == 0);
        found.judge(model, &x, typical, &open, &coarse);
        // A stable sort: the lower index wins ties.
        let mut best = open.clone();
        best.sort_by(|&a, &b| found.best[b].total_cmp(&found.best[a]));
        best.truncate(FINE);
        found.judge(model, &x, typical, &best, &others);
        // Those that were not finite were enough.
        let enough = round == 0 && !found.ranked.is_empty() && log_prob >= threshold;
        let first =
            open.into_iter().reduce(|a, b| if found.best[b] > found.best[a] { b } else { a });
        let Some(first) = first.filter(|_| !enough) else { break };
        found.ranked.push(first);
        if found.best[first] >= threshold {
            break;
        }
        x[first] = found.expected[first];
    }
    found.culprits = found.ranked.len();
    let mut others: Vec<usize> = (0..d).filter(|i| !found.ranked.contains(i)).collect();
    others.sort_by(|&a, &b| found.best[b].total_cmp(&found.best[a]));
    found.ranked.extend(others);
    Ok(found)
}

impl Blame {
    /// The best resets of some features to some typical values.
    fn judge(
        &mut self,
        model: &Model,
        x: &[f32],
        typical: &[Vec<f32>],
        features: &[usize],
        values: &[usize],
    ) {
        let cells =
            || features.iter().flat_map(|&i| values.iter().map(move |&q| (i, typical[q][i])));
        let resets = cells().flat_map(|(i, value)| {
            let mut reset = x.to_vec();
            reset[i] = value;
            reset
        });
        let log_probs = model.log_probs(&resets.collect::<Vec<_>>());
        for ((i, value), log_prob) in cells().zip(log_probs) {
            if log_prob > self.best[i] {
                (self.best[i], self.expected[i]) = (log_prob, value);
            }
        }
    }
}
