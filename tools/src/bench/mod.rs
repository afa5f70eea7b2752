//! The benchmark table of `couplet bench`: what training reaches on data that others have published
//! figures for.
//!
//! A [`Workload`] is a line of the table: a [`Dataset`], the flags for training, the [`Metric`],
//! and the figures of others. Test rows take no part in training, nor in choosing settings.

pub mod ablation;
pub mod alarms;
mod dataset;
mod fold;
mod metric;
mod operation;
mod outcome;
mod run;
pub mod streams;
mod synthetic;
mod tep;
pub mod vibration;
mod wine;
mod workloads;

pub use dataset::Dataset;
pub use fold::Fold;
pub use metric::Metric;
pub use operation::Question;
pub use outcome::{FARTHEST, HEAD, Outcome};
pub use run::{Recipe, Trained};
pub use workloads::{ANOMALY_SETS, Goal, WORKLOADS, Workload};
