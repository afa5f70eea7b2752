//! The network of a coupling: from the half that conditions to the parameters of the transform.

mod activation;
mod dense;
mod trunk;

pub use activation::Activation;
pub use dense::Dense;
pub(in crate::model) use dense::LANES;
pub use trunk::{Trunk, TrunkTape};
