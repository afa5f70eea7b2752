use clap::Args;
use std::path::PathBuf;

const AFTER_HELP: &str = "\
Prints a table in Markdown: for each data set the mean over the seeds, the worst seed, the target,
and what other libraries reach on the same rows. Test rows are used neither to train nor to choose
anything. Where a file is missing, its line says so.

Example: couplet bench data --only moons10 --seeds 1";

/// Arguments of `couplet bench`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct BenchArgs {
    /// Folder with the data sets: known/, toy/, adbench/, miniboone/, wine/, tep/
    #[arg(value_name = "FOLDER", default_value = ".")]
    pub data: PathBuf,
    /// Trainings on each data set, with the seeds 1, 2, ...
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub seeds: u64,
    /// Only the data sets whose names start with one of these
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub only: Option<Vec<String>>,
    /// Print what held-out nats are worth where rows repeat or depend on the rows before them
    /// instead: generated sets, other ones for each seed, which need no folder
    #[arg(long, conflicts_with = "ablation")]
    pub streams: bool,
    /// Print what the promises of `couplet calibrate` are worth instead: rates of false alarms,
    /// limits, episodes, blame, and a simulated plant; --only chooses among these words
    #[arg(long, conflicts_with_all = ["ablation", "streams"])]
    pub alarms: bool,
    /// Print how well features of a simulated vibration tell six faults instead: generated windows,
    /// other ones for each seed, which need no folder
    #[arg(long, conflicts_with_all = ["ablation", "streams", "alarms", "only"])]
    pub vibration: bool,
    /// Print an ablation instead: train with one part of training changed at a time, evaluate on
    /// rows that are no test rows
    #[arg(long)]
    pub ablation: bool,
    /// More flags of `couplet train` for all trainings, after those of the data set
    #[arg(long, value_name = "FLAGS", default_value = "", allow_hyphen_values = true)]
    pub flags: String,
    /// Ablate these flags of `couplet train` instead of the usual changes; may be repeated
    #[arg(long, value_name = "FLAGS", requires = "ablation", allow_hyphen_values = true)]
    pub with: Vec<String>,
}
