use super::{
    bench, calibrate, check, demo, eval, export, features, info, measure, plot, quantize, report,
    sample, score, toy, train, watch,
};
use crate::cli::args::Command;
use anyhow::Result;
use std::process::ExitCode;

/// Runs a command, and returns the exit code of the process.
///
/// # Errors
///
/// What is wrong, where, and what to do.
pub fn run(command: &Command) -> Result<ExitCode> {
    match command {
        Command::Train(args) => return train::train(args),
        Command::Demo(args) => demo::demo(args),
        Command::Features(args) => features::features(args),
        Command::Check(args) => check::check(args),
        Command::Quantize(args) => quantize::quantize(args),
        Command::Calibrate(args) => calibrate::calibrate(args),
        Command::Eval(args) => eval::eval(args),
        Command::Score(args) => score::score(args),
        Command::Watch(args) => watch::watch(args),
        Command::Report(args) => report::report(args),
        Command::Plot(args) => plot::plot(args),
        Command::Sample(args) => sample::sample(args),
        Command::Export(args) => export::export(args),
        Command::Info(args) => info::info(args),
        Command::Measure(args) => measure::measure(args),
        Command::Toy(args) => toy::toy(args),
        Command::Bench(args) => bench::bench(args),
    }?;
    Ok(ExitCode::SUCCESS)
}
