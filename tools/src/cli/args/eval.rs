use super::ReadingArgs;
use clap::Args;
use std::path::PathBuf;

const AFTER_HELP: &str = "\
Prints the mean negative log-likelihood in nats and the least likely row. With a column log_prob,
also prints the true entropy of the rows and the gap to it. With --label, the nats are those of the
normal rows, and AUROC and average precision say how well anomalies are found. Rows that the device
calls impossible are counted and leave the mean alone. The nats are held-out ones only if the
rows are: a model finds the rows that it was trained on more likely than new ones.

Example: couplet eval pump.safetensors later-readings.csv";

/// Arguments of `couplet eval`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct EvalArgs {
    /// Model to evaluate
    #[arg(value_name = "MODEL.safetensors")]
    pub model: PathBuf,
    /// Rows, preferably unseen ones; a column `log_prob` holds their true log-density
    #[arg(value_name = "DATA.csv")]
    pub data: PathBuf,
    /// Rows that the model was trained on: fit mixtures of Gaussians to them, no larger than the
    /// model, and compare
    #[arg(long, value_name = "TRAINING.csv")]
    pub baseline: Option<PathBuf>,
    /// Print one JSON object instead, for other programs
    #[arg(long)]
    pub json: bool,
    /// How to read the data.
    #[command(flatten)]
    pub reading: ReadingArgs,
}
