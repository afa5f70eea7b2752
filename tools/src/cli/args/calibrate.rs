use super::{AlarmArgs, ReadingArgs};
use clap::Args;
use std::path::PathBuf;

const AFTER_HELP: &str = "\
Normal rows are readings that the model never saw: neither to fit nor to choose. Keep them in the
order in which they were measured, after the rows of the training. Rows that the model saw are
refused, since it finds them likelier than new ones.

Rows needed, for a rate in the mean / with --confidence .95:

  1 in 100       99 /    299
  1 in 1000     999 /  2,995
  1 in 10,000 9,999 / 29,956

What is promised is printed, and kept in the model file. `export` writes it for firmware.

Example: couplet calibrate pump.safetensors normal.csv --false-alarms 1e-3 --confidence .95";

/// Arguments of `couplet calibrate`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct CalibrateArgs {
    /// Model to calibrate
    #[arg(value_name = "MODEL.safetensors")]
    pub model: PathBuf,
    /// Rows of normal readings that the model never saw
    #[arg(value_name = "NORMAL.csv")]
    pub data: PathBuf,
    /// Model file to write [default: MODEL.safetensors itself]
    #[arg(short, long, value_name = "MODEL.safetensors")]
    pub output: Option<PathBuf>,
    /// Print one JSON object instead, for other programs
    #[arg(long)]
    pub json: bool,
    /// What is asked of the alarm.
    #[command(flatten)]
    pub alarm: AlarmArgs,
    /// How to read the data.
    #[command(flatten)]
    pub reading: ReadingArgs,
}
