//! The figures of an estimate.

use super::{
    code::code,
    fit::{self, Example},
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
    /// The largest error, in per cent, of flash (weights and code), stack and instructions of the
    /// shapes in `tests/cost/unseen.csv`, to which no estimate was fitted.
    pub const PERCENT: f64 = 5.0;

    /// How many shapes `tests/cost/unseen.csv` has, each on every core.
    pub const UNSEEN_SHAPES: usize = 13;

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
        ] {
            if !is_measured {
                let core = self.target.name;
                let message = format!("no model with this {what} was measured on a {core}");
                bail!(Hinted::new(message, Hint::Measure));
            }
        }
        Ok(())
    }

    /// A figure as a weighted sum of terms. Errors of measured figures are relative to `scale`.
    fn estimate(
        &self,
        description: &Description,
        terms: Count<'_>,
        figure: Figure<'_>,
        scale: Figure<'_>,
    ) -> f64 {
        let example = |shape: &Shape| Example {
            terms: terms(&shape.description, self.target),
            figure: figure(shape) as f64,
            scale: scale(shape) as f64,
        };
        let examples: Vec<Example> = self.shapes.iter().map(example).collect();
        fit::predict(&examples, &terms(description, self.target))
    }

    /// Bytes of stack: the arrays, which are known, and an estimate of the frames.
    fn estimate_stack(&self, description: &Description, figure: Figure<'_>) -> f64 {
        let arrays = |description: &Description| deepest(description, self.target).arrays;
        let frames = self.estimate(
            description,
            &|description, target| deepest(description, target).frames,
            &|shape| figure(shape).saturating_sub(arrays(&shape.description)),
            figure,
        );
        arrays(description) as f64 + frames
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
