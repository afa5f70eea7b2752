use clap::Args;
use std::path::PathBuf;

const AFTER_HELP: &str = "\
Samples are in the units of the readings that the model was trained on.

A conditional model is sampled at a context, whose columns are written behind the features.

`--given load=0.7,mode=eco` is one for all samples.

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
    /// Context of all samples of a conditional model, each column once, as load=0.7,mode=eco
    #[arg(long, value_name = "COLUMN=VALUE", value_delimiter = ',', conflicts_with = "contexts")]
    pub given: Vec<String>,
    /// File with a context for each sample, in columns of these names; its rows are sampled in turn
    #[arg(long, value_name = "DATA.csv")]
    pub contexts: Option<PathBuf>,
    /// Seed of the generator, a Xoshiro128PlusPlus
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// File to write; `-` is standard output
    #[arg(short, long, value_name = "OUT.csv", default_value = "-")]
    pub output: PathBuf,
}
