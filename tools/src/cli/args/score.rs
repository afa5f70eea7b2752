use super::ReadingArgs;
use clap::Args;
use std::path::PathBuf;

const AFTER_HELP: &str = "\
Writes a line for every row: its number in the file and its log_prob in nats; for a model that was
calibrated also its p-value, the part of normal readings that are as improbable. log_prob is -inf for a
reading that the device calls impossible: one with a missing value, or one that f32 cannot hold.
For a conditional model context_known is 0 where training never saw the context: the device does not
judge such a reading, so it has no p-value.
Each number reads back to the device's bits. A file of any number of rows takes the same memory.

Example: couplet score pump.safetensors readings.csv -o scores.csv --keep time";

/// Arguments of `couplet score`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct ScoreArgs {
    /// Model to evaluate
    #[arg(value_name = "MODEL.safetensors")]
    pub model: PathBuf,
    /// Rows of readings; `-` is standard input
    #[arg(value_name = "DATA.csv")]
    pub data: PathBuf,
    /// File to write, with the columns row and log_prob: text, an array if it ends in .npy, or
    /// Parquet if it ends in .parquet; `-` is standard output
    #[arg(short, long, value_name = "OUT.csv", default_value = "-")]
    pub output: PathBuf,
    /// Columns to carry through, by name or by index
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    pub keep: Vec<String>,
    /// Also write which features made a reading improbable, the most to blame first, as columns
    /// blame_1, blame_2 and blame_3: for readings below the threshold of a calibrated model
    #[arg(long)]
    pub blame: bool,
    /// Also write the latents, as columns z_0, z_1, ..., and the column log_det
    #[arg(long)]
    pub latents: bool,
    /// How to read the data.
    #[command(flatten)]
    pub reading: ReadingArgs,
}
