use crate::{
    device::target::Target,
    model::{Activation, Base, Description, Shape, Transform},
};
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

/// A line of `measured.csv`: a shape, and what a random model of it costs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Measurement {
    #[serde(rename = "core")]
    /// Where.
    pub target: Target,
    /// NICE or RealNVP.
    pub coupling: String,
    /// D.
    pub features: usize,
    /// K.
    pub couplets: usize,
    /// Widths with `-` between them.
    pub hidden: String,
    /// The function behind each hidden layer.
    pub activation: Activation,
    /// The distribution of the latents.
    pub base: Base,
    /// Bytes, for log_prob.
    pub log_prob_code: usize,
    /// Bytes, for log_prob, forward, inverse and sample.
    pub code: usize,
    /// Bytes.
    pub log_prob_stack: usize,
    /// Bytes.
    pub sample_stack: usize,
    /// Executed by one log_prob.
    pub log_prob_instructions: usize,
    /// Executed by one sample.
    pub sample_instructions: usize,
}

impl Measurement {
    /// The lines of a table.
    ///
    /// # Errors
    ///
    /// The line that is none.
    pub fn table(text: &str) -> Result<Vec<Self>> {
        csv::Reader::from_reader(text.as_bytes())
            .into_deserialize()
            .map(|line| line.context("a table of measurements"))
            .collect()
    }

    /// The shape, with what `couplet train` adds to such a one by default.
    ///
    /// # Errors
    ///
    /// The shape is none.
    pub fn description(&self) -> Result<Description> {
        let features = (0..self.features).map(|i| format!("x{i}")).collect();
        let hidden = self
            .hidden
            .split('-')
            .map(|width| width.parse().with_context(|| format!("hidden {}", self.hidden)));
        let shape = Shape {
            transform: Transform::named(&self.coupling)?,
            couplets: self.couplets,
            hidden: Some(hidden.collect::<Result<_>>()?),
            activation: self.activation,
            base: self.base,
            ..Shape::default()
        };
        Description::new(features, shape)
    }
}
