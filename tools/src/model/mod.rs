//! The layers of a flow on a desktop: shapes at run time, whole blocks of points at once,
//! `backward` below each `forward`.
//!
//! A block holds N points feature by feature: `&[[T; N]]`, one array for each feature, one lane for
//! each point. Layers know the place of their parameters in one flat slice `p`; gradients `dp` have
//! the same layout. `d` before a name means the derivative of the loss by it. A `backward` adds to
//! `dp`.
//!
//! `forward` with [`Arithmetic::Device`] performs the device's operations in the device's order, so
//! in f32 it has the device's bits.

mod base;
mod block;
mod calibration;
mod conditioner;
mod context;
mod coupling;
mod description;
mod file;
mod flow;
mod integers;
mod kernel;
mod layer;
mod layout;
mod marginal;
mod notes;
mod number;
mod permutation;
mod random;
mod rows;
mod scale;
mod shape;
mod spline;
mod standardize;
mod triangle;
mod workspace;

pub use base::{
    Base, Covariance, Distribution, Mixture, MixtureConstants, MixtureShape, StudentT, dot,
    mean_log_prob,
};
pub use block::{Block, block};
pub use calibration::{
    Calibration, DriftNote, Episodes, Halves, Promise, RulesNote, TABLE, TYPICAL,
};
pub use conditioner::{
    Activation, Dense, IntegerDense, IntegerHead, IntegerNetwork, MOST_ACTIVATION, MOST_HEAD_SHIFT,
    Network, Trunk, ZERO_INPUT,
};
pub use context::{Context, ContextColumn, cells};
pub use coupling::{Additive, Affine, Coupling, CouplingTape, FeatureMap, Head, Transform};
pub use description::Description;
pub use file::Model;
pub use flow::Flow;
pub use kernel::{Arithmetic, HALF, vectorized};
pub use layer::{Layer, LayerScratch, Tape};
pub use layout::{Layout, Tensor};
pub use marginal::{Marginal, MarginalTape};
pub use notes::Notes;
pub use number::Number;
pub use permutation::Permutation;
pub use scale::Scale;
pub use shape::Shape;
pub use spline::Spline;
pub use standardize::Standardize;
pub use triangle::Triangle;
pub use workspace::Workspace;
