//! How good a model is: how well it tells anomalies from normal rows, and how it compares with
//! mixtures of Gaussians of the same bytes.

pub mod auroc;
pub mod baseline;
pub mod comparison;
pub mod precision;
pub mod score;
