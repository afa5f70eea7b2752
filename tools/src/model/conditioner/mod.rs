//! The conditioner of a coupling: a network from the half that conditions to the parameters of the
//! transform.

mod activation;
mod dense;
mod network;
mod trunk;

pub use activation::Activation;
pub use dense::Dense;
pub use network::{Network, NetworkTape, Scratch};
pub use trunk::{Trunk, TrunkTape};
