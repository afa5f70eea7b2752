//! `couplet`: trains, verifies and exports normalizing flows for microcontrollers.

use clap::Parser;
use couplet_tools::cli::{args::Cli, hint};
use std::process::ExitCode;

fn main() -> ExitCode {
    match Cli::parse().command.run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {}", hint::line(&error));
            ExitCode::FAILURE
        }
    }
}
