#![no_std]
#![cfg_attr(not(feature = "asm"), forbid(unsafe_code))]
#![deny(unsafe_code)]
#![doc = include_str!("../README.md")]
//!
//! # Law
//!
//! *Weights are values, shapes are types, direction is a method name.* `forward` maps data x to
//! latents z, `inverse` maps z to x, as in the NICE and RealNVP papers (TensorFlow Probability,
//! distrax and FlowJAX call the other direction forward). Each map gives log|det| of the Jacobian
//! of the map just applied. All logarithms are natural; log-densities are in nats.
//!
//! # Parts
//!
//! A [`Model`] is a [`Flow`] with known answers. A flow is [`Standardize`], layers, and a [`Base`].
//! Layers are [`Bijection`]s: [`Couplet`], [`Permutation`], [`Marginal`], [`Triangle`], [`Scale`],
//! pairs and arrays of them. A couplet is two [`Coupling`]s, each a [`Conditioner`] and a [`Transform`];
//! [`Nice`] and [`RealNvp`] name those of the papers. Bases are [`StandardNormal`],
//! [`StandardLogistic`], [`StudentT`], with a tail for each feature, and [`Mixture`], of Gaussians.
//! With a [`Context`] a flow is conditional, p(x | c): [`Flow::log_prob_given`] and the other methods
//! whose names end in `given` take what is known of the state of operation.
//! An [`IntegerNetwork`] is a conditioner in integers, for cores without floating point.
//! Each trait's page shows how to write one of your own.
//!
//! # Around the model
//!
//! - A [`Calibration`] turns log_prob into a threshold with a promised rate of false alarms, a
//!   p-value and a surprise; a [`Detector`] with [`Rules`] turns these into [`Event`]s: single
//!   readings, k of n, and a sum for faults that are small and stay.
//! - An [`Attribution`] says which features made a reading improbable, and what they should be.
//! - A [`Window`] makes features from a raw signal.
//! - A [`Recalibration`] makes a calibration of one unit on the device, an [`Adjustment`] moves its
//!   readings to where the model expects them.
//!
//! None of it panics or allocates, and its bits are the same on the host and on the device.
//!
//! ```
//! use couplet::{Attribution, Calibration, Detector, Event, Flow, Rules, Scale, StandardNormal, Standardize};
//!
//! # let standardize = Standardize::new([20.0_f32, 1013.0], [4.0, 8.0]);
//! # let flow = Flow::new(standardize, Scale::new([0.0; 2]), StandardNormal);
//! // all of these are exported, and stay in flash
//! # let calibration: Calibration<f32, 3> = Calibration::new(1, -9.8, [-9.8, -8.0, -6.0], [4.6, 2.0, 0.5], 99);
//! # let rules = Rules { reference: 2.0, limit: 5.6, release: 2.8, k: 1, n: 4, silence: 9, drift: None };
//! # let typical = [[15.0, 1004.0], [20.0, 1013.0], [25.0, 1022.0]];
//! let mut detector = Detector::new();
//! for x in [[21.0, 1010.0], [19.0, 1020.0], [21.0, 900.0]] {
//!     let x = x.into();
//!     let event = detector.push(&calibration, &rules, flow.log_prob(&x));
//!     if let Some(Event::Alarm { cause, began }) = event {
//!         let found = Attribution::of(|x| flow.log_prob(x), &x, &typical, calibration.threshold);
//!         let [blamed, ..] = found.ranked();
//!         println!("{cause:?} since {began}: feature {blamed} instead of {}", found.expected[blamed]);
//!     }
//! }
//! assert!(detector.in_alarm());
//! ```
//!
//! # Bits
//!
//! One model gives the same bits on the host and on the device, at every optimisation level,
//! because the order of operations is part of the contract (compared, value by value, on x86-64 and
//! on Cortex-M0, M3, M4F, M7, M33 and RV32IMC by `tests/on_target.rs` of the repository):
//!
//! - a dense layer starts each output at its bias and adds `w * x` in input order, one rounding for
//!   the product and one for the sum: no fused multiply-add, no second accumulator;
//! - a triangle starts each output at its diagonal times the input and adds `w * x` in input order,
//!   in the same way; the inverse subtracts in that order and divides at the end;
//! - a spline computes its formulas in the order that [`Marginal`] and [`Spline`] say, and takes
//!   one ln of the product of slopes;
//! - in f32 exp, tanh and the direction of a sample are the crate's own sums and products; ln and
//!   sqrt, and all of them in f64, are those of the [`libm`] crate, never those of `std`;
//! - an integer conditioner adds up in integers, whose sums have no order; the log-scale and its
//!   exponential are those of [`Fixed`], and log_det adds up the log-scales as integers;
//! - a mixture adds its features up in the same ways, and its components by one exp each, relative
//!   to the likeliest, in index order;
//! - sums over features run in index order, log_det adds up layer by layer in forward order;
//! - every NaN that [`Flow::forward`] and [`Flow::inverse`] return is the one canonical NaN, since
//!   processors disagree about the bits of the others.
//!
//! Another version of [`libm`] may round differently; [`Model::self_test`] shows whether the
//! versions that firmware was built with compute what the exporter computed.
//!
//! # Features
//!
//! No feature is on by default.
//!
//! - `asm`: on Cortex-M4F, M7 and M33 dense layers run in assembly, in 16 to 18 % fewer
//!   instructions and with the same bits. Only there is `unsafe` code; without the feature the
//!   crate forbids it. On other processors the feature changes nothing.
//! - `serde`: every part of a model implements `Serialize` and `Deserialize`, see [`Model`]; so do
//!   calibrations, rules, adjustments, and the state of a detector.

#[cfg(test)]
extern crate std;

mod base;
mod bijection;
mod conditioner;
mod context;
mod couplet;
mod coupling;
mod elementary;
mod fixed;
mod flow;
mod kernel;
mod marginal;
mod model;
mod monitor;
mod permutation;
mod real;
mod scale;
mod spline;
mod standardize;
mod triangle;
#[cfg(feature = "serde")]
mod wire;

#[doc(hidden)] // for the tool, whose number of features is known at run time
pub use crate::base::{MixtureComponents, student_t, student_t_sample};
#[doc(hidden)] // for the tool, whose shapes are known at run time
pub use crate::conditioner::scaled;
#[doc(hidden)] // for the tool, whose number of bins is known at run time
pub use crate::coupling::RawSpline;
#[doc(hidden)] // for the tool, which evaluates many points at once
pub use crate::elementary::near_exp;
#[doc(hidden)] // for the tool, whose shapes are known at run time
pub use crate::fixed::quantized;
#[doc(hidden)] // for the tool, which writes weights in this order
pub use crate::kernel::packed::pack as pack_dense;
#[doc(hidden)] // for the tool, whose number of features is known at run time
pub use crate::kernel::triangle_order::pack as pack_triangle;
#[doc(hidden)] // for the tool, whose number of knots is known at run time
pub use crate::spline::{Knot, LnProduct, spline_forward, spline_in_bin, spline_inverse};
pub use crate::{
    base::{Base, Mixture, StandardLogistic, StandardNormal, StudentT},
    bijection::Bijection,
    conditioner::{
        Activation, Clamped, Conditioner, Dense, Heads, IntegerDense, IntegerHead, IntegerHeads,
        IntegerLayers, IntegerNetwork, Layers, Network, Relu, Silu, Tanh, Trunk,
    },
    context::{Context, Given},
    couplet::Couplet,
    coupling::{
        Additive, Affine, Coupling, CouplingLayer, NeuralSpline, Nice, RealNvp, Spline, Transform,
        bounded,
    },
    fixed::Fixed,
    flow::Flow,
    marginal::Marginal,
    model::{KnownAnswer, Model, SelfTestError},
    monitor::{
        Adjusting, Adjustment, AdjustmentError, AlarmAnswer, Attribution, Band, Calibration,
        CalibrationError, Cause, Detector, Drift, Event, MAX_ROWS, Recalibration,
        RecalibrationError, Rules, RulesError, Steps, Window, ranks,
    },
    permutation::Permutation,
    real::Real,
    scale::Scale,
    standardize::Standardize,
    triangle::Triangle,
};
// What the types of the functions come from.
pub use heapless;
pub use nalgebra;
pub use rand_core;

/// The format of exported models, in source and on the wire. A generated file asserts at compile
/// time that it was written for this format; a blob of another format is an error.
pub const EXPORT_FORMAT: u32 = 2;
