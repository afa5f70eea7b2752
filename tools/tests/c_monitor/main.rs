//! The monitor in C has the bits of the crate: the templates, as they are, answer what the crate
//! answers, on every compiler and optimisation level of the host.
//!
//! A compiler or an emulator that is missing is skipped; with COUPLET_C=require it fails.

mod adjustment;
mod attribution;
mod calibration;
#[path = "../common/mod.rs"]
mod common;
mod detector;
mod elementary;
mod exported;
mod faults;
mod program;
mod recalibration;
mod script;
mod window;

use program::agree;

#[test]
fn exp_ln_and_sqrt() {
    agree(&elementary::script());
}

#[test]
fn calibrations_p_values_and_surprises() {
    agree(&calibration::script());
}

#[test]
fn events_and_all_that_a_detector_remembers() {
    agree(&detector::script());
}

#[test]
fn each_step_of_an_attribution() {
    agree(&attribution::script());
}

#[test]
fn features_of_windows() {
    agree(&window::script());
}

#[test]
fn log_probs_that_are_kept_and_calibrations_of_them() {
    agree(&recalibration::script());
}

#[test]
fn adjustments() {
    agree(&adjustment::script());
}
