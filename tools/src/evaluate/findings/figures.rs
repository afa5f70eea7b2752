use super::{
    Beside, Card, CoreCost, Doubt, Given, Pairs, Plane, Promised, Shuffles, Test, contexts, doubts,
    shuffled,
};
use crate::{data::features_of, model::Model};
use anyhow::Result;
use rand_core::SeedableRng;
use rand_xoshiro::Xoshiro128PlusPlus;
use serde::Serialize;

/// Samples of the model, and the most rows that are compared with them.
const SAMPLES: usize = 5000;

/// All that is known of a model.
#[derive(Clone, Debug, Serialize)]
pub struct Findings {
    /// What it is.
    pub card: Card,
    /// What its alarm promises, if it is calibrated.
    pub promise: Option<Promised>,
    /// What a reader should doubt.
    pub doubts: Vec<Doubt>,
    /// What a log_prob costs on each core.
    pub cores: Vec<CoreCost>,
    /// The rows that samples are compared with and that features are shuffled among, in words.
    pub rows: Option<&'static str>,
    /// Samples against rows, if rows were given.
    pub pairs: Option<Pairs>,
    /// The log_prob over the plane, of a model of two features.
    #[serde(skip)]
    pub plane: Option<Plane>,
    /// What the model makes of test rows, if there are any.
    pub test: Option<Test>,
    /// What each feature tells about the others, if rows were given.
    pub features: Option<Shuffles>,
    /// Mixtures of Gaussians beside the model, if there are training and test rows.
    pub beside: Option<Beside>,
    /// What cannot be shown, and why.
    pub missing: Vec<String>,
}

impl Findings {
    /// Of a model that is called `name`, by the rows that are given. `chosen` are two features to
    /// compare, instead of all or of those that fit worst.
    ///
    /// # Errors
    ///
    /// There is no normal test row.
    pub fn of(
        name: &str,
        model: &Model,
        given: Given<'_>,
        chosen: Option<[usize; 2]>,
    ) -> Result<Self> {
        let card = Card::of(name, model)?;
        let promise = model.calibration.as_ref().map(Promised::of).transpose()?;
        let (d, width) = (model.flow.description.dimension(), model.flow.description.width());
        let sketch = card.training.row_sketch.as_ref();
        let seen = |rows: &[f32]| sketch.map(|sketch| sketch.seen(rows, width));
        let test = given
            .test
            .map(|table| Test::of(model, table, given.noisy, promise.as_ref(), seen))
            .transpose()?;
        let rows = given.normal(&model.flow.context, SAMPLES);
        let samples = samples(model, rows.as_deref().unwrap_or(&[]));
        let worth = test.as_ref().map_or(1.0, |test| test.worth / test.rows as f64);
        let compare = |rows: &Vec<f32>| {
            let [rows, samples] = [rows, &samples].map(|rows| features_of(rows, width, d));
            Pairs::of(&card.features, &rows, &samples, worth, chosen)
        };
        let pairs = rows.as_ref().map(compare);
        let plane = Plane::of(model, &samples, rows.as_deref().unwrap_or(&[]));
        let features = rows.as_ref().and_then(|rows| shuffled(model, rows));
        let beside = match (given.training, given.test, &test) {
            (Some(training), Some(table), Some(test)) => {
                Beside::of(model, training, table, given.noisy, test)?
            }
            _ => None,
        };
        let mut findings = Findings {
            cores: CoreCost::all(&model.flow.description),
            card,
            promise,
            doubts: Vec::new(),
            rows: given.kind(),
            pairs,
            plane,
            test,
            features,
            beside,
            missing: Vec::new(),
        };
        findings.doubts = doubts::all(&findings, model, given);
        findings.missing = findings.missing(given);
        Ok(findings)
    }

    /// What cannot be shown, and why.
    fn missing(&self, given: Given<'_>) -> Vec<String> {
        let mut missing = Vec::new();
        let mut add = |is_missing: bool, what: &str| {
            missing.extend(is_missing.then(|| what.to_string()));
        };
        add(
            self.card.training.looks.is_empty(),
            "No training curve: the model file keeps no looks at the held-out rows, since an earlier \
             version or another program wrote it.",
        );
        add(
            self.promise.is_none(),
            "No threshold, no alarms and no p-values: the model is not calibrated.",
        );
        add(
            given.test.is_none(),
            "No log_probs, no detection and no rows in their order: no test rows were given.",
        );
        add(
            self.rows.is_none(),
            "No data against samples, and no word on single features: no rows were given.",
        );
        add(
            self.rows.is_some() && self.pairs.is_none(),
            "No data against samples, and no word on single features: the training saw the context of \
             no row.",
        );
        add(
            self.pairs.is_some() && self.features.is_none(),
            "No word on single features: too few rows, or too many are impossible for the model.",
        );
        let impossible = self.test.as_ref().is_some_and(|test| test.histogram.is_none());
        add(
            impossible,
            "No histogram of log_probs and no rows in their order: all test rows are impossible for the \
                       model.",
        );
        add(
            self.test.as_ref().is_some_and(|test| test.roc.is_none()),
            "No detection rate and no delay: the test rows have no labels of anomalies.",
        );
        let is_measured = self.cores.iter().any(|it| it.estimate.is_some());
        let why = self.cores.iter().find_map(|it| it.why.as_ref()).filter(|_| !is_measured);
        if let Some(why) = why {
            add(true, &format!("No costs of a log_prob on single cores: {why}."));
        }
        let rows = given.training.is_some() && given.test.is_some();
        add(
            !rows,
            "No mixtures of the same bytes beside it: they take training rows and test rows.",
        );
        add(
            rows && self.beside.is_none(),
            "No mixtures of the same bytes beside it: the training rows do not allow a fit.",
        );
        missing
    }
}

/// Samples of a model; of a conditional one given the contexts of the rows, or else others.
fn samples(model: &Model, rows: &[f32]) -> Vec<f32> {
    let Model { flow, parameters, .. } = model;
    let mut rng = Xoshiro128PlusPlus::seed_from_u64(1);
    match flow.context.is_empty() {
        true => flow.sample(parameters, SAMPLES, &mut rng),
        false => {
            let contexts = contexts::of_rows(model, rows, SAMPLES);
            flow.sample_given(parameters, &contexts, &mut rng)
        }
    }
}
