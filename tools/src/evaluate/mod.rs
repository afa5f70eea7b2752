//! How good a model is: how well it tells anomalies from normal rows, when it raises the alarm,
//! which features it blames, and how it compares with mixtures of Gaussians of the same bytes; all
//! of that at once for a report.

pub mod alarms;
pub mod auroc;
pub mod baseline;
pub mod beside;
pub mod blame;
pub mod comparison;
pub mod findings;
pub mod precision;
pub mod score;
