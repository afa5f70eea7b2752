//! From log_probs of normal rows to an alarm with a promise: the threshold, the limit of the sum of
//! surprises, and what may be said of false alarms.

mod alarm;
mod episodes;
mod limit;
mod order;
mod promise;
mod rank;

pub use alarm::{MOST_ROWS, Rows, Wishes, calibrate};
pub use limit::limit;
pub use order::{correlation_time, dependence, halves};
pub use promise::{INDEPENDENT, promise};
pub use rank::{rank, realised, rows_needed};
