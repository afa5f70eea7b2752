//! From a log_prob to an alarm, and from a raw signal to features: what a device does around the
//! density.

mod calibration;
mod detector;
mod event;
mod ranks;
mod rules;

pub use self::{
    calibration::{Calibration, CalibrationError},
    detector::Detector,
    event::{Cause, Event},
    ranks::{MAX_ROWS, ranks},
    rules::{Drift, Rules, RulesError},
};
