use super::ReadingArgs;
use clap::Args;
use std::path::PathBuf;

const AFTER_HELP: &str = "\
Runs the detector of a calibrated model over readings in their order, with the device's bits, and
prints a line for each event: the alarm begins, with its cause, p-value, and the features to look at,
each with what it should have been; the alarm ends; readings stay out; drift is at its end.

The first 100 rows tell what the columns are. From then on each reading is judged when it arrives, so
standard input and a serial port work too: set the port's speed by stty first.

A reading with a missing value is not normal: it raises an alarm. With --time and --period, readings
that did not come are counted.

Example: couplet watch pump.safetensors readings.csv --time time --period 1";

/// Arguments of `couplet watch`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct WatchArgs {
    /// Calibrated model
    #[arg(value_name = "MODEL.safetensors")]
    pub model: PathBuf,
    /// Readings in their order; `-` is standard input
    #[arg(value_name = "STREAM")]
    pub data: PathBuf,
    /// Column with the time of a reading, which is printed: by name or by index
    #[arg(long, value_name = "COLUMN")]
    pub time: Option<String>,
    /// Seconds from one reading to the next: a longer time counts as missing readings
    #[arg(long, value_name = "SECONDS", requires = "time")]
    pub period: Option<f64>,
    /// Column that says which readings are one episode, as for `couplet calibrate`: the detector
    /// restarts where it changes
    #[arg(long, value_name = "COLUMN")]
    pub episodes: Option<String>,
    /// Print one JSON object an event instead, for other programs
    #[arg(long)]
    pub json: bool,
    /// How to read the data.
    #[command(flatten)]
    pub reading: ReadingArgs,
}
