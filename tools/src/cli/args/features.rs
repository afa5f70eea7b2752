use super::ReadingArgs;
use crate::{cli::words::words, signal::Order};
use clap::Args;
use std::path::PathBuf;

const AFTER_HELP: &str = "\
Each column of the signal gives features of its own. Of the column vibration these are, for each
window:

  vibration_band_0, ...   ln of the power in each octave, the highest first: half of the rate down
                          to a quarter, a quarter to an eighth, ...
  vibration_800Hz, ...    ln of the power at each --goertzel
  vibration_deviation     ln of the standard deviation
  vibration_kurtosis      ln of the kurtosis
  vibration_crest         ln of the largest deviation from the mean over the standard deviation

The device computes the same bits from the same samples. The first line of the file has the
constants for that. `train` notes them in the model, and `export` writes them as a couplet::Window
beside it. Programs that drop comments lose the line.

Filters run on from window to window, so the first window, in which they settle, is left out. The
column `sample` says where each window begins. A window with a missing sample has missing features,
and the one after it is left out, since the filters settle again.

An array of as many columns as --window has samples holds a window in each row. Then the filters
begin anew in each row: they settle in the first quarter, and the features are of the rest. Give
--rows running if each row goes on from the row before.

Features of later signals, for `eval` and `score`, need the constants of the training: give --like
MODEL.safetensors. Features are written as text only.

Example: couplet features raw.csv --window 256 --bands 6 -o features.csv";

/// Arguments of `couplet features`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct FeaturesArgs {
    /// Raw signal, a column for each sensor or axis, with a row for each sample; `-` is standard
    /// input, which needs --like
    #[arg(value_name = "RAW.csv")]
    pub data: PathBuf,
    /// Text file to write; `-` is standard output
    #[arg(short, long, value_name = "FEATURES.csv", default_value = "-")]
    pub output: PathBuf,
    /// Samples in a window
    #[arg(long, value_name = "SAMPLES")]
    pub window: Option<usize>,
    /// Octave bands, from half of the sampling rate down; 0 for none [default: 6]
    #[arg(long, value_name = "N")]
    pub bands: Option<usize>,
    /// Also the power at this frequency, in Hz; may be repeated
    #[arg(long, value_name = "HZ", allow_negative_numbers = true)]
    pub goertzel: Vec<f64>,
    /// Samples a second; --goertzel needs it
    #[arg(long, value_name = "HZ", allow_negative_numbers = true)]
    pub rate: Option<f64>,
    /// What a row of the file is [default: windows for an array of so many columns, else samples]
    #[arg(long, value_parser = words::<Order>(), value_name = "WHAT")]
    pub rows: Option<Order>,
    /// Take all constants from a model or from another file of features
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["window", "bands", "goertzel", "rate"]
    )]
    pub like: Option<PathBuf>,
    /// How to read the data.
    #[command(flatten)]
    pub reading: ReadingArgs,
}
