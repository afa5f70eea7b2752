//! What a calibrated model adds to its source: threshold and table, rules, typical values, and an
//! answer that the device's self-test compares with.

use super::{alarm_answer::AlarmAnswer, rust::bits};
use crate::{
    calibrate::promise,
    model::{Calibration, Model, TABLE, TYPICAL},
};
use anyhow::Result;
use couplet::{Drift, Rules};
use std::fmt::Write;

/// Appends the statics `{name}_CALIBRATION`, `{name}_RULES`, `{name}_TYPICAL` and
/// `{name}_ALARM_ANSWER`.
///
/// # Errors
///
/// The calibration or its rules are none.
pub fn write(
    text: &mut String,
    model: &Model,
    calibration: &Calibration,
    name: &str,
) -> Result<()> {
    let device = calibration.device()?;
    let couplet::Calibration { model: identity, threshold, log_probs, surprises, rows } = device;
    let promised: String =
        promise(&calibration.promise).iter().map(|sentence| format!("/// {sentence}\n")).collect();
    let head = "#[rustfmt::skip]\n#[allow(clippy::approx_constant, clippy::excessive_precision, \
                clippy::unreadable_literal)]";
    writeln!(
        text,
        "\n/// What log_probs of {rows} normal readings look like: `is_anomaly`, `p_value`, \
         `surprise`.\n///\n{promised}///\n/// `check({name}_MODEL)` refuses a calibration of another model."
    )?;
    writeln!(text, "{head}")?;
    writeln!(
        text,
        "pub static {name}_CALIBRATION: couplet::Calibration<f32, {TABLE}> = \
         couplet::Calibration::new("
    )?;
    writeln!(text, "    {name}_MODEL,\n    {threshold:?},")?;
    writeln!(text, "    {log_probs:?},\n    {surprises:?},\n    {rows},\n);")?;
    writeln!(text, "\n/// The hash of the model, which its calibrations carry.")?;
    writeln!(text, "#[rustfmt::skip]\n#[allow(clippy::unreadable_literal)]")?;
    writeln!(text, "pub const {name}_MODEL: u64 = {identity:#018x};")?;

    let Rules { reference, limit, release, k, n, silence, drift } = calibration.rules()?;
    let drift = match drift {
        Some(Drift { rate, step, cap }) => {
            format!("Some(couplet::Drift {{ rate: {rate:?}, step: {step:?}, cap: {cap:?} }})")
        }
        None => "None".into(),
    };
    writeln!(text, "\n/// When a `couplet::Detector` raises the alarm.\n{head}")?;
    writeln!(
        text,
        "pub static {name}_RULES: couplet::Rules<f32> = couplet::Rules {{ reference: \
         {reference:?}, limit: {limit:?}, release: {release:?}, k: {k}, n: {n}, silence: {silence}, \
         drift: {drift} }};"
    )?;

    let d = model.flow.description.dimension();
    writeln!(
        text,
        "\n/// Quantiles of each feature over the normal readings, for `couplet::Attribution`.\n{head}"
    )?;
    writeln!(text, "pub static {name}_TYPICAL: [[f32; {d}]; {TYPICAL}] = [")?;
    for values in &calibration.typical {
        writeln!(text, "    {values:?},")?;
    }
    writeln!(text, "];")?;

    let AlarmAnswer { x, surprise, blamed, best } = AlarmAnswer::of(model, calibration)?;
    let (x, context) = x.split_at(d);
    let (kind, new, given) = match context {
        [] => (format!("{d}"), "new", String::new()),
        context => (
            format!("{d}, couplet::nalgebra::SVector<u32, {}>", context.len()),
            "given",
            format!(" [{}],", bits(context)),
        ),
    };
    writeln!(
        text,
        "\n/// `self_test(&{name}, &{name}_CALIBRATION, &{name}_TYPICAL)` compares it with what this \
         device computes.\n{head}"
    )?;
    writeln!(
        text,
        "pub static {name}_ALARM_ANSWER: couplet::AlarmAnswer<{kind}> = couplet::AlarmAnswer::{new}(\
         [{}],{given} {:#010x}, {}, {:#010x}); // surprise {surprise:?}, best {best:?}",
        bits(x),
        surprise.to_bits(),
        blamed,
        best.to_bits()
    )?;
    Ok(())
}
