use super::{AlarmArgs, ReadingArgs, ShapeArgs};
use crate::{
    cli::words::words,
    data::{Standardization, split::Kind},
    train::Schedule,
};
use clap::Args;
use std::path::PathBuf;

const AFTER_HELP: &str = "\
Default noise, where rows are training rows:

  features    rows                         --noise-among  --noise
  2           any                          2              2.5 / sqrt(rows), at most 0.1
  3 or more   fewer than 16 per feature    2              200 / rows, at most 0.4
  3 or more   up to 10,000                 16             600 / rows, at most 0.3
  3 or more   more than 10,000             2              200 / rows

With 3 features or more, --noise-among 2 has the noise of 200 / rows, larger values that of
600 / rows.

Columns called `label` and `log_prob`, columns that number the rows, and time stamps are features
only if --columns or --include names them. The data file is text with any delimiter, with or without
a header, or .npy or .npz; each may be gzipped. Parquet is read if couplet was built with it.

Ctrl-C stops training and keeps the best weights so far. The same command with --resume continues,
also after a power failure, and ends with the same bytes as a training that was never stopped. Until
then the checkpoint is kept in MODEL.safetensors.checkpoint.

Example: couplet train pump.csv --columns current,pressure,vibration --hidden 24";

/// Arguments of `couplet train`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct TrainArgs {
    /// Rows of readings, with or without a header; several files with the same columns may be given
    #[arg(value_name = "DATA.csv", required = true)]
    pub data: Vec<PathBuf>,
    /// Model file to write; replaces nothing but a model [default: the first data file's name
    /// with .safetensors]
    #[arg(short, long, value_name = "MODEL.safetensors")]
    pub output: Option<PathBuf>,
    /// Optimiser steps of a single run, instead of the runs that held-out rows choose among
    /// [default for each run: 10 epochs, at least 4000 steps and at most 40000]
    #[arg(long, conflicts_with = "epochs")]
    pub steps: Option<usize>,
    /// Passes over the training rows, instead of --steps: a single run too
    #[arg(long)]
    pub epochs: Option<usize>,
    /// Multiply-adds that all runs together may take: training goes on as long as held-out rows
    /// gain by it [default: 4 times those of one run of the default flow, or of this one if it is
    /// larger]
    #[arg(
        long,
        value_name = "N",
        conflicts_with_all = ["steps", "epochs"],
        allow_negative_numbers = true
    )]
    pub budget: Option<f64>,
    /// Minutes that training may take, about; they become a --budget, which is printed and repeats
    /// the training anywhere
    #[arg(
        long,
        value_name = "M",
        conflicts_with_all = ["steps", "epochs", "budget", "resume"],
        allow_negative_numbers = true
    )]
    pub minutes: Option<f64>,
    /// Rows in the batch of a step
    #[arg(long, value_name = "ROWS", default_value_t = 256)]
    pub batch: usize,
    /// Largest learning rate, reached at the end of the warm-up [default: 0.024 / sqrt(widest hidden
    /// layer), at most 0.01]
    #[arg(long)]
    pub lr: Option<f64>,
    /// Noise added to each batch against overfitting, in standard deviations of the features
    /// [default: that of the table below or none, as held-out rows choose]
    #[arg(long, value_name = "LEVEL")]
    pub noise: Option<f64>,
    /// Noise moves a row along the difference of two rows: the two nearest to it among this many
    /// random ones; 2 takes any two [default: see the table below]
    #[arg(long, value_name = "ROWS")]
    pub noise_among: Option<usize>,
    /// Fraction of the rows that become outliers, by noise of 3 standard deviations, so that the
    /// flow keeps some probability far from the rows [default: 1 / independent rows, at most 1 / 18
    /// with up to 2 features and 0.01 with more]
    #[arg(long, value_name = "FRACTION")]
    pub outliers: Option<f64>,
    /// How to standardize the features
    #[arg(
        long,
        value_parser = words::<Standardization>(),
        value_name = "HOW",
        default_value = "mean"
    )]
    pub standardize: Standardization,
    /// Seed of splits, batches, first weights and dequantization; the same seed gives the same
    /// bytes
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Number of threads; the bytes of the model do not depend on it [default: one for each
    /// processor]
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
    /// Fraction of the rows that is held out for validation; validation chooses the best weights
    #[arg(long, value_name = "FRACTION", default_value_t = 0.1, alias = "val-fraction")]
    pub validation_fraction: f64,
    /// Validation rows of your own, instead of a fraction of the data; may be repeated
    #[arg(long, value_name = "DATA.csv", conflicts_with = "validation_fraction")]
    pub validation: Vec<PathBuf>,
    /// Fraction of the rows that is held out for a test; test rows choose nothing, and their nats
    /// are printed at the end
    #[arg(long, value_name = "FRACTION", default_value_t = 0.0)]
    pub test_fraction: f64,
    /// Turn the conditioners into integers at the end, as `couplet quantize` does; a calibration is of
    /// the integers
    #[arg(long)]
    pub quantize: bool,
    /// Fraction of the rows that is held out for the calibration: the training then ends with what
    /// `couplet calibrate` does. Of rows that depend on each other it is the end of each file
    #[arg(long, value_name = "FRACTION", default_value_t = 0.0)]
    pub calibration_fraction: f64,
    /// How to hold rows out [default: blocks where rows depend on the rows before them, which is
    /// measured, else random]
    #[arg(long, value_parser = words::<Kind>(), value_name = "HOW")]
    pub split: Option<Kind>,
    /// Column that says which rows belong together, such as those of a device, a day or a run, by
    /// name or by index: the rows of a group stay on one side of the split. It is never a feature
    #[arg(long, value_name = "COLUMN", conflicts_with = "split")]
    pub group: Option<String>,
    /// Columns that the flow is given, by name or by index: the state of operation, such as load,
    /// speed, recipe or mode. The model is then p(features | context). A column of words, or of at
    /// most 8 different whole numbers, has levels
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    pub context: Vec<String>,
    /// Columns of --context that are numbers although they have few values
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',', requires = "context")]
    pub context_numbers: Vec<String>,
    /// Fraction of the steps in which the learning rate rises from zero
    #[arg(long, value_name = "FRACTION", default_value_t = 0.05)]
    pub warm_up: f64,
    /// Learning rate after the warm-up
    #[arg(
        long,
        value_parser = words::<Schedule>(),
        value_name = "HOW",
        default_value = "cosine"
    )]
    pub schedule: Schedule,
    /// Fraction of the weights' running average that a step keeps; the average is validated and
    /// saved. 0 turns averaging off
    #[arg(long, value_name = "FRACTION", default_value_t = 0.99)]
    pub averaging: f64,
    /// Largest norm of a gradient; a longer gradient is clipped to it
    #[arg(long, value_name = "NORM", default_value_t = 5.0)]
    pub clip: f64,
    /// Weight decay: a step shrinks each weight by this fraction times the learning rate [default:
    /// 0; training restarts with 2, 4 or 8 if the flow overfits]
    #[arg(long, value_name = "FRACTION")]
    pub weight_decay: Option<f64>,
    /// Start with biases of zero instead of kinks near the data, to measure what that is worth
    #[arg(long, hide = true)]
    pub zero_biases: bool,
    /// Stop after this many validations in a row without a better one; a whole training has 50
    /// [default: never]
    #[arg(long, value_name = "VALIDATIONS")]
    pub patience: Option<usize>,
    /// Continue a stopped training from its checkpoint beside the model file
    #[arg(long)]
    pub resume: bool,
    /// File to write a JSON object a line to, one for each look at the held-out rows; `-` is
    /// standard output
    #[arg(long, value_name = "FILE.jsonl")]
    pub log: Option<PathBuf>,
    /// Print one JSON object at the end instead of a line, for other programs
    #[arg(long)]
    pub json: bool,
    /// Seconds from one checkpoint to the next, for tests; 0 writes one before each step
    #[arg(long, value_name = "SECONDS", hide = true)]
    pub checkpoint_every: Option<u64>,
    /// The flow to train. A heading holds for all flags below it, so its flags come late.
    #[command(flatten)]
    pub shape: ShapeArgs,
    /// What is asked of the alarm, with --calibration-fraction.
    #[command(flatten)]
    pub alarm: AlarmArgs,
    /// How to read the data.
    #[command(flatten)]
    pub reading: ReadingArgs,
}
