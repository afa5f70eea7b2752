//! The one judge of rows: it refuses rows that a flow cannot be trained on, and warns of rows that
//! may be wrong. Each rule has a file.

mod coarse;
mod copies;
mod counting;
mod determined;
mod far;
mod judgement;
mod labels;
mod levels;
mod sentinels;
mod ties;

pub use judgement::{Judgement, judge};
pub use sentinels::refuse_sentinels;
