//! What a model will cost on a device, before there is firmware: a sum of terms that are counted
//! from the shape, such as "blocks of eight rows" or "bounded log-scales", each with a weight for
//! each core.
//!
//! The weights are fitted to what `couplet measure` measured of random models: `measured.csv`,
//! which `couplet measure --table tools/src/estimate/measured.csv` measures again.

mod fit;
mod measurement;
mod stack;
mod terms;

pub use measurement::Measurement;

use crate::{device::cost::Cost, device::target::Target, model::Description};
use anyhow::Result;
use fit::Known;
use terms::Terms;

/// What a model will cost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// Bytes of code and constants for log_prob, functions of the compiler included.
    pub log_prob_code: f64,
    /// Bytes of code and constants for log_prob, forward, inverse and sample, functions of the
    /// compiler included.
    pub code: f64,
    /// Bytes of stack.
    pub log_prob_stack: f64,
    /// Bytes of stack.
    pub sample_stack: f64,
    /// Executed instructions.
    pub log_prob: f64,
    /// Executed instructions.
    pub sample: f64,
}

type Figure<'a> = &'a dyn Fn(&Description, &Measurement) -> usize;

impl Estimate {
    /// How far from what was measured estimates were, at most, of flash (weights and code), stack
    /// and instructions of the shapes in `tests/cost/unseen.csv`, which they were not fitted to.
    pub const PERCENT: f64 = 5.0;

    /// For a model of this shape on this core, with the firmware's settings: opt-level 3, no
    /// assembly.
    ///
    /// # Errors
    ///
    /// `measured.csv` is no table of measurements.
    pub fn of(description: &Description, target: Target) -> Result<Self> {
        let measured = Measurement::table(include_str!("measured.csv"))?;
        let measured = measured.iter().filter(|measurement| measurement.target == target);
        let measured: Vec<(Description, &Measurement)> = measured
            .map(|measurement| Ok((measurement.description()?, measurement)))
            .collect::<Result<_>>()?;
        // Of each figure the terms, the figure itself, and what its errors are relative to.
        let estimate =
            |terms: fn(&Description, Target) -> Terms, figure: Figure<'_>, scale: Figure<'_>| {
                let known = |(shape, measured): &(Description, &Measurement)| Known {
                    terms: terms(shape, target),
                    figure: figure(shape, measured) as f64,
                    scale: scale(shape, measured) as f64,
                };
                let known: Vec<Known> = measured.iter().map(known).collect();
                fit::predict(&known, &terms(description, target))
            };
        // Arrays are known; frames are estimated.
        let stack = |figure: Figure<'_>| {
            let arrays = |shape: &Description| stack::deepest(shape, target).arrays;
            let frames = |shape: &Description, it: &Measurement| {
                figure(shape, it).saturating_sub(arrays(shape))
            };
            arrays(description) as f64
                + estimate(|shape, target| stack::deepest(shape, target).frames, &frames, figure)
        };
        let weights = |shape: &Description| Cost::of_shape(shape).flash;
        let log_prob = estimate(terms::log_prob, &|_, it| it.log_prob_instructions, &|_, it| {
            it.log_prob_instructions
        });
        let more = |_: &Description, it: &Measurement| {
            it.sample_instructions.saturating_sub(it.log_prob_instructions)
        };
        Ok(Estimate {
            log_prob_code: estimate(terms::code, &|_, it| it.log_prob_code, &|shape, it| {
                weights(shape) + it.log_prob_code
            }),
            code: estimate(terms::code, &|_, it| it.code, &|shape, it| weights(shape) + it.code),
            log_prob_stack: stack(&|_, it| it.log_prob_stack),
            sample_stack: stack(&|_, it| it.sample_stack),
            log_prob,
            sample: log_prob + estimate(terms::sample, &more, &|_, it| it.sample_instructions),
        })
    }
}
