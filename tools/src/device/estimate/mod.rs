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
//! A model with a term that no measured model of the core has gets no estimate, and the advice to
//! measure it. So what is new, as another kind of coupling, needs a term of its own, and an
//! estimate only when lines of `measured.csv` have it.

mod code;
mod conditioner;
mod figures;
mod fit;
mod instructions;
mod stack;
mod terms;

pub use figures::Estimate;
