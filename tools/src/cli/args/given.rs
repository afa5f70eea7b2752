use super::ReadingArgs;
use clap::Args;
use std::path::PathBuf;

/// The rows that a model is looked at by, for `couplet report` and `couplet plot`.
#[derive(Clone, Debug, Args)]
pub struct GivenArgs {
    /// Rows that the model was trained on: mixtures of Gaussians are fitted to them, and they are
    /// judged
    #[arg(long, value_name = "TRAINING.csv")]
    pub train: Option<PathBuf>,
    /// Rows that the model never saw, in their order; a column `log_prob` holds their true
    /// log-density
    #[arg(long, value_name = "TEST.csv")]
    pub test: Option<PathBuf>,
    /// How to read the rows.
    #[command(flatten)]
    pub reading: ReadingArgs,
}
