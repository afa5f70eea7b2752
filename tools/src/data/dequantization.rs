use super::rounding;
use crate::model::Description;
use anyhow::{Context, Result, ensure};
use rand_xoshiro::Xoshiro256PlusPlus;
use serde_json::json;

/// The noise that rounded features get: uniform over one step, centred.
///
/// A model keeps the steps of its training rows as a note, so that other rows get the same noise
/// and their nats compare with those of training.
#[derive(Clone, Debug, PartialEq)]
pub struct Dequantization {
    /// The step of each feature, 0 where it is continuous.
    pub steps: Vec<f64>,
    /// The number of inputs of the context, which get no noise.
    pub contexts: usize,
}

impl Dequantization {
    /// The key of a model's note.
    const NOTE: &str = "dequantize";

    /// What a model was trained with, if it was trained with noise.
    ///
    /// # Errors
    ///
    /// The note is not a step for each feature.
    pub fn noted(description: &Description) -> Result<Option<Self>> {
        let Some(note) = &description.notes.dequantize else { return Ok(None) };
        let steps: Vec<f64> = serde_json::from_value(note.clone()).with_context(|| {
            format!("the metadata `{}` is not a list of the features' steps", Self::NOTE)
        })?;
        let valid = steps.len() == description.dimension()
            && steps.iter().all(|step| step.is_finite() && *step >= 0.0);
        ensure!(
            valid,
            "the metadata `{}` is not a step for each of the {} features",
            Self::NOTE,
            description.dimension()
        );
        Ok(Some(Dequantization { steps, contexts: description.contexts() }))
    }

    /// Notes in a description that its model is trained with this noise.
    pub fn note(&self, description: &mut Description) {
        description.notes.dequantize = Some(json!(self.steps));
    }

    /// The step of each number of a row.
    fn of_rows(&self) -> Vec<f64> {
        [&self.steps[..], &vec![0.0; self.contexts]].concat()
    }

    /// Adds the noise to the next rows of a file.
    pub fn apply_next(&self, rows: &mut [f32], rng: &mut Xoshiro256PlusPlus) {
        rounding::dequantize_next(rows, &self.of_rows(), rng);
    }

    /// Adds the noise to rows; the same seed gives the same noise.
    pub fn apply(&self, rows: &mut [f32], seed: u64) {
        rounding::dequantize(rows, &self.of_rows(), seed);
    }

    /// The features that are rounded, each with its step; `None` if there is none.
    pub fn describe(&self, features: &[String]) -> Option<String> {
        let rounded = self.steps.iter().any(|&step| step > 0.0);
        rounded.then(|| rounding::describe(features, &self.steps))
    }
}
