use clap::Args;
use std::path::PathBuf;

/// Arguments of `couplet demo`.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Folder for models, sources and pictures
    #[arg(short, long, value_name = "FOLDER", default_value = "demo")]
    pub output: PathBuf,
    /// Seed of data, splits and weights; the same seed gives the same bytes
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}
