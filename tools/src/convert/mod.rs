//! Models in other forms: pure functions from a model to bytes.

mod alarm;
mod context;
mod origin;
pub mod rust;
mod windows;

pub use origin::Origin;
