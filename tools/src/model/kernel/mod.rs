//! The products of a dense layer over a block of N points.
//!
//! Plain loops serve every number. For f32, tiles in vector registers compute the bits of the
//! plain loops in less time. Each sum runs in a fixed order, so the bits depend neither on the
//! tiles nor on the processor.

mod arithmetic;
mod plain;
mod products;
mod vectors;

pub use arithmetic::Arithmetic;
pub use products::{Products, backward_input, backward_weight, forward, transpose};
pub use vectors::{HALF, PANEL, vectorized};
