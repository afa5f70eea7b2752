//! The windows of a raw signal as Rust source, so that firmware has the features of the training.

use super::rust::in_markdown;
use crate::signal::Windows;
use anyhow::Result;
use std::fmt::Write;

/// Writes the windows of the static `name`, whose model has these features.
///
/// # Errors
///
/// None that is known of.
pub fn write(text: &mut String, name: &str, windows: &Windows, features: &[String]) -> Result<()> {
    let Windows { samples, settling, rate, channels, .. } = windows;
    let bands = windows.features_each() - 3;
    writeln!(text, "\n/// The samples that the features of a window are of.")?;
    if *settling > 0 {
        writeln!(
            text,
            "/// Training windows had {settling} samples before them, in which the filters settled."
        )?;
    }
    writeln!(text, "pub const {name}_WINDOW_SAMPLES: usize = {samples};")?;
    let rate = rate.map_or(String::new(), |rate| format!(" at {rate} Hz"));
    writeln!(
        text,
        "\n/// Features of a raw signal of {samples} samples a window{rate}. Copy it to"
    )?;
    writeln!(
        text,
        "/// memory, `push` each sample, and ask for `features` after as many samples."
    )?;
    writeln!(text, "/// The first time there are none, since the filters settle.")?;
    if channels.len() > 1 {
        writeln!(text, "///")?;
        writeln!(text, "/// There is a window for each column of the signal.")?;
    }
    let mut names = windows.features().into_iter();
    for channel in channels {
        writeln!(text, "///")?;
        writeln!(
            text,
            "/// Features of {}, and the place of each in a reading of the model:",
            in_markdown(&channel.name)
        )?;
        for feature in names.by_ref().take(windows.features_each()) {
            let place = features.iter().position(|name| *name == feature);
            let place = place.map_or("not there".into(), |place| place.to_string());
            writeln!(text, "/// - {}: {place}", in_markdown(&feature))?;
        }
    }
    let window = format!("couplet::Window<f32, {bands}>");
    writeln!(text, "#[rustfmt::skip]")?;
    writeln!(
        text,
        "#[allow(clippy::approx_constant, clippy::excessive_precision, clippy::unreadable_literal)]"
    )?;
    match &channels[..] {
        [channel] => {
            writeln!(text, "pub static {name}_WINDOW: {window} =")?;
            write_window(text, windows, channel.offset)?;
            writeln!(text, ";")?;
        }
        channels => {
            let count = channels.len();
            writeln!(text, "pub static {name}_WINDOW: [{window}; {count}] = [")?;
            for channel in channels {
                write_window(text, windows, channel.offset)?;
                writeln!(text, ",")?;
            }
            writeln!(text, "];")?;
        }
    }
    Ok(())
}

/// The expression that makes a window, without the end of its line.
fn write_window(text: &mut String, windows: &Windows, offset: f32) -> Result<()> {
    writeln!(text, "    couplet::Window::new({offset:?}, [")?;
    for [gain, a1, a2] in &windows.octaves {
        writeln!(
            text,
            "        couplet::Band::Pass {{ gain: {gain:?}, feedback: [{a1:?}, {a2:?}] }},"
        )?;
    }
    for bin in &windows.bins {
        let (coefficient, hertz) = (bin.coefficient, bin.hertz);
        writeln!(
            text,
            "        couplet::Band::Bin {{ coefficient: {coefficient:?} }}, // {hertz:?} Hz"
        )?;
    }
    write!(text, "    ])")?;
    Ok(())
}
