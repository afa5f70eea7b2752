//! What stands around a model: its alarm, if it is calibrated, and its windows of a raw signal.

use super::{alarm, monitor, windows};
use crate::{model::Model, signal::Windows};
use anyhow::Result;

/// What a program sees, behind the functions of the model `name`.
///
/// # Errors
///
/// The calibration, its rules or the windows are none.
pub fn declarations(model: &Model, name: &str) -> Result<String> {
    let description = &model.flow.description;
    let mut text = String::new();
    if let Some(calibration) = &model.calibration {
        text += &monitor::declarations(name);
        text += &alarm::declarations(calibration, name)?;
    }
    if let Some(signal) = Windows::noted(&description.notes)? {
        text += "\n";
        text += &windows::declarations(&signal, &description.features, name)?;
    }
    Ok(text)
}

/// What one source file of the program has, behind mean, standard deviation and log_prob.
///
/// # Errors
///
/// As [`declarations`].
pub fn definitions(model: &Model, name: &str) -> Result<String> {
    let mut text = String::new();
    if let Some(calibration) = &model.calibration {
        text += &monitor::definitions();
        text += &alarm::definitions(model, calibration, name)?;
    }
    if let Some(signal) = Windows::noted(&model.flow.description.notes)? {
        text += "\n";
        text += &windows::definitions(&signal, name)?;
    }
    Ok(text)
}
