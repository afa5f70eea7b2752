//! Bases: distributions of the latents.

mod digamma;
mod distribution;
mod mixture;
mod student;

pub use distribution::Distribution;
pub use mixture::{Covariance, Mixture, MixtureConstants, MixtureShape, dot};
pub use student::{StudentT, mean_log_prob};

use serde::{Deserialize, Serialize};

/// The kind of a flow's base. [`Distribution`] knows the place of its parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Base {
    /// Standard normal.
    Normal,
    /// Standard logistic, with heavier tails.
    Logistic,
    /// Student's t with learnt degrees of freedom for each feature: tails as heavy as the rows ask.
    Student,
    /// A mixture of Gaussians: clusters.
    Mixture,
}
