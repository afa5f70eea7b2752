//! Tables of measurements: shapes, and what random models of them cost on a core.

use crate::{
    device::measure::{Measured, Rig},
    device::target::Target,
    model::{Activation, Base, Covariance, Description, Model, Shape, Spline, Transform},
};
use anyhow::{Context, Result};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

/// A line of a table: a core, a shape, and what a random model of this shape costs on this core.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Line {
    /// The core.
    #[serde(rename = "core")]
    pub target: Target,
    /// The name of the couplings' transform.
    pub coupling: String,
    /// D.
    pub features: usize,
    /// K.
    pub couplets: usize,
    /// The widths of the hidden layers, with `-` between them.
    pub hidden: String,
    /// The function behind each hidden layer.
    pub activation: Activation,
    /// The distribution of the latents.
    pub base: Base,
    /// The components of a mixture, or nothing.
    #[serde(default)]
    pub components: Option<usize>,
    /// Their covariance, or nothing.
    #[serde(default)]
    pub covariance: Option<Covariance>,
    /// The bins of each feature's spline, or nothing.
    #[serde(default)]
    pub marginal: Option<usize>,
    /// Whether a triangle precedes the couplets.
    pub triangle: bool,
    /// The bound of what conditioners see, or nothing.
    pub input_bound: Option<f32>,
    /// Bytes of code and constants for log_prob.
    pub log_prob_code: usize,
    /// Bytes of code and constants for log_prob, forward, inverse and sample.
    pub code: usize,
    /// Bytes of stack in log_prob.
    pub log_prob_stack: usize,
    /// Bytes of stack in sample.
    pub sample_stack: usize,
    /// Instructions that one log_prob executes.
    pub log_prob_instructions: usize,
    /// Instructions that one sample executes.
    pub sample_instructions: usize,
}

/// The lines of a table in CSV.
///
/// # Errors
///
/// The line that is not one of a table, and what is wrong with it.
pub fn read(csv: &str) -> Result<Vec<Line>> {
    csv::Reader::from_reader(csv.as_bytes())
        .into_deserialize()
        .map(|line| line.context("a table of measurements"))
        .collect()
}

/// A table in CSV, with a header.
///
/// # Errors
///
/// None that is known.
pub fn write(lines: &[Line]) -> Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    lines.iter().try_for_each(|line| writer.serialize(line))?;
    Ok(writer.into_inner()?)
}

impl Line {
    /// The shape, with the scale and the permutation that `couplet train` adds by default.
    ///
    /// # Errors
    ///
    /// What is wrong with the shape.
    pub fn description(&self) -> Result<Description> {
        let features = (0..self.features).map(|i| format!("x{i}")).collect();
        let hidden = self
            .hidden
            .split('-')
            .map(|width| width.parse().with_context(|| format!("hidden {}", self.hidden)))
            .collect::<Result<Vec<usize>>>()?;
        let shape = Shape {
            transform: Transform::named(&self.coupling)?,
            couplets: self.couplets,
            hidden: Some(hidden),
            activation: self.activation,
            base: self.base,
            components: self.components,
            covariance: self.covariance,
            marginal: self.marginal.map(|bins| Spline { bins, ..Spline::MARGINAL }),
            triangle: Some(self.triangle),
            input_bound: self.input_bound,
            ..Shape::default()
        };
        Description::new(features, shape)
    }

    /// Measures a random model of this shape on this core, and puts its figures in place of those
    /// of the line.
    ///
    /// # Errors
    ///
    /// What is wrong with the shape; as [`Rig::measure`].
    pub fn measure(&mut self, rig: &mut Rig, seed: u64) -> Result<()> {
        let model = Model::random(self.description()?, seed);
        let Measured { log_prob_code, code, stack, log_prob, sample, .. } =
            rig.measure(&model, self.target)?;
        *self = Line {
            log_prob_code,
            code,
            log_prob_stack: stack.log_prob,
            sample_stack: stack.sample,
            log_prob_instructions: log_prob,
            sample_instructions: sample,
            ..self.clone()
        };
        Ok(())
    }
}

impl Serialize for Target {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Target {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}
