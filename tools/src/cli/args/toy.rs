use crate::{cli::words::words, data::toy};
use clap::Args;
use std::path::PathBuf;

const AFTER_HELP: &str = "\
The column log_prob is the true log-density in nats; eval prints a model's gap to it.

Example: couplet toy moons -n 20000 -o moons.csv";

/// Arguments of `couplet toy`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct ToyArgs {
    /// Data set to draw from
    #[arg(value_parser = words::<toy::Set>())]
    pub set: toy::Set,
    /// Number of rows
    #[arg(short = 'n', value_name = "N", default_value_t = 1000)]
    pub count: usize,
    /// Seed; the same seed gives the same rows
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Standard deviation of the noise, above 0
    #[arg(long, value_name = "SIGMA", default_value_t = 0.1)]
    pub noise: f64,
    /// File to write, with the columns x, y, label and log_prob; `-` is standard output
    #[arg(short, long, value_name = "FILE.csv", default_value = "-")]
    pub output: PathBuf,
}
