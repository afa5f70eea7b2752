//! The conditioner of a coupling: a network from the half that conditions to the parameters of the
//! transform. [`Network`] in floating point; where it is quantised, an [`IntegerNetwork`] computes in its
//! place.

mod activation;
mod dense;
mod integer;
mod network;
mod trunk;

pub use activation::Activation;
pub use dense::Dense;
pub use integer::{
    IntegerDense, IntegerHead, IntegerNetwork, MOST_ACTIVATION, MOST_HEAD_SHIFT, ZERO_INPUT,
};
pub use network::{Network, NetworkTape, Scratch};
pub use trunk::{Trunk, TrunkTape};
