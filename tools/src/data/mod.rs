//! Rows of numbers from the files people have: delimited text, NumPy arrays, Parquet, any of them
//! compressed; and the judge of rows before a flow is trained on them.
//!
//! [`Table::read`] opens a file, selects its columns and takes its rows. [`split::Split`] says which
//! rows are held out. [`judge()`] refuses rows that have no density, and warns of others.

mod aside;
mod blocks;
mod builder;
mod clock;
mod columns;
mod context;
mod delimiter;
mod dependence;
mod dequantization;
mod detect;
mod equal;
mod groups;
mod gzip;
mod heading;
mod held;
mod judge;
mod labels;
mod later;
mod lines;
mod list;
mod missing;
mod notation;
mod npy;
mod npz;
mod open;
pub mod operation;
#[cfg(feature = "parquet")]
mod parquet;
mod places;
mod reading;
mod records;
pub mod rounding;
mod row;
mod sample;
mod sampled;
mod sides;
mod signal;
mod sketch;
mod source;
pub mod split;
mod standardization;
pub mod statistics;
mod stream;
mod table;
mod text;
mod texts;
pub mod toy;
mod trend;

pub use clock::seconds;
pub use columns::{Columns, NOT_FEATURES};
pub use context::{context_inputs, context_of, features_of};
pub use delimiter::Delimiter;
pub use dependence::Dependence;
pub use dequantization::Dequantization;
pub use groups::Groups;
pub use judge::{Judgement, judge, refuse_sentinels};
pub use missing::Missing;
pub use notation::Notation;
pub use places::Places;
pub use reading::{HeaderLine, Reading};
pub use signal::{Signal, Told};
pub use sketch::{Seen, Sketch};
pub use standardization::Standardization;
pub use stream::{Chunk, Passed, Stream};
pub use table::Table;
pub use trend::Trend;
