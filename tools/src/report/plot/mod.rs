//! Pictures of data and densities in the plane, as PNG.
//!
//! The functions return bytes and write no files. The same input gives the same bytes.

mod axes;
mod grid;
mod heat;
mod panel;
mod picture;

pub use axes::Axes;
pub use grid::{density, grid, samples};
pub use panel::{LogProb, Panel, Strip};
