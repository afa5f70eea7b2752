use super::ReadingArgs;
use clap::Args;
use std::path::PathBuf;

const AFTER_HELP: &str = "\
A flow is exactly invertible whatever its conditioners compute, so the density with integers is one,
as the trained one is. Integers are chosen by training rows, without training again. The new model is
a model file like others, a quarter as large on the device, and fast on cores without floating point.

Its scores are others, so a calibration is dropped: use `couplet calibrate` again.

Example: couplet quantize pump.safetensors readings.csv -o pump.i8.safetensors";

/// Arguments of `couplet quantize`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct QuantizeArgs {
    /// Model to quantise
    #[arg(value_name = "MODEL.safetensors")]
    pub model: PathBuf,
    /// Rows that the model was trained on
    #[arg(value_name = "TRAIN.csv")]
    pub data: PathBuf,
    /// Model file to write
    #[arg(short, long, value_name = "MODEL.i8.safetensors")]
    pub output: PathBuf,
    /// Print one JSON object instead, for other programs
    #[arg(long)]
    pub json: bool,
    /// How to read the data.
    #[command(flatten)]
    pub reading: ReadingArgs,
}
