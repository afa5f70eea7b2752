//! Conditioners: from the half that conditions, and a context, to the parameters of a transform.
//!
//! [`Conditioner`] is the trait and [`Network`] the conditioner in floating point: a [`Trunk`] of
//! [`Dense`] layers, each followed by an [`Activation`], and [`Heads`] that share it. [`Clamped`]
//! clamps what another conditioner sees. [`IntegerNetwork`] is the conditioner in integers, of
//! [`IntegerDense`] layers and [`IntegerHeads`].

mod activation;
mod clamped;
mod condition;
mod dense;
mod heads;
mod integer;
mod integer_dense;
mod integer_heads;
mod network;
mod trunk;

pub use self::{
    activation::{Activation, Relu, Silu, Tanh},
    clamped::Clamped,
    condition::Conditioner,
    dense::Dense,
    heads::Heads,
    integer::IntegerNetwork,
    integer_dense::{IntegerDense, IntegerLayers},
    integer_heads::{IntegerHead, IntegerHeads, scaled},
    network::Network,
    trunk::{Layers, Trunk},
};
