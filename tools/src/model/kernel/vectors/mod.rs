//! The products in f32, in vector registers.
//!
//! Each product keeps a tile of sums in registers. Products and sums are fused in training, and
//! rounded one by one for the device's bits.

#[macro_use]
mod tiles;
mod dispatch;
mod forward;
mod input;
mod weight;

pub use dispatch::{HALF, vectorized};
use dispatch::{LONGEST, dispatch};
pub use forward::forward;
pub use input::backward_input;
pub use weight::{PANEL, backward_weight, transpose};
