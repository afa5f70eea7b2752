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
    model::Description,
};
use anyhow::Result;

/// What a model will cost.
#[derive(Clone, Copy, Debug, PartialEq)]
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
    /// Nothing like this model was measured on this core: the hint is to measure it.
    pub fn of(description: &Description, target: Target) -> Result<Self> {
        let measured = Measured::on(target)?;
        let estimate = |terms, figure, scale| measured.estimate(description, terms, figure, scale);
        let stack = |figure| measured.estimate_stack(description, figure);
        let log_prob =
            estimate(&instructions::log_prob, &|it| it.line.log_prob_instructions, &|it| {
                it.line.log_prob_instructions
            })?;
        let more_in_sample = estimate(
            &instructions::sample,
            &|it| it.line.sample_instructions.saturating_sub(it.line.log_prob_instructions),
            &|it| it.line.sample_instructions,
        )?;
        Ok(Estimate {
            log_prob_code: estimate(&code, &|it| it.line.log_prob_code, &|it| {
                it.weights() + it.line.log_prob_code
            })?,
            code: estimate(&code, &|it| it.line.code, &|it| it.weights() + it.line.code)?,
            log_prob_stack: stack(&|it| it.line.log_prob_stack)?,
            sample_stack: stack(&|it| it.line.sample_stack)?,
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

    /// A figure as a weighted sum of terms. Errors of measured figures are relative to `scale`.
    fn estimate(
        &self,
        description: &Description,
        terms: Count<'_>,
        figure: Figure<'_>,
        scale: Figure<'_>,
    ) -> Result<f64> {
        let example = |shape: &Shape| Example {
            terms: terms(&shape.description, self.target),
            figure: figure(shape) as f64,
            scale: scale(shape) as f64,
        };
        let examples: Vec<Example> = self.shapes.iter().map(example).collect();
        fit::predict(&examples, &terms(description, self.target)).map_err(|term| {
            let core = self.target.name;
            let message = format!("no model like this ({term}) was measured on a {core}");
            Hinted::new(message, Hint::Measure).into()
        })
    }

    /// Bytes of stack: the arrays, which are known, and an estimate of the frames.
    fn estimate_stack(&self, description: &Description, figure: Figure<'_>) -> Result<f64> {
        let arrays = |description: &Description| deepest(description, self.target).arrays;
        let frames = self.estimate(
            description,
            &|description, target| deepest(description, target).frames,
            &|shape| figure(shape).saturating_sub(arrays(&shape.description)),
            figure,
        )?;
        Ok(arrays(description) as f64 + frames)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Activation, Base, CouplingKind};

    const WIDTHS: [&str; 12] =
        ["1", "2", "3", "8", "16", "33", "64", "65", "7-13", "8-8", "65-8-1", "128-100-9-12"];

    /// Every term of these shapes has a weight on every core.
    #[test]
    fn shapes_of_every_kind_have_estimates() -> Result<()> {
        for target in Target::ALL {
            let measured = Measured::on(target)?;
            let terms = |of: Count<'_>| -> Vec<Terms> {
                measured.shapes.iter().map(|shape| of(&shape.description, target)).collect()
            };
            let frames: Count<'_> = &|description, target| deepest(description, target).frames;
            let counts: [Count<'_>; 4] =
                [&instructions::log_prob, &instructions::sample, &code, frames];
            let known = counts.map(terms);
            let mut line = measured.shapes[0].line.clone();
            for (coupling, activation) in [
                (CouplingKind::Additive, Activation::Relu),
                (CouplingKind::Additive, Activation::Tanh),
                (CouplingKind::Additive, Activation::Silu),
                (CouplingKind::Affine, Activation::Relu),
                (CouplingKind::Affine, Activation::Tanh),
                (CouplingKind::Affine, Activation::Silu),
            ] {
                for base in [Base::Normal, Base::Logistic] {
                    for (features, hidden) in [2, 3, 4, 9, 18, 33]
                        .into_iter()
                        .flat_map(|d| WIDTHS.map(|width| (d, width)))
                    {
                        line = Line {
                            coupling,
                            activation,
                            base,
                            features,
                            hidden: hidden.into(),
                            ..line
                        };
                        let description = line.description()?;
                        for (of, known) in counts.iter().zip(&known) {
                            let terms = of(&description, target);
                            let unknown = terms.names().find(|name| {
                                terms.count(name) != 0.0
                                    && known.iter().all(|known| known.count(name) == 0.0)
                            });
                            assert_eq!(unknown, None, "{line:?}");
                        }
                    }
                }
            }
        }
        Ok(())
    }
}
