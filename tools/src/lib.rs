//! The desktop side of couplet: trains NICE and RealNVP flows, verifies their gradients, and
//! exports them as Rust source for the crate [`couplet`] to evaluate on a microcontroller.
//!
//! The command line, the maths and the files do not mix. Layers know no files, exporters are pure
//! functions to bytes, and everything that a command does can be called without [`cli`].

pub mod bench;
pub mod calibrate;
pub mod cli;
pub mod convert;
pub mod data;
pub mod device;
pub mod evaluate;
pub mod gradcheck;
pub mod hint;
pub mod input;
pub mod model;
pub mod quantize;
pub mod report;
pub mod signal;
pub mod train;
