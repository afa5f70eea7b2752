//! The layers of a flow on a desktop: shapes at run time, whole blocks of points at once,
//! `backward` below each `forward`.
//!
//! A block holds N points feature by feature: `&[[T; N]]`, one array for each feature, one lane for
//! each point. Layers know where their parameters lie in one flat slice `p`, gradients `dp` have
//! the same layout, and `d` before a name means the derivative of the loss by it. A `backward` adds
//! to `dp`, and to the derivative by its input where that is not in place.
//!
//! `forward` in f32 performs the device's operations in the device's order, so it has the device's
//! bits.

mod base;
mod conditioner;
mod coupling;
mod description;
mod file;
mod flow;
mod kernel;
mod layout;
mod number;
mod permutation;
mod random;
mod rows;
mod scale;
mod standardize;

pub use base::Base;
pub use conditioner::{Activation, Dense, Trunk};
pub use coupling::{Additive, Affine, Coupling, CouplingKind, Room, Tape};
pub use description::Description;
pub use file::Model;
pub use flow::{Couplet, Flow, Workspace};
pub(crate) use kernel::{HALF, vectorized};
pub use layout::{Layout, Tensor};
pub use number::Number;
pub use permutation::Permutation;
pub use rows::Rows;
pub use scale::Scale;
pub use standardize::Standardize;
