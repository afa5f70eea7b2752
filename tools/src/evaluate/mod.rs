//! How good a model is: on rows with labels, and beside mixtures of Gaussians of the same bytes.

pub mod auroc;
pub mod baseline;
pub mod score;
