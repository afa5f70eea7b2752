//! `couplet`: trains, verifies and exports normalizing flows for microcontrollers.

use clap::Parser;
use couplet_tools::cli::{args::Cli, commands, hint};
use std::process::ExitCode;

fn main() -> ExitCode {
    commands::run(&Cli::parse().command).unwrap_or_else(|error| {
        eprintln!("error: {}", hint::line(&error));
        ExitCode::FAILURE
    })
}
