use super::GivenArgs;
use clap::Args;
use std::path::PathBuf;

const AFTER_HELP: &str = "\
Writes one page that needs no network and no script: what the model is, what its alarm promises, what
to doubt, the training curve, data against samples, log_probs and the threshold, p-values, detection
and delay, the rows in their order with alarms and the features to blame, costs on each core, and
mixtures of Gaussians of the same bytes. Log_probs are in nats. Whatever the model file or the rows do
not tell is named as missing.

The same input gives the same bytes.

Example: couplet report pump.safetensors --train readings.csv --test later.csv -o pump.html";

/// Arguments of `couplet report`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct ReportArgs {
    /// Model to report on
    #[arg(value_name = "MODEL.safetensors")]
    pub model: PathBuf,
    /// Page to write [default: the model's path, ending in .html]
    #[arg(short, long, value_name = "REPORT.html", conflicts_with = "json")]
    pub output: Option<PathBuf>,
    /// Print the numbers of the page as one JSON object instead, for other programs
    #[arg(long)]
    pub json: bool,
    /// The rows.
    #[command(flatten)]
    pub given: GivenArgs,
}
