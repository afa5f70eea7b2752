//! Models in other forms: pure functions from a model to bytes.

mod alarm;
mod alarm_answer;
mod answers;
pub mod c;
mod constants;
mod context;
mod heading;
mod language;
mod origin;
pub mod rust;
mod windows;

pub use heading::MARK;
pub use language::Language;
pub use origin::Origin;
