//! Models in other forms: pure functions from a model to bytes.

mod alarm;
mod alarm_answer;
pub mod c;
mod origin;
pub mod rust;
mod windows;

pub use origin::Origin;
