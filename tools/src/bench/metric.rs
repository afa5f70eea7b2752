use super::Fold;
use crate::evaluate::{auroc::auroc, score::gap};
use anyhow::{Context, Result};

/// The figure that says how good a model is on test rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    /// The mean true log-density minus the mean log-density of the model, in nats.
    Gap,
    /// The mean negative log-likelihood in nats.
    Nats,
    /// The mean log-likelihood in nats, in the units of the published figures.
    LogLikelihood,
    /// The area under the receiver operating characteristic, times 100: the mean over the kinds of
    /// anomaly.
    Auroc,
    /// How many percent of the rows of kind 1, which are normal too, are judged and lie below a
    /// threshold that 1 % of the rows of kind 0 lie below.
    FalseAlarms,
}

impl Metric {
    /// Computes the figure from the log-densities of a split's test rows, and whether the context of
    /// each is known.
    ///
    /// # Errors
    ///
    /// The split lacks true log-densities for a gap, or rows of two kinds for an area.
    pub fn of(self, log_probs: &[f32], known: &[bool], split: &Fold) -> Result<f64> {
        let mean = log_probs.iter().map(|&log_prob| f64::from(log_prob)).sum::<f64>()
            / log_probs.len() as f64;
        match self {
            Metric::Gap => {
                let truth =
                    split.log_prob.as_ref().context("the test rows have no column log_prob")?;
                Ok(gap(truth, -mean))
            }
            Metric::Nats => Ok(-mean),
            Metric::LogLikelihood => Ok(mean + split.log_volume),
            Metric::FalseAlarms => {
                let of = |kind: usize| {
                    let rows = log_probs.iter().zip(known).zip(&split.kinds);
                    rows.filter(move |&(_, &other)| other == kind).map(|(row, _)| row)
                };
                let mut normal: Vec<f32> = of(0).map(|(&log_prob, _)| log_prob).collect();
                normal.sort_by(f32::total_cmp);
                let threshold = *normal.get(normal.len() / 100).context("there are no rows")?;
                let is_alarm = |&(&log_prob, &known): &(&f32, &bool)| known && log_prob < threshold;
                Ok(100.0 * of(1).filter(is_alarm).count() as f64 / of(1).count() as f64)
            }
            Metric::Auroc => {
                let areas = Metric::areas(log_probs, split)?;
                Ok(100.0 * areas.iter().sum::<f64>() / areas.len() as f64)
            }
        }
    }

    /// The area of each kind of anomaly, between 0 and 1.
    ///
    /// # Errors
    ///
    /// There are no rows of two kinds.
    pub fn areas<T: Copy + Into<f64>>(log_probs: &[T], split: &Fold) -> Result<Vec<f64>> {
        let kinds = split.kinds.iter().copied().max().unwrap_or(0);
        let area = |kind| {
            let both = log_probs.iter().zip(&split.kinds);
            let rows = both.filter(|&(_, &other)| other == 0 || other == kind);
            let (chosen, anomaly): (Vec<T>, Vec<bool>) =
                rows.map(|(&log_prob, &kind)| (log_prob, kind > 0)).unzip();
            auroc(&chosen, &anomaly).context("the test rows are all normal, or all not")
        };
        (1..=kinds.max(1)).map(area).collect()
    }

    /// The name of the metric in a table.
    pub fn name(self) -> &'static str {
        match self {
            Metric::Gap => "gap, nats",
            Metric::Nats => "held-out nats",
            Metric::LogLikelihood => "log-likelihood",
            Metric::Auroc => "AUROC x 100",
            Metric::FalseAlarms => "false alarms, %",
        }
    }

    /// A figure of this metric as text.
    pub fn format(self, figure: f64) -> String {
        match self {
            Metric::Gap | Metric::Nats => format!("{figure:.3}"),
            Metric::LogLikelihood | Metric::Auroc | Metric::FalseAlarms => format!("{figure:.2}"),
        }
    }

    /// Whether a figure is at least as good as the target.
    pub fn reaches(self, figure: f64, target: f64) -> bool {
        match self {
            Metric::Gap | Metric::Nats | Metric::FalseAlarms => figure <= target,
            Metric::LogLikelihood | Metric::Auroc => figure >= target,
        }
    }

    /// The worst of several figures; NaN if there are none.
    pub fn worst(self, figures: &[f64]) -> f64 {
        let worse = |a: f64, b: f64| if self.reaches(a, b) { b } else { a };
        figures.iter().copied().reduce(worse).unwrap_or(f64::NAN)
    }
}
