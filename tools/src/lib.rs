//! The desktop side of couplet: trains NICE and RealNVP flows, verifies their gradients, and
//! exports them as Rust source for the crate [`couplet`] to evaluate on a microcontroller.
//!
//! The parts do not mix: [`model`] is maths and its file format, [`train`] fits, [`gradcheck`]
//! verifies, [`export`] is a pure function to source text, and the command line in `cli` and
//! `commands` ties them together.

pub mod auroc;
pub mod baseline;
pub mod cli;
pub mod commands;
pub mod cost;
pub mod data;
pub mod estimate;
pub mod export;
pub mod gradcheck;
pub mod interrupt;
pub mod keeper;
pub mod measure;
pub mod model;
pub mod output;
pub mod plot;
pub mod preset;
pub mod quality;
pub mod target;
pub mod toy;
pub mod train;
