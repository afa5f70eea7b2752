//! The quality table: what the tool's training reaches on data that others have published figures
//! for.
//!
//! A [`Workload`] is a row: whose rows, what is asked of `couplet train`, how the outcome is
//! measured, what others reach. Test rows take no part in training, and none in choosing.

pub mod ablation;
mod measure;
mod outcome;
mod source;
mod split;
pub mod streams;
mod synthetic;
mod tep;
mod wine;
mod workloads;

pub use measure::Measure;
pub use outcome::{FARTHEST, HEAD, Outcome};
pub use source::Source;
pub use split::Split;
pub use workloads::{ANOMALY_SETS, Goal, WORKLOADS, Workload};
