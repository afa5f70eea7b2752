use super::Split;
use crate::evaluate::auroc::auroc;
use anyhow::{Context, Result};

/// How a model is measured on test rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Mean true log-density minus the model's, in nats.
    Gap,
    /// Mean negative log-likelihood in nats.
    Nats,
    /// Mean log-likelihood in nats.
    LogLikelihood,
    /// Area under the receiver operating characteristic, times 100: the mean over the kinds of
    /// anomaly.
    Auroc,
}

impl Measure {
    /// The figure that these log-densities of a split's test rows make.
    ///
    /// # Errors
    ///
    /// The split lacks what the measure takes: true log-densities, or rows of two kinds.
    pub fn of(self, log_probs: &[f32], split: &Split) -> Result<f64> {
        let mean = log_probs.iter().map(|&log_prob| f64::from(log_prob)).sum::<f64>()
            / log_probs.len() as f64;
        match self {
            Measure::Gap => {
                let truth =
                    split.log_prob.as_ref().context("the test rows have no column log_prob")?;
                Ok(truth.iter().sum::<f64>() / truth.len() as f64 - mean)
            }
            Measure::Nats => Ok(-mean),
            Measure::LogLikelihood => Ok(mean + split.log_volume),
            Measure::Auroc => {
                let kinds = split.kinds.iter().copied().max().unwrap_or(0);
                let area = |kind| {
                    let rows = log_probs
                        .iter()
                        .zip(&split.kinds)
                        .filter(|&(_, &other)| other == 0 || other == kind);
                    let (log_probs, anomaly): (Vec<f32>, Vec<bool>) =
                        rows.map(|(&log_prob, &kind)| (log_prob, kind > 0)).unzip();
                    auroc(&log_probs, &anomaly).context("the test rows are all normal, or all not")
                };
                let areas = (1..=kinds.max(1)).map(area).collect::<Result<Vec<f64>>>()?;
                Ok(100.0 * areas.iter().sum::<f64>() / areas.len() as f64)
            }
        }
    }

    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Measure::Gap => "gap, nats",
            Measure::Nats => "held-out nats",
            Measure::LogLikelihood => "log-likelihood",
            Measure::Auroc => "AUROC x 100",
        }
    }

    /// A figure of this measure.
    pub fn format(self, figure: f64) -> String {
        match self {
            Measure::Gap | Measure::Nats => format!("{figure:.3}"),
            Measure::LogLikelihood | Measure::Auroc => format!("{figure:.2}"),
        }
    }

    /// Whether one figure is as good as another.
    pub fn reaches(self, figure: f64, target: f64) -> bool {
        match self {
            Measure::Gap | Measure::Nats => figure <= target,
            Measure::LogLikelihood | Measure::Auroc => figure >= target,
        }
    }

    /// The worst of some figures.
    pub fn worst(self, figures: &[f64]) -> f64 {
        let worse = |a: f64, b: f64| if self.reaches(a, b) { b } else { a };
        figures.iter().copied().reduce(worse).unwrap_or(f64::NAN)
    }
}
