//! From log_probs of normal rows to an alarm with a promise: the threshold, the limit of the sum of
//! surprises, and what may be said of false alarms.

mod limit;
mod rank;
pub use limit::limit;
pub use rank::{rank, realised, rows_needed};
