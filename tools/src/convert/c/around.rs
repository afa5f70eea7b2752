//! What stands around a model: its alarm, if it is calibrated, and its windows of a raw signal, if it
//! has any.

use super::{alarm, monitor, parts, windows};
use crate::{
    model::{Calibration, Model},
    signal::Windows,
};
use anyhow::Result;

/// What a program sees, behind the functions of the model `name`.
///
/// # Errors
///
/// The calibration, its rules or the windows are none.
pub fn declarations(model: &Model, name: &str) -> Result<String> {
    let Some((calibration, signal)) = of(model)? else { return Ok(String::new()) };
    let mut text = monitor::declarations(name, calibration.is_some());
    if let Some(calibration) = calibration {
        text += &alarm::declarations(calibration, name, |part| parts::has(&model.flow, part))?;
        text.push('\n');
    }
    if let Some(signal) = signal {
        text += &windows::declarations(&signal, &model.flow.description.features, name)?;
    }
    Ok(text)
}

/// What one source file of the program has, behind mean, standard deviation and log_prob.
///
/// # Errors
///
/// As [`declarations`].
pub fn definitions(model: &Model, name: &str) -> Result<String> {
    let Some((calibration, signal)) = of(model)? else { return Ok(String::new()) };
    let mut text = monitor::definitions(calibration.is_some());
    if let Some(calibration) = calibration {
        text += &alarm::definitions(model, calibration, name)?;
        text.push('\n');
    }
    if let Some(signal) = signal {
        text += &windows::definitions(&signal, name)?;
    }
    Ok(text)
}

/// Nothing where a model has neither.
fn of(model: &Model) -> Result<Option<(Option<&Calibration>, Option<Windows>)>> {
    let around = (model.calibration.as_ref(), Windows::noted(&model.flow.description.notes)?);
    Ok((!matches!(around, (None, None))).then_some(around))
}
