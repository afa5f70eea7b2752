use super::Fold;
use crate::{
    data::{self, rounding},
    device::cost::Cost,
    model::Description,
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

impl Recipe {
    /// The log-densities of the test rows under a model of the training rows, with the device's
    /// bits, and the model's cost. `go_on` is asked before each step; training ends early when it
    /// says no.
    ///
    /// # Errors
    ///
    /// The rows cannot be trained on.
    pub fn run(
        self,
        rows: &Fold,
        go_on: impl FnMut(&Trainer) -> bool + Send,
    ) -> Result<(Vec<f32>, Cost)> {
        let Recipe { description, options, split, dequantize } = self;
        let (mut training, mut test) = (rows.training.clone(), rows.test.clone());
        if dequantize {
            let steps = rounding::steps(&training, rows.features.len());
            rounding::dequantize(&mut training, &steps, options.seed);
            rounding::dequantize(&mut test, &steps, options.seed.wrapping_add(1));
        }
        let (model, _) = train::fit(description, &training, &split, &options, go_on)?;
        Ok((model.log_probs(&test), Cost::of(&model.flow)))
    }
}
