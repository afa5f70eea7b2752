use crate::{
    cli::words::cores,
    device::{clock::Clock, estimate::Estimate, target::Target},
};
use clap::Args;
use std::path::PathBuf;

fn after_help() -> String {
    format!(
        "\
Flash and stack are in bytes; multiply-accumulates are those of one log_prob.

Without --target, stack is that of the working arrays; stack frames come on top, and the whole is
two to three times as much. With --target, code, stack and instructions are estimates that were
fitted to measurements. They were within {} % for {} other shapes, of any width.
`couplet measure` measures.

Example: couplet info pump.safetensors --target cortex-m4f --clock 84MHz",
        Estimate::PERCENT,
        Estimate::UNSEEN_SHAPES
    )
}

/// Arguments of `couplet info`.
#[derive(Debug, Args)]
#[command(after_help = after_help())]
pub struct InfoArgs {
    /// Model to describe
    #[arg(value_name = "MODEL.safetensors")]
    pub model: PathBuf,
    /// Estimate the cost on this core
    #[arg(long, value_parser = cores(), value_name = "CORE")]
    pub target: Option<Target>,
    /// Estimate the time at this clock, for example 84MHz
    #[arg(long, value_name = "FREQUENCY", requires = "target")]
    pub clock: Option<Clock>,
    /// Print one JSON object instead, for other programs
    #[arg(long)]
    pub json: bool,
}
