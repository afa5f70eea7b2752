use super::Options;
use crate::{
    data::{
        context_of, features_of, refuse_sentinels,
        split::{Held, Split, gather},
    },
    model::{Context, Description, Standardize},
};
use anyhow::{Result, ensure};
use rand_xoshiro::Xoshiro128PlusPlus;

/// The rows of a training, which all of its runs share.
#[derive(Debug)]
pub struct Rows {
    /// The rows that are trained on: the features and the context of each.
    pub training: Vec<f32>,
    /// The rows that choose among weights, likewise.
    pub validation: Vec<f32>,
    /// Which of the validation rows belong together, for standard errors.
    pub held: Held,
    /// How many independent rows the training rows are worth.
    pub effective: usize,
    /// Whether rows depend on the rows before them.
    pub dependent: bool,
    /// The first layer, from the training rows.
    pub standardize: Standardize,
    /// What is known of the context, from the training rows.
    pub context: Context,
    /// What the split was drawn with; each run goes on with a copy.
    pub rng: Xoshiro128PlusPlus,
}

impl Rows {
    /// Standardises the training rows of a split.
    ///
    /// # Errors
    ///
    /// A constant column, a value far beyond all others, or too few rows.
    pub fn new(
        description: &Description,
        rows: &[f32],
        split: &Split,
        options: &Options,
    ) -> Result<Self> {
        let Description { features, context, .. } = description;
        let (d, width) = (description.dimension(), description.width());
        refuse_sentinels(features, &features_of(rows, width, d))?;
        let count = rows.len() / width;
        ensure!(
            count >= Options::FEWEST_ROWS,
            "{count} rows are too few to learn from: give at least {}",
            Options::FEWEST_ROWS
        );
        let training = gather(&split.training, rows, width);
        Ok(Rows {
            validation: split.validation.gather(rows, width),
            held: split.validation.clone(),
            effective: split.effective,
            dependent: split.is_dependent(),
            standardize: options.standardize.of(features, &features_of(&training, width, d))?,
            context: context_of(context, &training, d)?,
            rng: split.rng.clone(),
            training,
        })
    }
}
