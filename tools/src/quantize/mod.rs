//! From a trained flow to one whose conditioners are integers, without training again.
//!
//! [`quantize`] goes through the couplings in order. Each sees the rows as the quantised couplings
//! before it leave them. `ranges` says how far inputs and activations may go, `rounding` chooses
//! integers for weights.

mod network;
mod ranges;
mod rounding;
mod run;

pub use run::{Quantized, quantize};
