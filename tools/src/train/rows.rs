use super::Options;
use crate::{
    data::{
        refuse_sentinels,
        split::{Held, Split, gather},
    },
    model::Standardize,
};
use anyhow::{Result, ensure};
use rand_xoshiro::Xoshiro128PlusPlus;

/// The rows of a training, which all of its runs share.
#[derive(Debug)]
pub struct Rows {
    /// The rows that are trained on, D numbers each.
    pub training: Vec<f32>,
    /// The rows that choose among weights, D numbers each.
    pub validation: Vec<f32>,
    /// Which of the validation rows belong together, for standard errors.
    pub held: Held,
    /// How many independent rows the training rows are worth.
    pub effective: usize,
    /// Whether rows depend on the rows before them.
    pub dependent: bool,
    /// The first layer, from the training rows.
    pub standardize: Standardize,
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
        features: &[String],
        rows: &[f32],
        split: &Split,
        options: &Options,
    ) -> Result<Self> {
        refuse_sentinels(features, rows)?;
        let d = features.len();
        let count = rows.len() / d;
        ensure!(
            count >= Options::FEWEST_ROWS,
            "{count} rows are too few to learn from: give at least {}",
            Options::FEWEST_ROWS
        );
        let training = gather(&split.training, rows, d);
        Ok(Rows {
            validation: split.validation.gather(rows, d),
            held: split.validation.clone(),
            effective: split.effective,
            dependent: split.is_dependent(),
            standardize: options.standardize.of(features, &training)?,
            rng: split.rng.clone(),
            training,
        })
    }
}
