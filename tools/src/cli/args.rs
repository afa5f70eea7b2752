//! The command line: what can be asked for, and in which words.

use crate::{
    cli::commands,
    data::Reading,
    data::Standardization,
    data::split::Kind,
    data::toy,
    device::preset::Preset,
    device::target::{Clock, Target},
    model::{Activation, Base},
    train::Schedule,
};
use anyhow::Result;
use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum};
use std::{path::PathBuf, process::ExitCode};

/// Exact densities on microcontrollers: train a normalizing flow here, commit the exported Rust
/// source in your firmware.
#[derive(Debug, Parser)]
#[command(
    name = "couplet",
    version,
    after_help = "From a table of readings to firmware:\n\n  \
        couplet train readings.csv -o pump.safetensors\n  \
        couplet check pump.safetensors\n  \
        couplet eval pump.safetensors later-readings.csv\n  \
        couplet export pump.safetensors -o src/pump.rs --name PUMP\n\n\
        All log-densities are in nats (natural logarithms)."
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What couplet can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Train NICE and RealNVP on moons, circles and spirals; verify, export, and show what came out
    Demo(Demo),
    /// Fit a flow to the rows of a CSV file
    Train(Box<Train>),
    /// Verify a model's gradients, inverse and log_det
    Check(Check),
    /// Measure a model on rows, best such as it has not seen
    Eval(Eval),
    /// Write each row's log_prob, with the bits the device computes
    Score(Score),
    /// Write samples, with the bits the device draws from the same seed
    Sample(Sample),
    /// Write a model as Rust source for firmware
    Export(Export),
    /// Show a model's layers and what it costs on a device
    Info(Info),
    /// Measure what models cost on a device: builds firmware and runs it in QEMU
    Measure(Measure),
    /// Write a toy data set with each row's true log-density
    Toy(Toy),
    /// Train on the sets of a folder and print the figures beside other libraries'
    Bench(Bench),
}

impl Command {
    /// Does it, and says what the process is to end with.
    ///
    /// # Errors
    ///
    /// One line: what is wrong, where, and what to do.
    pub fn run(&self) -> Result<ExitCode> {
        match self {
            Command::Train(args) => return commands::train(args),
            Command::Demo(args) => commands::demo(args),
            Command::Check(args) => commands::check(args),
            Command::Eval(args) => commands::eval(args),
            Command::Score(args) => commands::score(args),
            Command::Sample(args) => commands::sample(args),
            Command::Export(args) => commands::export(args),
            Command::Info(args) => commands::info(args),
            Command::Measure(args) => commands::measure(args),
            Command::Toy(args) => commands::toy(args),
            Command::Bench(args) => commands::bench(args),
        }?;
        Ok(ExitCode::SUCCESS)
    }
}

/// The two flows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FlowKind {
    /// Additive couplings: each keeps the volume
    Nice,
    /// Affine couplings: each also stretches
    Realnvp,
}

/// The shape of a flow.
#[derive(Clone, Debug, Args)]
pub struct Shape {
    /// NICE (additive couplings) or RealNVP (affine couplings)
    #[arg(long, value_enum, default_value = "realnvp")]
    pub flow: FlowKind,
    /// The widest conditioners whose model fits into this much flash, instead of --couplets and
    /// --hidden
    #[arg(long, value_enum, value_name = "SIZE", conflicts_with_all = ["couplets", "hidden"])]
    pub preset: Option<Preset>,
    /// How many couplets; each is two couplings and transforms every feature once
    #[arg(long, value_name = "K", default_value_t = 8)]
    pub couplets: usize,
    /// Widths of the conditioner's hidden layers, separated by commas [default: one layer of 8 D,
    /// from 32 to 64]
    #[arg(long, value_name = "WIDTHS", value_delimiter = ',')]
    pub hidden: Option<Vec<usize>>,
    /// The function behind each hidden layer; relu is the cheapest on a device
    #[arg(long, value_enum, default_value = "relu")]
    pub activation: Activation,
    /// The distribution of the latents
    #[arg(long, value_enum, default_value = "normal")]
    pub base: Base,
    /// Reorder the features before each couplet [default: true from three features on]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub permute: Option<bool>,
    /// End with a scale layer [default: true for nice]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub scale: Option<bool>,
    /// The bound of each affine coupling's log-scale
    #[arg(long, value_name = "S", default_value_t = 2.0)]
    pub log_scale_bound: f32,
}

/// Arguments of `couplet demo`.
#[derive(Debug, Args)]
pub struct Demo {
    /// The folder for models, sources and pictures
    #[arg(short, long, value_name = "FOLDER", default_value = "demo")]
    pub output: PathBuf,
    /// For data, splits and weights: the same seed gives the same bytes
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

/// Arguments of `couplet train`.
#[derive(Debug, Args)]
#[command(
    after_help = "Columns called `label` and `log_prob`, and columns without a name, are not features unless --columns\n\
    names them. Data are text of any delimiter, with or without a header, .npy, .npz, any of them gzipped, or Parquet\n\
    where couplet was built with it.\n\n\
    Ctrl-C stops training and keeps the best weights so far. With --resume the same command goes on, also after a power\n\
    failure, and ends with the bytes of a training that was never stopped; until then MODEL.safetensors.checkpoint is there.\n\n\
    Example: couplet train pump.csv --columns current,pressure,vibration --hidden 24 -o pump.safetensors"
)]
pub struct Train {
    /// Rows of readings, with or without a header; several files with the same columns may be given
    #[arg(value_name = "DATA.csv", required = true)]
    pub data: Vec<PathBuf>,
    /// The model file to write, over nothing but a model [default: the data's name with
    /// .safetensors]
    #[arg(short, long, value_name = "MODEL.safetensors")]
    pub output: Option<PathBuf>,
    /// The shape of the flow.
    #[command(flatten)]
    pub shape: Shape,
    /// Optimiser steps [default: ten epochs, from 4000 to 40000]
    #[arg(long, conflicts_with = "epochs")]
    pub steps: Option<usize>,
    /// How often to go through the training rows, instead of --steps
    #[arg(long)]
    pub epochs: Option<usize>,
    /// Rows in a step
    #[arg(long, value_name = "ROWS", default_value_t = 256)]
    pub batch: usize,
    /// The highest learning rate, reached after a warm-up and then lowered to zero
    #[arg(long, default_value_t = 3e-3)]
    pub lr: f64,
    /// Noise added to each batch against overfitting, in standard deviations [default: 600 / rows,
    /// at most 0.3; of any two rows 200 / rows, at most 0.4; of two features 2.5 / sqrt(rows), at
    /// most 0.1]
    #[arg(long, value_name = "LEVEL")]
    pub noise: Option<f64>,
    /// Noise is a part of the difference of the two rows nearest to a row among so many random
    /// ones [default: 16; 2, which is any two, of two features, of fewer than 16 rows for each
    /// feature, and of more than 10,000 rows]
    #[arg(long, value_name = "ROWS")]
    pub noise_among: Option<usize>,
    /// The part of the rows that gets noise of three standard deviations, so that what is far out
    /// is not impossible [default: of two features 1 / rows, of more 0]
    #[arg(long, value_name = "PART")]
    pub outliers: Option<f64>,
    /// How to standardise the features
    #[arg(long, value_enum, value_name = "HOW", default_value = "mean")]
    pub standardize: Standardization,
    /// For splits, batches, initial weights and dequantisation: the same seed gives the same bytes
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Threads to work with; the bytes of the model do not depend on it [default: one for each
    /// processor]
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
    /// The part of the rows held out to choose the best weights by
    #[arg(long, value_name = "PART", default_value_t = 0.1, alias = "val-fraction")]
    pub validation_fraction: f64,
    /// A file of held-out rows, instead of a part of the data; may be given several times
    #[arg(long, value_name = "DATA.csv", conflicts_with = "validation_fraction")]
    pub validation: Vec<PathBuf>,
    /// The part of the rows that is neither trained on nor chooses weights; their nats are printed
    /// at the end
    #[arg(long, value_name = "PART", default_value_t = 0.0)]
    pub test_fraction: f64,
    /// How rows are held out [default: in blocks where rows depend on the rows before them, which
    /// is measured; else at random]
    #[arg(long, value_enum, value_name = "HOW")]
    pub split: Option<Kind>,
    /// The column that says which rows belong together, such as a device, a day or a run: a group
    /// is held out as a whole; never a feature
    #[arg(long, value_name = "COLUMN", conflicts_with = "split")]
    pub group: Option<String>,
    /// The part of the steps in which the learning rate rises from zero
    #[arg(long, value_name = "PART", default_value_t = 0.05)]
    pub warm_up: f64,
    /// How the learning rate falls after that
    #[arg(long, value_enum, value_name = "HOW", default_value = "cosine")]
    pub schedule: Schedule,
    /// How much of the weights' running average a step keeps; the average is what is looked at and
    /// kept, 0 is the last weights
    #[arg(long, value_name = "PART", default_value_t = 0.99)]
    pub averaging: f64,
    /// The greatest length of a gradient, to which longer ones are shortened
    #[arg(long, value_name = "LENGTH", default_value_t = 5.0)]
    pub clip: f64,
    /// How much of itself each weight loses in a step, times the learning rate [default: 0, and
    /// anew with 2, 4 or 8 where the flow memorises the rows]
    #[arg(long, value_name = "PART")]
    pub weight_decay: Option<f64>,
    /// Start with biases of zero instead of kinks near the data, to measure what that is worth
    #[arg(long, hide = true)]
    pub zero_biases: bool,
    /// Stop after this many looks at the held-out rows, of 50 in a whole training, without a
    /// better one [default: never]
    #[arg(long, value_name = "LOOKS")]
    pub patience: Option<usize>,
    /// Go on with a training that was stopped, from its checkpoint beside the model file
    #[arg(long)]
    pub resume: bool,
    /// Seconds from one checkpoint to the next, for tests; 0 for one before each step
    #[arg(long, value_name = "SECONDS", hide = true)]
    pub checkpoint_every: Option<u64>,
    /// How to read the data.
    #[command(flatten)]
    pub reading: Reading,
}

/// Arguments of `couplet check`.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("weights").required(true).args(["model", "arch"])))]
#[command(
    after_help = "Compares every derivative with central differences in f64, layer by layer and for the whole loss.\n\
    Exit code 1 when a bound is broken.\n\n\
    Example: couplet check --arch 7 --flow nice --hidden 33,17 --activation tanh"
)]
pub struct Check {
    /// The model to verify
    #[arg(value_name = "MODEL.safetensors")]
    pub model: Option<PathBuf>,
    /// Verify random weights for this many features instead, in the shape of the flags below
    #[arg(long, value_name = "FEATURES")]
    pub arch: Option<usize>,
    /// The shape of the flow for --arch.
    #[command(flatten)]
    pub shape: Shape,
    /// For the points, and the random weights of --arch
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Give the analytic gradient of this tensor the wrong sign, to see the check fail
    #[arg(long, value_name = "TENSOR")]
    pub plant: Option<String>,
    /// Print every check, not only the worst of each kind
    #[arg(short, long)]
    pub verbose: bool,
}

/// Arguments of `couplet eval`.
#[derive(Debug, Args)]
#[command(
    after_help = "Prints the mean negative log-likelihood in nats and the least likely row; with a column log_prob,\n\
    also the rows' true entropy and the gap to it. The nats are held-out ones only if the rows are:\n\
    rows that the model was trained on look better than new ones.\n\n\
    Example: couplet eval pump.safetensors later-readings.csv"
)]
pub struct Eval {
    /// The model
    #[arg(value_name = "MODEL.safetensors")]
    pub model: PathBuf,
    /// Rows, best such as the model has not seen; a column `log_prob` is their true log-density
    #[arg(value_name = "DATA.csv")]
    pub data: PathBuf,
    /// The rows that the model was trained on: fits mixtures of Gaussians of at most the model's
    /// bytes to them, to compare
    #[arg(long, value_name = "TRAINING.csv")]
    pub baseline: Option<PathBuf>,
    /// How to read the data.
    #[command(flatten)]
    pub reading: Reading,
}

/// Arguments of `couplet score`.
#[derive(Debug, Args)]
#[command(
    after_help = "log_prob is in nats; a reading the device would call impossible has -inf. Each number reads back to the\n\
    device's bits.\n\n\
    Example: couplet score pump.safetensors readings.csv -o scores.csv --latents"
)]
pub struct Score {
    /// The model
    #[arg(value_name = "MODEL.safetensors")]
    pub model: PathBuf,
    /// Rows of readings
    #[arg(value_name = "DATA.csv")]
    pub data: PathBuf,
    /// The file to write: a column log_prob
    #[arg(short, long, value_name = "OUT.csv")]
    pub output: PathBuf,
    /// Write the latents too, columns z_FEATURE, and log_det
    #[arg(long)]
    pub latents: bool,
    /// How to read the data.
    #[command(flatten)]
    pub reading: Reading,
}

/// Arguments of `couplet sample`.
#[derive(Debug, Args)]
#[command(after_help = "Samples are in the units of the readings the model was trained on.\n\n\
    Example: couplet sample pump.safetensors -n 1000 --seed 7 -o samples.csv")]
pub struct Sample {
    /// The model
    #[arg(value_name = "MODEL.safetensors")]
    pub model: PathBuf,
    /// How many samples
    #[arg(short = 'n', value_name = "N")]
    pub count: usize,
    /// The seed of Xoshiro128PlusPlus
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// The file to write
    #[arg(short, long, value_name = "OUT.csv")]
    pub output: PathBuf,
}

/// Arguments of `couplet export`.
#[derive(Debug, Args)]
#[command(
    after_help = "The file says how many bytes the model takes of flash, and of working arrays on the stack: frames\n\
    come on top. A file that couplet did not write stays.\n\n\
    Example: couplet export pump.safetensors -o src/pump.rs --name PUMP"
)]
pub struct Export {
    /// The model
    #[arg(value_name = "MODEL.safetensors")]
    pub model: PathBuf,
    /// The Rust source to write
    #[arg(short, long, value_name = "MODEL.rs")]
    pub output: PathBuf,
    /// The name of the static
    #[arg(long, default_value = "MODEL")]
    pub name: String,
    /// Replace a file that couplet did not write
    #[arg(long)]
    pub force: bool,
}

/// Arguments of `couplet info`.
#[derive(Debug, Args)]
#[command(
    after_help = "Flash and stack are in bytes, multiply-accumulates are for one log_prob. Without --target the\n\
    stack is that of the working arrays: frames come on top, and the whole is two to three times as\n\
    much. With --target code, stack and instructions are estimates, fitted to measurements; per cents\n\
    are bounds of the errors over eight other shapes with widths that are multiples of 8, and other\n\
    widths may be farther off. `couplet measure` measures.\n\n\
    Example: couplet info pump.safetensors --target cortex-m4f --clock 84MHz"
)]
pub struct Info {
    /// The model
    #[arg(value_name = "MODEL.safetensors")]
    pub model: PathBuf,
    /// Estimate what it costs on this core
    #[arg(long, value_enum, value_name = "CORE")]
    pub target: Option<Target>,
    /// Estimate how long it takes at this clock, as in 84MHz
    #[arg(long, value_name = "FREQUENCY", requires = "target")]
    pub clock: Option<Clock>,
}

/// Arguments of `couplet measure`.
#[derive(Debug, Args)]
#[command(
    after_help = "Prints a table in Markdown. Weights are the exported static; code is what log_prob adds to a\n\
    program, and what all maps add, functions of the compiler included; stack is that of log_prob,\n\
    forward, inverse and sample; instructions are means over samples of the model. Needs the Rust\n\
    target of each core and QEMU.\n\n\
    Example: couplet measure pump.safetensors --target cortex-m4f,cortex-m0"
)]
pub struct Measure {
    /// The models
    #[arg(value_name = "MODEL.safetensors", required_unless_present = "table")]
    pub models: Vec<PathBuf>,
    /// The cores to run it on
    #[arg(
        long,
        value_enum,
        value_name = "CORES",
        value_delimiter = ',',
        default_value = "cortex-m4f"
    )]
    pub target: Vec<Target>,
    /// How the compiler optimises
    #[arg(long, value_name = "LEVEL", default_value = "3", value_parser = ["0", "1", "2", "3", "s", "z"])]
    pub opt_level: String,
    /// Dense layers in assembly, on cores with floating point
    #[arg(long)]
    pub asm: bool,
    /// The folder examples/firmware of couplet's repository
    #[arg(long, value_name = "FOLDER", default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/firmware"), hide_default_value = true)]
    pub firmware: PathBuf,
    /// Instead of models, random ones of the shapes in this table, into which the figures are
    /// written
    #[arg(long, value_name = "TABLE.csv", conflicts_with_all = ["models", "target", "opt_level", "asm"])]
    pub table: Option<PathBuf>,
}

/// Arguments of `couplet toy`.
#[derive(Debug, Args)]
#[command(
    after_help = "log_prob is the true log-density in nats, so that eval can print the gap to it.\n\n\
    Example: couplet toy moons -n 20000 -o moons.csv"
)]
pub struct Toy {
    /// Which set
    #[arg(value_enum)]
    pub set: toy::Set,
    /// How many rows
    #[arg(short = 'n', value_name = "N", default_value_t = 1000)]
    pub count: usize,
    /// The same seed gives the same rows
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// The standard deviation of the noise
    #[arg(long, value_name = "SIGMA", default_value_t = 0.1)]
    pub noise: f64,
    /// The file to write: columns x, y, label, log_prob
    #[arg(short, long, value_name = "FILE.csv")]
    pub output: PathBuf,
}

/// Arguments of `couplet bench`.
#[derive(Debug, Args)]
#[command(
    after_help = "Prints a table in Markdown: for each set the mean over the seeds and the worst seed, what is to be\n\
    reached, and what other libraries reach on the same rows. Test rows take no part in training or choosing.\n\
    A file that is missing is named, and its line left out.\n\n\
    Example: couplet bench data --only moons10 --seeds 1"
)]
pub struct Bench {
    /// The folder with the sets: known/, toy/, adbench/, miniboone/, wine/, tep/
    #[arg(value_name = "FOLDER", default_value = ".")]
    pub data: PathBuf,
    /// Trainings of each set, with the seeds 1, 2, ...
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub seeds: u64,
    /// Only the sets whose name begins so
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub only: Option<Vec<String>>,
    /// What held-out nats are worth where rows repeat or depend on the rows before them: generated
    /// sets, a new one for each seed, which need no folder
    #[arg(long, conflicts_with = "ablation")]
    pub streams: bool,
    /// What each part of training is worth: trains with it changed, and measures on rows that are
    /// no test rows
    #[arg(long)]
    pub ablation: bool,
    /// Another line for that table: flags of `couplet train`
    #[arg(long, value_name = "FLAGS", requires = "ablation", allow_hyphen_values = true)]
    pub with: Vec<String>,
}
