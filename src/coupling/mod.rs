//! Couplings: maps of one half of the features that the other half conditions.
//!
//! [`Coupling`] is a [`Conditioner`](crate::Conditioner), which makes parameters of the half a and
//! of the context, and a [`Transform`], which maps the half b by them. [`Additive`] takes one
//! parameter of each feature (NICE), [`Affine`] two (RealNVP), [`Spline`] 3 K - 1 (neural spline
//! flows). [`CouplingLayer`] is what a [`Couplet`](crate::Couplet) asks of either of its two.

mod additive;
mod affine;
mod layer;
mod spline;
mod transform;

pub use self::{
    additive::{Additive, Nice},
    affine::{Affine, RealNvp, bounded},
    layer::{Coupling, CouplingLayer},
    spline::{NeuralSpline, RawSpline, Spline},
    transform::Transform,
};
