//! Models in other forms: pure functions from a model to bytes.

pub mod rust;
