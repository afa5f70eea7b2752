//! A density on rows: its nats where rows are normal, and how well it finds those that are not.

use super::{
    auroc::auroc,
    precision::average_precision,
    score::{Score, gap},
};
use crate::hint::{Hint, Hinted};
use anyhow::Result;
use serde::Serialize;

/// How a density fares on rows. With labels, the nats are those of the normal rows alone: those of
/// anomalies say nothing about how well it knows what is normal.
#[derive(Clone, Debug, Serialize)]
pub struct Evaluation {
    /// The nats of the rows that count.
    #[serde(flatten)]
    pub score: Score,
    /// How many rows count.
    pub counted: usize,
    /// The index of the least likely of them, among all rows.
    #[serde(skip)]
    pub worst_row: usize,
    /// How well it finds anomalies, if there are labels.
    #[serde(flatten)]
    pub detection: Option<Detection>,
    /// How it compares with the truth, if that is known.
    #[serde(flatten)]
    pub truth: Option<Truth>,
}

/// How well log-densities tell anomalies from normal rows.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Detection {
    /// See [`auroc`].
    pub auroc: f64,
    /// See [`average_precision`].
    pub average_precision: f64,
}

/// The truth on the rows that count and are possible.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Truth {
    /// The mean of the true -log_prob in nats.
    pub entropy: f64,
    /// See [`gap`].
    pub gap: f64,
}

impl Evaluation {
    /// Evaluates the log-density of each row. `labels` say which rows are anomalies, `truth` is the
    /// true log-density of each row.
    ///
    /// # Errors
    ///
    /// There are labels, and all are alike.
    pub fn of<T: Copy + Into<f64>>(
        log_probs: &[T],
        labels: Option<&[bool]>,
        truth: Option<&[f64]>,
    ) -> Result<Self> {
        let detection = labels.map(|labels| detect(log_probs, labels)).transpose()?;
        let counts = |row: &usize| labels.is_none_or(|labels| !labels[*row]);
        let rows: Vec<usize> = (0..log_probs.len()).filter(counts).collect();
        let counted: Vec<f64> = rows.iter().map(|&row| log_probs[row].into()).collect();
        let score = Score::of(&counted);
        let truth = truth.map(|truth| {
            let possible = rows.iter().filter(|&&row| log_probs[row].into() > f64::NEG_INFINITY);
            let truth: Vec<f64> = possible.map(|&row| truth[row]).collect();
            let entropy = -truth.iter().sum::<f64>() / truth.len() as f64;
            Truth { entropy, gap: gap(&truth, score.nats) }
        });
        let worst_row = rows[score.worst_row];
        Ok(Evaluation { score, counted: rows.len(), worst_row, detection, truth })
    }
}

fn detect<T: Copy + Into<f64>>(log_probs: &[T], labels: &[bool]) -> Result<Detection> {
    let found = auroc(log_probs, labels).zip(average_precision(log_probs, labels));
    let (auroc, average_precision) = found.ok_or_else(|| {
        let all = if labels.contains(&true) { "anomalies (not 0)" } else { "normal (0)" };
        let message = format!("all labels are {all}, and an AUROC compares the two kinds");
        Hinted::new(message, Hint::NoLabels)
    })?;
    Ok(Detection { auroc, average_precision })
}

/// A density beside others.
#[derive(Clone, Debug, Serialize)]
pub struct Contender {
    /// What it is.
    pub name: String,
    /// The bytes that it takes on a device.
    pub bytes: usize,
    /// Whether its nats mean nothing, since it has collapsed onto ties.
    pub collapsed: bool,
    /// How it fares.
    #[serde(flatten)]
    pub found: Evaluation,
}

/// The best of some mixtures, if it is at least as good as the flow, no larger, and not collapsed.
/// Nats of other rows do not compare: each density must find all rows possible.
pub fn better<'a>(flow: &Contender, mixtures: &'a [Contender]) -> Option<&'a Contender> {
    let nats = |contender: &Contender| contender.found.score.nats;
    let fits = |mixture: &&Contender| {
        !mixture.collapsed
            && mixture.found.score.impossible == 0
            && mixture.bytes <= flow.bytes
            && nats(mixture) <= nats(flow)
    };
    mixtures.iter().filter(fits).min_by(|a, b| nats(a).total_cmp(&nats(b)))
}
