//! What a model will cost on a device, before there is firmware.
//!
//! A figure is a sum of terms that are counted from the shape, such as "8 rows" or "logistic
//! feature". Each term has a weight for each core. The weights are fitted to `measured.csv`, a
//! table of what random models cost, which `couplet measure --table
//! tools/src/device/estimate/measured.csv` measures again.
//!
//! - `figures`: the six figures of an [`Estimate`].
//! - `instructions`, `code`, `stack`: the terms of each.
//! - `conditioner`: the dense layers that these terms count, as the kernels see them.
//! - `fit`: the weights, by least squares.
//!
//! A kind of model (coupling, activation, base, marginal, triangle, input bound) without a line in
//! `measured.csv` for the core gets no estimate, and the advice to measure it. So a new kind needs no estimate until it is measured.

mod code;
mod conditioner;
mod figures;
mod fit;
mod instructions;
mod stack;
mod terms;

pub use figures::Estimate;
