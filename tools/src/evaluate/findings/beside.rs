//! Mixtures of Gaussians beside the model.

use super::{Given, Test};
use crate::{
    data::{Table, features_of},
    evaluate::{
        baseline::Mixture,
        beside::mixtures,
        comparison::{Contender, better},
        score::Score,
    },
    model::Model,
};
use anyhow::Result;
use serde::Serialize;

/// The most rows that mixtures are fitted to.
const FITTED: usize = 5000;

/// A gain of fewer standard errors may be chance.
const CHANCE: f64 = 2.0;

/// Mixtures of Gaussians of no more bytes beside a model.
#[derive(Clone, Debug, Serialize)]
pub struct Beside {
    /// The model, then the mixtures, on the test rows.
    pub contenders: Vec<Contender>,
    /// The mixture that is at least as good and no larger, if one is.
    pub better: Option<Better>,
    /// Training rows that they were fitted to.
    pub fitted: usize,
    /// Training rows that there are.
    pub training: usize,
}

/// A mixture that is at least as good as the model.
#[derive(Clone, Debug, Serialize)]
pub struct Better {
    /// Its name.
    pub name: String,
    /// By how many nats it is better, in the mean over the normal test rows.
    pub gain: f64,
    /// The standard error of the gain.
    pub error: f64,
}

impl Better {
    /// Whether the gain is more than chance explains.
    pub fn is_sure(&self) -> bool {
        self.gain > CHANCE * self.error
    }
}

impl Beside {
    /// Mixtures beside a model, by training rows and a table of test rows, whose nats are those of
    /// `noisy` if it is given; `None` where the training rows do not allow a fit.
    ///
    /// # Errors
    ///
    /// All labels are alike.
    pub fn of(
        model: &Model,
        training: &Table,
        table: &Table,
        noisy: Option<&[f32]>,
        test: &Test,
    ) -> Result<Option<Self>> {
        let (d, width) = (table.dimension(), table.width());
        let fitted = Given { training: Some(training), ..Given::default() };
        let fitted = fitted.normal(&model.flow.context, FITTED).unwrap_or_default();
        let fitted = features_of(&fitted, width, d);
        let Ok(mixtures) = mixtures(&model.flow, &fitted, |_| ()) else { return Ok(None) };
        let labels = table.labels.as_deref().filter(|labels| labels.contains(&true));
        let rows = noisy.unwrap_or(&table.rows);
        let features = features_of(rows, width, d);
        let mut contenders = vec![Contender::flow(&model.flow, test.evaluation.clone())];
        for mixture in &mixtures {
            let mut contender = Contender::mixture(mixture, &features, labels)?;
            if noisy.is_some() {
                let of_readings = Contender::mixture(mixture, &table.features_alone(), labels)?;
                contender.found.detection = of_readings.found.detection;
            }
            contenders.push(contender);
        }
        let is_comparable = contenders[0].found.score.impossible == 0;
        let best = better(&contenders[0], &contenders[1..]).filter(|_| is_comparable);
        let best = best.and_then(|best| {
            let found = contenders[1..].iter().zip(&mixtures).find(|(it, _)| it.name == best.name);
            found.map(|(contender, mixture)| {
                let gain = gain(model, rows, mixture, &features, labels);
                let is_told = test.evaluation.counted > 1;
                let error = if is_told { gain.error * test.dependence() } else { f64::INFINITY };
                Better { name: contender.name.clone(), gain: gain.nats, error }
            })
        });
        let training = training.len();
        Ok(Some(Beside { better: best, fitted: fitted.len() / d, training, contenders }))
    }

    /// The contenders whose nats do not compare with those of the others, and why.
    pub fn incomparable(&self) -> Vec<String> {
        let why = |(i, it): (usize, &Contender)| {
            let name = if i == 0 { "The model" } else { &it.name };
            let impossible = it.found.score.impossible;
            if it.collapsed {
                let what =
                    "collapsed onto rows that are equal or in a plane, so these nats mean nothing";
                return Some(format!("{name}: {what}."));
            }
            (impossible > 0).then(|| {
                format!(
                    "{name}: {impossible} of {} rows are impossible, and the nats do not count them.",
                    it.found.counted
                )
            })
        };
        self.contenders.iter().enumerate().filter_map(why).collect()
    }
}

/// How much better a mixture is on the normal ones of rows.
fn gain(
    model: &Model,
    rows: &[f32],
    mixture: &Mixture,
    features: &[f32],
    labels: Option<&[bool]>,
) -> Score {
    let pairs = model.log_probs(rows).into_iter().zip(mixture.log_probs(features)).enumerate();
    let normal = pairs.filter(|(row, _)| labels.is_none_or(|labels| !labels[*row]));
    // A score is of minus what it is given.
    let lost: Vec<f64> = normal.map(|(_, (own, other))| f64::from(own) - other).collect();
    Score::of(&lost)
}
