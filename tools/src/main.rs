//! `couplet`: trains, verifies and exports normalizing flows for microcontrollers.

use clap::Parser;
use couplet_tools::cli::Cli;
use std::process::ExitCode;

fn main() -> ExitCode {
    match Cli::parse().command.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
