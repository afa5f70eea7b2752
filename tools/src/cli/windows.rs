//! The windows that the flags of `couplet features` ask for, and those of a file or a model.

use super::args::FeaturesArgs;
use crate::{
    cli::output::is_model,
    data::{Reading, Signal},
    model::{Description, Model},
    signal::{Bin, Windows},
};
use anyhow::{Context, Result, ensure};
use couplet::Band;
use std::{f64::consts::TAU, fs::File, io::Read, ops::RangeInclusive, path::Path};

/// The fewest and the most samples of a window.
const SAMPLES: RangeInclusive<usize> = 16..=1 << 16;

/// The octaves where nobody asks for a number.
const OCTAVES: usize = 6;

/// The most octaves. The coefficients of lower ones, rounded to f32, would be those of a band more
/// than 1 % away.
const MOST_OCTAVES: usize = 10;

/// How far rounding its coefficient to f32 may move a frequency, in parts of the resolution of a
/// window, 1 / N.
const MOVED: f64 = 0.1;

/// The part of a window that does not go on from another, in which the filters settle: one in so
/// many.
const SETTLING: usize = 4;

/// The windows that the flags ask for, without channels. `alone` says that no window goes on from
/// another.
///
/// # Errors
///
/// The flag that asks for what a window cannot tell.
pub fn of_flags(args: &FeaturesArgs, alone: bool) -> Result<Windows> {
    let all =
        args.window.context("how many samples has a window? Say so by --window, or give --like")?;
    ensure!(
        SAMPLES.contains(&all),
        "--window {all}: from {} to {} samples make sense",
        SAMPLES.start(),
        SAMPLES.end()
    );
    let settling = if alone { all / SETTLING } else { 0 };
    let samples = all - settling;
    let octaves = octaves(args, samples)?;
    let rate = args.rate;
    if let Some(rate) = rate {
        ensure!(rate > 0.0 && rate.is_finite(), "--rate {rate}: it must be positive, in Hz");
    }
    let bins = args.goertzel.iter().enumerate().map(|(i, &hertz)| {
        ensure!(!args.goertzel[..i].contains(&hertz), "--goertzel {hertz} is given twice");
        let rate = rate.with_context(|| {
            format!("--goertzel {hertz} needs --rate: how many samples a second there are")
        })?;
        bin(hertz, rate, samples)
    });
    let bins = bins.collect::<Result<Vec<_>>>()?;
    ensure!(
        octaves.len() + bins.len() <= Windows::MOST_BANDS,
        "--bands {} and {} of --goertzel: there can be {} together",
        octaves.len(),
        bins.len(),
        Windows::MOST_BANDS
    );
    let (rate, channels) = (rate.map(|rate| rate as f32), Vec::new());
    Ok(Windows { samples, settling, rate, octaves, bins, channels })
}

/// The coefficients of the octave bands, of which the lowest has a period or more in a window.
fn octaves(args: &FeaturesArgs, samples: usize) -> Result<Vec<[f32; 3]>> {
    let count = args.bands.unwrap_or(OCTAVES);
    let periods = |octaves: usize| samples as f64 * (-0.5 - octaves as f64).exp2();
    let most = (0..=MOST_OCTAVES).rev().find(|&octaves| periods(octaves) >= 1.0).unwrap_or(0);
    let flag = if args.bands.is_some() { "--bands" } else { "the usual --bands" };
    ensure!(
        count <= MOST_OCTAVES,
        "{flag} {count}: at most {MOST_OCTAVES} make sense, as f32 cannot hold the coefficients of \
         lower octaves"
    );
    ensure!(
        count <= most,
        "{flag} {count}: features of {samples} samples can have at most {most}, as a lower octave \
         has no whole period in them: give fewer, or a longer --window"
    );
    let coefficients = |octave: u8| match Band::octave(octave) {
        Band::Pass { gain, feedback: [a1, a2] } => Some([gain, a1, a2]),
        Band::Bin { .. } => None,
    };
    Ok((0..count as u8).filter_map(coefficients).collect())
}

/// A single frequency, which a window can tell from others.
fn bin(hertz: f64, rate: f64, samples: usize) -> Result<Bin> {
    let cycles = hertz / rate;
    ensure!(hertz > 0.0, "--goertzel {hertz}: a frequency is positive, in Hz");
    ensure!(
        cycles < 0.5,
        "--goertzel {hertz}: a signal of {rate} samples a second holds only frequencies below {} Hz",
        rate / 2.0
    );
    let lowest = rate / samples as f64;
    ensure!(
        cycles * samples as f64 >= 1.0,
        "--goertzel {hertz}: features of {samples} samples tell no frequency below {lowest:.4} Hz: \
         give a longer --window"
    );
    let coefficient = match Band::bin(cycles) {
        Band::Bin { coefficient } => coefficient,
        Band::Pass { gain, .. } => gain,
    };
    let held = (f64::from(coefficient) / 2.0).clamp(-1.0, 1.0).acos() / TAU;
    ensure!(
        (held - cycles).abs() * samples as f64 <= MOVED,
        "--goertzel {hertz}: its coefficient in f32 would be that of {:.4} Hz, which features of \
         {samples} samples tell from it: give a shorter --window",
        held * rate
    );
    Ok(Bin { hertz: hertz as f32, coefficient })
}

/// The windows of a model, or of a file of features.
///
/// # Errors
///
/// The file cannot be read, or knows of no windows.
pub fn of_file(path: &Path) -> Result<Windows> {
    let name = path.display();
    let none = || format!("{name} has no constants of windows: give a model or a file of features");
    let mut start = Vec::new();
    let file = File::open(path).with_context(|| format!("cannot read {name}"))?;
    file.take(START).read_to_end(&mut start).with_context(|| format!("cannot read {name}"))?;
    if is_model(&start) {
        let model = Model::read(path)?;
        return Windows::noted(&model.flow.description.notes)?.with_context(none);
    }
    let signal = Signal::open(path, &Reading::default())?;
    of_comment(signal.comment(), &name.to_string())?.with_context(none)
}

/// The bytes that hold the header of a model.
const START: u64 = 1 << 24;

/// The windows that the comment above the rows of a file is about.
///
/// # Errors
///
/// The comment is not whole.
pub fn of_comment(comment: Option<&str>, file: &str) -> Result<Option<Windows>> {
    let windows = comment.map(Windows::of_comment).transpose();
    Ok(windows
        .with_context(|| format!("{file}: write it again with `couplet features`"))?
        .flatten())
}

/// Notes the windows of a file of features in the description of a model that has some of them.
///
/// # Errors
///
/// The comment in the file is not whole.
pub fn note(comment: Option<&str>, file: &str, description: &mut Description) -> Result<()> {
    if let Some(windows) = of_comment(comment, file)?
        && windows.features().iter().any(|name| description.features.contains(name))
    {
        windows.note(description)?;
    }
    Ok(())
}

/// Refuses to train on features of different windows.
///
/// # Errors
///
/// The files, or a comment that is not whole.
pub fn keep_equal(
    (first, first_comment): (&str, Option<&str>),
    (other, other_comment): (&str, Option<&str>),
) -> Result<()> {
    ensure!(
        of_comment(first_comment, first)? == of_comment(other_comment, other)?,
        "{other} has features of other windows than {first}: write it again with `couplet features \
         --like {first}`"
    );
    Ok(())
}

/// Warns of features that are not of the windows which a model was trained on.
///
/// # Errors
///
/// The model's note or the comment in the file is not whole.
pub fn warn(comment: Option<&str>, file: &str, description: &Description) -> Result<()> {
    let trained = Windows::noted(&description.notes)?;
    if let (Some(trained), Some(given)) = (trained, of_comment(comment, file)?)
        && trained != given
    {
        eprintln!(
            "warning: {file} has features of other windows than the model's: write it again with \
             `couplet features --like MODEL.safetensors`"
        );
    }
    Ok(())
}

/// A description in one line.
pub fn in_words(windows: &Windows) -> String {
    let Windows { samples, settling, rate, octaves, bins, channels } = windows;
    let bins: String = bins.iter().map(|bin| format!(" and {} Hz", bin.hertz)).collect();
    let rate = rate.map_or(String::new(), |rate| format!(" at {rate} Hz"));
    let settling = match settling {
        0 => String::new(),
        _ => format!(" behind {settling} that settle the filters"),
    };
    let channels: Vec<String> =
        channels.iter().map(|it| format!("{} less {}", it.name, it.offset)).collect();
    format!(
        "{samples} samples{settling}{rate} of {}; {} octaves{bins}",
        channels.join(", "),
        octaves.len()
    )
}
