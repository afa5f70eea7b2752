//! `couplet`: trains, verifies and exports normalizing flows for microcontrollers.

use clap::Parser;
use couplet_tools::cli::args::Cli;
use std::process::ExitCode;

fn main() -> ExitCode {
    match Cli::parse().command.run() {
        Ok(code) => code,
        Err(error) => {
            // One line, whatever a file or its columns are called.
            eprintln!("error: {}", format!("{error:#}").replace(['\n', '\r'], " "));
            ExitCode::FAILURE
        }
    }
}
