//! What a calibrated model adds to its C: threshold and table, rules, typical values, and an answer
//! that the device's self-test compares with.

use super::{arrays::lines, number::number, parts, template::instance};
use crate::{
    calibrate::promise,
    convert::alarm_answer::AlarmAnswer,
    model::{Calibration, Model, TYPICAL},
};
use anyhow::Result;
use couplet::{Drift, Rules};
use std::fmt::Write;

/// What a program sees of a model for which `is` says what it has: behind [`super::monitor::declarations`] and the number of features.
///
/// # Errors
///
/// The calibration is none.
pub fn declarations(
    calibration: &Calibration,
    name: &str,
    is: impl Fn(&str) -> bool,
) -> Result<String> {
    let couplet::Calibration { model, rows, .. } = calibration.device()?;
    let mut text = String::new();
    writeln!(text, "/* The hash of the model, which its calibrations carry. */")?;
    writeln!(text, "#define {name}_MODEL UINT64_C({model:#018x})\n")?;
    writeln!(text, "/* What log_probs of {rows} normal readings look like.\n")?;
    for sentence in promise(&calibration.promise) {
        writeln!(text, "   {sentence}")?;
    }
    writeln!(text, "\n   couplet_calibration_check(&{name}_CALIBRATION, {name}_MODEL) is")?;
    writeln!(text, "   COUPLET_OK where it belongs to this model. */")?;
    writeln!(text, "extern const couplet_calibration {name}_CALIBRATION;\n")?;
    text += &instance(include_str!("alarm.h"), name, is);
    Ok(text)
}

/// What one source file of the program has: behind [`super::monitor::definitions`], and behind
/// mean, standard deviation and log_prob of the model.
///
/// # Errors
///
/// The calibration or its rules are none.
pub fn definitions(model: &Model, calibration: &Calibration, name: &str) -> Result<String> {
    let mut text = String::new();
    table(&mut text, calibration, name)?;
    rules(&mut text, calibration, name)?;
    typical(&mut text, calibration, name)?;
    answer(&mut text, &AlarmAnswer::of(model, calibration)?, name)?;
    text += &instance(include_str!("alarm.c"), name, |part| parts::has(&model.flow, part));
    Ok(text)
}

fn table(text: &mut String, calibration: &Calibration, name: &str) -> Result<()> {
    let couplet::Calibration { threshold, log_probs, surprises, rows, .. } =
        calibration.device()?;
    writeln!(text, "const couplet_calibration {name}_CALIBRATION = {{")?;
    writeln!(text, "    {name}_MODEL,\n    {},", number(threshold))?;
    for values in [log_probs, surprises] {
        writeln!(text, "    {{")?;
        lines(text, "        ", &values.map(number))?;
        writeln!(text, "    }},")?;
    }
    writeln!(text, "    UINT32_C({rows})\n}};\n")?;
    Ok(())
}

fn rules(text: &mut String, calibration: &Calibration, name: &str) -> Result<()> {
    let Rules { reference, limit, release, k, n, silence, drift } = calibration.rules()?;
    let sums = [reference, limit, release].map(number).join(", ");
    let drift = match drift {
        Some(Drift { rate, step, cap }) => {
            let numbers = [rate, step, cap].map(number).join(", ");
            writeln!(text, "static const couplet_drift {name}_DRIFT = {{{numbers}}};\n")?;
            format!("&{name}_DRIFT")
        }
        None => "0".into(),
    };
    writeln!(text, "const couplet_rules {name}_RULES = {{")?;
    writeln!(text, "    {sums}, {k}u, {n}u, UINT32_C({silence}), {drift}\n}};\n")?;
    Ok(())
}

fn typical(text: &mut String, calibration: &Calibration, name: &str) -> Result<()> {
    writeln!(text, "static const float {name}_TYPICAL_VALUES[{TYPICAL} * {name}_FEATURES] = {{")?;
    let values: Vec<String> = calibration.typical.iter().flatten().copied().map(number).collect();
    lines(text, "    ", &values)?;
    writeln!(text, "}};\n")?;
    writeln!(text, "const couplet_typical {name}_TYPICAL = {{")?;
    writeln!(text, "    {name}_TYPICAL_VALUES, {TYPICAL}u, {name}_FEATURES\n}};\n")?;
    Ok(())
}

fn answer(text: &mut String, answer: &AlarmAnswer, name: &str) -> Result<()> {
    let AlarmAnswer { x, surprise, blamed, best } = answer;
    let bits = |value: &f32| format!("UINT32_C({:#010x})", value.to_bits());
    let reading: Vec<String> = x.iter().map(bits).collect();
    writeln!(text, "/* The bits of a reading that is an anomaly, and of the answer. */")?;
    writeln!(text, "static const uint32_t {name}_ALARM_READING[{}] = {{", x.len())?;
    writeln!(text, "    {}\n}};", reading.join(",\n    "))?;
    writeln!(text, "#define {name}_ALARM_SURPRISE {} /* {surprise:?} */", bits(surprise))?;
    writeln!(text, "#define {name}_ALARM_BLAMED {blamed}u")?;
    writeln!(text, "#define {name}_ALARM_BEST {} /* {best:?} */\n", bits(best))?;
    Ok(())
}
