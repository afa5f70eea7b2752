//! Couplings: a conditioner and a transform. To add a transform, see [`FeatureMap`].

mod additive;
mod affine;
#[expect(clippy::module_inception, reason = "a coupling is one of the things in this room")]
mod coupling;
mod feature_map;
mod spline;
mod transform;

pub use additive::Additive;
pub use affine::Affine;
pub use coupling::{Coupling, CouplingTape};
pub use feature_map::{FeatureMap, Head};
pub use transform::Transform;
