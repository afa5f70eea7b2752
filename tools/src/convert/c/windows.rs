//! The windows of a raw signal as C, so that firmware has the features of the training.

use super::{arrays::lines, features::in_comment, number::number, template::instance};
use crate::signal::Windows;
use anyhow::Result;
use std::fmt::Write;

/// What a program sees, behind [`super::monitor::declarations`]. `features` are those of the model.
///
/// # Errors
///
/// None that is known of.
pub fn declarations(windows: &Windows, features: &[String], name: &str) -> Result<String> {
    let Windows { samples, settling, rate, channels, .. } = windows;
    let mut text = String::new();
    let rate = rate.map_or(String::new(), |rate| format!(", at {rate} samples a second"));
    writeln!(text, "/* The samples that the features of a window are of{rate}.")?;
    if *settling > 0 {
        writeln!(
            text,
            "   Training windows had {settling} samples before them, in which the filters settled."
        )?;
    }
    writeln!(text, "   */\n#define {name}_WINDOW_SAMPLES UINT32_C({samples})\n")?;
    writeln!(
        text,
        "/* Features of each channel, and the place of each in a reading of the model."
    )?;
    let mut names = windows.features().into_iter();
    for (index, channel) in channels.iter().enumerate() {
        writeln!(text, "   Channel {index}, {}:", in_comment(&channel.name))?;
        for feature in names.by_ref().take(windows.features_each()) {
            let place = features.iter().position(|name| *name == feature);
            let place = place.map_or("not there".into(), |place| place.to_string());
            writeln!(text, "   - {}: {place}", in_comment(&feature))?;
        }
    }
    writeln!(text, "   */\n#define {name}_CHANNELS {}u", channels.len())?;
    writeln!(text, "#define {name}_BANDS {}u\n", bands(windows))?;
    text += &own(include_str!("windows.h"), windows, name);
    Ok(text)
}

/// What one source file of the program has, behind [`super::monitor::definitions`].
///
/// # Errors
///
/// None that is known of.
pub fn definitions(windows: &Windows, name: &str) -> Result<String> {
    let offsets: Vec<String> =
        windows.channels.iter().map(|channel| number(channel.offset)).collect();
    let mut text = String::new();
    writeln!(text, "const float {name}_OFFSETS[{name}_CHANNELS] = {{")?;
    lines(&mut text, "    ", &offsets)?;
    writeln!(text, "}};\n")?;
    if bands(windows) > 0 {
        writeln!(text, "const couplet_band {name}_FILTERS[{name}_BANDS] = {{")?;
        for octave in &windows.octaves {
            writeln!(text, "    COUPLET_PASS({}),", octave.map(number).join(", "))?;
        }
        for bin in &windows.bins {
            let (coefficient, hertz) = (number(bin.coefficient), bin.hertz);
            writeln!(text, "    COUPLET_BIN({coefficient}), /* {hertz:?} Hz */")?;
        }
        writeln!(text, "}};\n")?;
    }
    text += &own(include_str!("windows.c"), windows, name);
    Ok(text)
}

fn bands(windows: &Windows) -> usize {
    windows.octaves.len() + windows.bins.len()
}

fn own(template: &str, windows: &Windows, name: &str) -> String {
    let kind = if bands(windows) > 0 { "BANDED" } else { "BANDLESS" };
    instance(template, name, |part| part == kind)
}
