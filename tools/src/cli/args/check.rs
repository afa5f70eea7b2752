use super::ShapeArgs;
use clap::{ArgGroup, Args};
use std::path::PathBuf;

const AFTER_HELP: &str = "\
Compares each derivative with central differences in f64, layer by layer and for the whole loss.
A bound is larger where rounding leaves a difference fewer digits; one above 1e-3 fails. Exit code 1
if an error exceeds its bound.

Example: couplet check --arch 7 --flow nice --hidden 33,17 --activation tanh";

/// Arguments of `couplet check`.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("weights").required(true).args(["model", "arch"])))]
#[command(after_help = AFTER_HELP)]
pub struct CheckArgs {
    /// Model to verify
    #[arg(value_name = "MODEL.safetensors")]
    pub model: Option<PathBuf>,
    /// Verify random weights for this many features instead; the flags under Flow shape them
    #[arg(long, value_name = "FEATURES")]
    pub arch: Option<usize>,
    /// Numbers of context that the flow of --arch is given
    #[arg(long, value_name = "CONTEXTS", default_value_t = 0, requires = "arch")]
    pub contexts: usize,
    /// Seed of the test points, and of the weights of --arch
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Flip the sign of this tensor's analytic gradient, to see the check fail
    #[arg(long, value_name = "TENSOR")]
    pub plant: Option<String>,
    /// Print all checks, not only the worst of each kind
    #[arg(short, long)]
    pub verbose: bool,
    /// Print one JSON object instead, for other programs
    #[arg(long)]
    pub json: bool,
    /// The flow of --arch. A heading holds for all flags below it, so its flags come last.
    #[command(flatten)]
    pub shape: ShapeArgs,
}
