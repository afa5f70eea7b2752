use super::ReadingArgs;
use clap::Args;
use std::path::PathBuf;

const AFTER_HELP: &str = "\
log_prob is in nats; it is -inf for a reading that the device calls impossible. Each number reads
back to the device's bits.

Example: couplet score pump.safetensors readings.csv -o scores.csv --latents";

/// Arguments of `couplet score`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct ScoreArgs {
    /// Model to evaluate
    #[arg(value_name = "MODEL.safetensors")]
    pub model: PathBuf,
    /// Rows of readings
    #[arg(value_name = "DATA.csv")]
    pub data: PathBuf,
    /// File to write, with the column log_prob
    #[arg(short, long, value_name = "OUT.csv")]
    pub output: PathBuf,
    /// Also write the latents, as columns z_FEATURE, and the column log_det
    #[arg(long)]
    pub latents: bool,
    /// How to read the data.
    #[command(flatten)]
    pub reading: ReadingArgs,
}
