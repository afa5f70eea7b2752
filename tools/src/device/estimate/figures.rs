//! The figures of an estimate.

use super::{
    code::code,
    fit::{Example, Weights},
    instructions,
    stack::deepest,
    terms::Terms,
};
use crate::{
    device::cost::Cost,
    device::table::{self, Line},
    device::target::Target,
    hint::{Hint, Hinted},
    model::{Description, FeatureMap},
};
use anyhow::{Result, bail};
use serde::Serialize;

/// How much more stack an estimate has than the frames of measured shapes tell: other shapes may
/// have larger frames.
const SPARE_STACK: f64 = 1.05;

/// What a model will cost.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// Bytes of code and constants for log_prob, functions of the compiler included.
    pub log_prob_code: f64,
    /// Bytes of code and constants for log_prob, forward, inverse and sample, functions of the
    /// compiler included.
    pub code: f64,
    /// Bytes of stack in log_prob.
    pub log_prob_stack: f64,
    /// Bytes of stack in sample.
    pub sample_stack: f64,
    /// Instructions that one log_prob executes.
    pub log_prob: f64,
    /// Instructions that one sample executes.
    pub sample: f64,
}

impl Estimate {
    /// The largest error of instructions, in per cent, for shapes to which no estimate was fitted:
    /// those in `tools/tests/cost`.
    pub const INSTRUCTIONS_PERCENT: f64 = 5.0;

    /// Likewise of code.
    pub const CODE_PERCENT: f64 = 25.0;

    /// How many per cent the stack may be smaller than estimated. It is never larger.
    pub const STACK_PERCENT: f64 = 30.0;

    /// How many shapes `tools/tests/cost` has, each on every core.
    pub const UNSEEN_SHAPES: usize = 24;

    /// The most features of the default shapes and presets that were measured: of 2 features to as
    /// many, these figures are not estimated.
    pub const MOST_MEASURED_FEATURES: usize = 30;

    /// The estimate for a model of this shape on this core, with the firmware's settings:
    /// opt-level 3, no assembly.
    ///
    /// # Errors
    ///
    /// No model of this kind was measured on this core: the hint is to measure this one.
    pub fn of(description: &Description, target: Target) -> Result<Self> {
        let measured = Measured::on(target)?;
        measured.must_have(description)?;
        let estimate = |terms, figure, scale| measured.estimate(description, terms, figure, scale);
        let stack = |figure| measured.estimate_stack(description, figure);
        let log_prob =
            estimate(&instructions::log_prob, &|it| it.line.log_prob_instructions, &|it| {
                it.line.log_prob_instructions
            });
        let more_in_sample = estimate(
            &instructions::sample,
            &|it| it.line.sample_instructions.saturating_sub(it.line.log_prob_instructions),
            &|it| it.line.sample_instructions,
        );
        Ok(Estimate {
            log_prob_code: estimate(&code, &|it| it.line.log_prob_code, &|it| {
                it.weights() + it.line.log_prob_code
            }),
            code: estimate(&code, &|it| it.line.code, &|it| it.weights() + it.line.code),
            log_prob_stack: stack(&|it| it.line.log_prob_stack),
            sample_stack: stack(&|it| it.line.sample_stack),
            log_prob,
            sample: log_prob + more_in_sample,
        })
    }

    /// Whether a model of this shape was measured on this core, so that nothing is estimated.
    ///
    /// # Errors
    ///
    /// The table of measurements cannot be read.
    pub fn is_measured(description: &Description, target: Target) -> Result<bool> {
        Ok(Measured::on(target)?.same(description).is_some())
    }
}

/// What was measured on a core.
struct Measured {
    target: Target,
    shapes: Vec<Shape>,
}

/// A shape that was measured.
struct Shape {
    description: Description,
    line: Line,
}

impl Shape {
    /// Bytes of flash that the weights take.
    fn weights(&self) -> usize {
        Cost::of_shape(&self.description).flash
    }
}

/// The terms of a shape on a core.
type Count<'a> = &'a dyn Fn(&Description, Target) -> Terms;

/// A figure of a shape that was measured.
type Figure<'a> = &'a dyn Fn(&Shape) -> usize;

impl Measured {
    /// The lines of `measured.csv` for a core.
    fn on(target: Target) -> Result<Self> {
        let lines = table::read(include_str!("measured.csv"))?;
        let shapes = lines
            .into_iter()
            .filter(|line| line.target == target)
            .map(|line| Ok(Shape { description: line.description()?, line }))
            .collect::<Result<_>>()?;
        Ok(Measured { target, shapes })
    }

    /// Refuses a kind of model that was never measured, since its terms would weigh nothing.
    fn must_have(&self, description: &Description) -> Result<()> {
        let has = |is_alike: &dyn Fn(&Description) -> bool| {
            self.shapes.iter().any(|shape| is_alike(&shape.description))
        };
        for (what, is_measured) in [
            ("coupling", has(&|it| it.transform.name() == description.transform.name())),
            ("activation", has(&|it| it.activation == description.activation)),
            ("base", has(&|it| it.base == description.base)),
            ("covariance", {
                let covariance = |it: &Description| it.mixture.map(|mixture| mixture.covariance);
                has(&|it| covariance(it) == covariance(description))
            }),
            ("marginal", description.marginal.is_none() || has(&|it| it.marginal.is_some())),
            ("context", description.context.is_empty() || has(&|it| !it.context.is_empty())),
            ("kind of weights", !description.integer || has(&|it| it.integer)),
            ("triangle", !description.triangle || has(&|it| it.triangle)),
            (
                "input bound",
                description.input_bound.is_none() || has(&|it| it.input_bound.is_some()),
            ),
        ] {
            if !is_measured {
                let core = self.target.name;
                let message = format!("no model with this {what} was measured on a {core}");
                bail!(Hinted::new(message, Hint::Measure));
            }
        }
        Ok(())
    }

    /// The shape itself, if it was measured: default shapes and presets were.
    fn same(&self, description: &Description) -> Option<&Shape> {
        let Description { features, notes, .. } = description;
        let is_same = |shape: &&Shape| {
            let (features, notes) = (features.clone(), notes.clone());
            Description { features, notes, ..shape.description.clone() } == *description
        };
        self.shapes.iter().find(is_same)
    }

    /// A figure as it was measured, or as a weighted sum of terms. Errors of measured figures are
    /// relative to `scale`.
    fn estimate(
        &self,
        description: &Description,
        terms: Count<'_>,
        figure: Figure<'_>,
        scale: Figure<'_>,
    ) -> f64 {
        if let Some(shape) = self.same(description) {
            return figure(shape) as f64;
        }
        let example = |shape: &Shape| Example {
            terms: terms(&shape.description, self.target),
            figure: figure(shape) as f64,
            scale: scale(shape) as f64,
        };
        let examples: Vec<Example> = self.shapes.iter().map(example).collect();
        Weights::fitted(&examples).sum(&terms(description, self.target))
    }

    /// Bytes of stack: the arrays, which are known, and frames that are large enough for every
    /// shape that was measured, with [`SPARE_STACK`], in whole words.
    fn estimate_stack(&self, description: &Description, figure: Figure<'_>) -> f64 {
        if let Some(shape) = self.same(description) {
            return figure(shape) as f64;
        }
        let example = |shape: &Shape| {
            let path = deepest(&shape.description, self.target);
            let (all, arrays) = (figure(shape) as f64, path.arrays as f64);
            (Example { terms: path.frames, figure: all - arrays, scale: all }, arrays)
        };
        let (examples, arrays): (Vec<Example>, Vec<f64>) = self.shapes.iter().map(example).unzip();
        let weights = Weights::fitted(&examples);
        let more = examples.iter().zip(&arrays).map(|(Example { terms, figure, .. }, arrays)| {
            (figure + arrays) / (weights.sum(terms) + arrays)
        });
        let path = deepest(description, self.target);
        let stack = path.arrays as f64 + weights.sum(&path.frames);
        (stack * SPARE_STACK * more.fold(1.0, f64::max) / 4.0).ceil() * 4.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Activation;

    #[test]
    fn each_core_has_measurements_of_every_kind_of_model() -> Result<()> {
        let everything = table::read(include_str!("measured.csv"))?;
        for target in Target::ALL {
            let measured = Measured::on(target)?;
            for line in &everything {
                measured.must_have(&line.description()?)?;
            }
        }
        Ok(())
    }

    #[test]
    fn a_kind_that_was_not_measured_is_to_be_measured() -> Result<()> {
        let [target, ..] = Target::ALL;
        let mut measured = Measured::on(target)?;
        let is_tanh = |shape: &Shape| shape.description.activation == Activation::Tanh;
        let tanh = measured.shapes.iter().find(|shape| is_tanh(shape)).unwrap();
        let description = tanh.description.clone();
        measured.shapes.retain(|shape| !is_tanh(shape));
        let error = measured.must_have(&description).unwrap_err();
        let Hinted { message, hint } = error.downcast::<Hinted>()?;
        assert_eq!(message, "no model with this activation was measured on a Cortex-M4F");
        assert_eq!(hint, Hint::Measure);
        Ok(())
    }
}
