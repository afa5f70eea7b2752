use super::Written;
use crate::{
    cli::words::{cores, words},
    device::target::Target,
};
use clap::Args;
use std::path::PathBuf;

const AFTER_HELP: &str = "\
Prints a table in Markdown:

  weights        bytes of the exported static
  code           bytes that log_prob adds to a program / that all maps add, with the compiler's
                 functions
  stack          bytes in log_prob / forward / inverse / sample
  instructions   mean over samples of the model

Needs QEMU and the Rust target of each core, and for C the GCC of each core.

Example: couplet measure pump.safetensors --target cortex-m4f,cortex-m0";

/// Where the repository has its firmware.
const FIRMWARE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/firmware");

/// Arguments of `couplet measure`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct MeasureArgs {
    /// Models to measure
    #[arg(value_name = "MODEL.safetensors", required_unless_present = "table")]
    pub models: Vec<PathBuf>,
    /// Cores to measure on
    #[arg(
        long,
        value_parser = cores(),
        value_name = "CORES",
        value_delimiter = ',',
        default_value = "cortex-m4f"
    )]
    pub target: Vec<Target>,
    /// Optimisation level of the compiler
    #[arg(
        long,
        value_name = "LEVEL",
        default_value = "3",
        value_parser = ["0", "1", "2", "3", "s", "z"]
    )]
    pub opt_level: String,
    /// Compute dense layers by assembly, on cores with floating point
    #[arg(long)]
    pub asm: bool,
    /// The language that models are exported as
    #[arg(
        long,
        value_name = "LANGUAGE",
        default_value = "rust",
        value_parser = words::<Written>(),
        conflicts_with = "asm"
    )]
    pub language: Written,
    /// Print one JSON object instead, for other programs
    #[arg(long)]
    pub json: bool,
    /// Folder examples/firmware of couplet's repository
    #[arg(long, value_name = "FOLDER", default_value = FIRMWARE, hide_default_value = true)]
    pub firmware: PathBuf,
    /// Measure random models of the shapes in this table instead, and write the results into it
    #[arg(
        long,
        value_name = "TABLE.csv",
        conflicts_with_all = ["models", "target", "opt_level", "asm", "language"]
    )]
    pub table: Option<PathBuf>,
}
