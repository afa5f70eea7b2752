use super::Fold;
use crate::{
    data::{self, Dequantization, rounding},
    device::cost::Cost,
    evaluate::baseline,
    model::{Description, Model},
    train::{self, Options, Trainer},
};
use anyhow::Result;

/// What a training of the quality table is asked for.
#[derive(Clone, Debug)]
pub struct Recipe {
    /// The flow to train.
    pub description: Description,
    /// How to train it.
    pub options: Options,
    /// Which of the training rows are held out.
    pub split: data::split::Split,
    /// Whether rounded features get noise of one step, in the test rows too.
    pub dequantize: bool,
}

/// What a training of the quality table led to.
#[derive(Clone, Debug)]
pub struct Trained {
    /// The log-density of each test row under the model, with the device's bits.
    pub log_probs: Vec<f32>,
    /// Whether training saw the context of each test row: else the device does not judge it.
    pub known: Vec<bool>,
    /// That under one Gaussian of the training rows.
    pub gaussian: Vec<f64>,
    /// The model's cost.
    pub cost: Cost,
}

impl Trained {
    /// The negative log-likelihood of each normal test row in nats, and that under one Gaussian.
    pub fn normal<'a>(&'a self, rows: &'a Fold) -> impl Iterator<Item = (f64, f64)> + 'a {
        let is_normal = |row: usize| rows.kinds.get(row).is_none_or(|&kind| kind == 0);
        let both = self.log_probs.iter().zip(&self.gaussian).enumerate();
        both.filter(move |&(row, _)| is_normal(row)).map(|(_, (&a, &b))| (-f64::from(a), -b))
    }

    /// How many nats a feature the normal test rows cost more than under one Gaussian, on average.
    pub fn over_gaussian(&self, rows: &Fold) -> f64 {
        let (mut sum, mut count) = (0.0, 0.0);
        for (nats, gaussian) in self.normal(rows) {
            sum += nats - gaussian;
            count += 1.0;
        }
        sum / count / rows.features.len() as f64
    }
}

impl Recipe {
    /// Trains on the training rows and evaluates the test rows. `go_on` is asked before each step;
    /// training ends early when it says no.
    ///
    /// # Errors
    ///
    /// The rows cannot be trained on.
    pub fn run(self, rows: &Fold, go_on: impl FnMut(&Trainer) -> bool + Send) -> Result<Trained> {
        let rows = self.noisy(rows);
        let [training, test] = [&rows.training, &rows.test].map(|it| rows.features_of(it));
        let gaussian = baseline::fit(&rows.features, &training, 1, 1)?.log_probs(&test);
        let model = self.fit(&rows, go_on)?;
        Ok(Trained {
            log_probs: model.log_probs(&rows.test),
            known: model.flow.known(&rows.test),
            gaussian,
            cost: Cost::of(&model.flow),
        })
    }

    /// The rows with the noise that rounded features get.
    pub fn noisy(&self, rows: &Fold) -> Fold {
        let mut rows = rows.clone();
        if self.dequantize {
            let (d, seed) = (rows.features.len(), self.options.seed);
            let steps = rounding::steps(&rows.features_of(&rows.training), d);
            let noise = Dequantization { steps, contexts: rows.width() - d };
            noise.apply(&mut rows.training, seed);
            noise.apply(&mut rows.test, seed.wrapping_add(1));
        }
        rows
    }

    /// Trains on rows that have their noise.
    ///
    /// # Errors
    ///
    /// The rows cannot be trained on.
    pub fn fit(self, rows: &Fold, go_on: impl FnMut(&Trainer) -> bool + Send) -> Result<Model> {
        let Recipe { description, options, split, .. } = self;
        Ok(train::fit(description, &rows.training, &split, &options, go_on)?.0)
    }
}
