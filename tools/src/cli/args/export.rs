use clap::Args;
use std::path::PathBuf;

const AFTER_HELP: &str = "\
The file states how many bytes of flash the model takes, and how many bytes of stack its working
arrays take; stack frames come on top.

Example: couplet export pump.safetensors -o src/pump.rs --name PUMP";

/// Arguments of `couplet export`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct ExportArgs {
    /// Model to export
    #[arg(value_name = "MODEL.safetensors")]
    pub model: PathBuf,
    /// Rust source file to write; replaces nothing but an exported model
    #[arg(short, long, value_name = "MODEL.rs")]
    pub output: PathBuf,
    /// Name of the static
    #[arg(long, default_value = "MODEL")]
    pub name: String,
    /// Replace a file that couplet did not write
    #[arg(long)]
    pub force: bool,
}
