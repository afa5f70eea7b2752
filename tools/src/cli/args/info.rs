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
two to three times as much. With --target, code, stack and instructions are estimates. Default
shapes and presets of 2 to {} features, with a normal base, were measured. For {} other shapes, of any width, on six
cores, instructions were within {} % and code within {} %; stack was never larger than estimated,
and at most {} % smaller.
`couplet measure` measures.

Example: couplet info pump.safetensors --target cortex-m4f --clock 84MHz",
        Estimate::MOST_MEASURED_FEATURES,
        Estimate::UNSEEN_SHAPES,
        Estimate::INSTRUCTIONS_PERCENT,
        Estimate::CODE_PERCENT,
        Estimate::STACK_PERCENT
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
