//! From a log_prob to an alarm, and from a raw signal to features: what a device does around the
//! density.

mod adjustment;
mod answers;
mod attribution;
mod band;
mod calibration;
mod detector;
mod event;
mod ranks;
mod recalibration;
mod rules;
mod window;

pub use self::{
    adjustment::{Adjusting, Adjustment, AdjustmentError},
    answers::AlarmAnswer,
    attribution::{Attribution, Steps},
    band::Band,
    calibration::{Calibration, CalibrationError},
    detector::Detector,
    event::{Cause, Event},
    ranks::{MAX_ROWS, ranks},
    recalibration::{Recalibration, RecalibrationError},
    rules::{Drift, Rules, RulesError},
    window::Window,
};
