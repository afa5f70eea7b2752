use crate::{bench::vibration::Fault, cli::words::words, data::toy};
use clap::Args;
use std::path::PathBuf;

const AFTER_HELP: &str = "\
The column log_prob is the true log-density in nats; eval prints a model's gap to it.

`operation` has four readings of a machine and two columns of context, load and temperature: train on
it with --context load,temperature. log_prob is of the readings given these.

`vibration` is one column, for `couplet features --window 256`. It is a simulation: speed and load
change from window to window. Other seeds are other times of the same machine.

Example: couplet toy moons -n 20000 -o moons.csv";

/// What `couplet toy` draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drawn {
    /// Points of a plane.
    Points(toy::Set),
    /// Readings of a machine at a load and a temperature.
    Operation,
    /// A raw signal.
    Vibration,
}

/// Arguments of `couplet toy`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct ToyArgs {
    /// Data set to draw from
    #[arg(value_parser = words::<Drawn>())]
    pub set: Drawn,
    /// Rows in the context of another row, with label 1; only of operation
    #[arg(long, value_name = "FRACTION", default_value_t = 0.0)]
    pub swapped: f64,
    /// Number of rows; of vibration, number of windows of 256 samples
    #[arg(short = 'n', value_name = "N", default_value_t = 1000)]
    pub count: usize,
    /// Seed; the same seed gives the same rows
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Standard deviation of the noise, above 0; only of points of the plane [default: 0.1]
    #[arg(long, value_name = "SIGMA")]
    pub noise: Option<f64>,
    /// Fault of the machine; only of vibration [default: none]
    #[arg(long, value_name = "FAULT", value_parser = words::<Fault>())]
    pub fault: Option<Fault>,
    /// Windows before the fault begins
    #[arg(long, value_name = "WINDOWS", requires = "fault", default_value_t = 0)]
    pub after: usize,
    /// File to write, with the columns of the set, label and log_prob, or vibration; `-` is standard output
    #[arg(short, long, value_name = "FILE.csv", default_value = "-")]
    pub output: PathBuf,
}
