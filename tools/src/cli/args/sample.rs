use clap::Args;
use std::path::PathBuf;

const AFTER_HELP: &str = "\
Samples are in the units of the readings that the model was trained on.

Example: couplet sample pump.safetensors -n 1000 --seed 7 -o samples.csv";

/// Arguments of `couplet sample`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct SampleArgs {
    /// Model to sample from
    #[arg(value_name = "MODEL.safetensors")]
    pub model: PathBuf,
    /// Number of samples
    #[arg(short = 'n', value_name = "N")]
    pub count: usize,
    /// Seed of the generator, a Xoshiro128PlusPlus
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// File to write; `-` is standard output
    #[arg(short, long, value_name = "OUT.csv", default_value = "-")]
    pub output: PathBuf,
}
