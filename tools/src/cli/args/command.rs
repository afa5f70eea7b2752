use super::{
    BenchArgs, CalibrateArgs, CheckArgs, DemoArgs, EvalArgs, ExportArgs, FeaturesArgs, InfoArgs,
    MeasureArgs, PlotArgs, QuantizeArgs, ReportArgs, SampleArgs, ScoreArgs, ToyArgs, TrainArgs,
    WatchArgs,
};
use clap::{Parser, Subcommand};

const AFTER_HELP: &str = "\
From a table of readings to firmware:

  couplet train readings.csv -o pump.safetensors
  couplet check pump.safetensors
  couplet calibrate pump.safetensors normal-readings.csv --false-alarms 1e-3
  couplet watch pump.safetensors stream.csv
  couplet eval pump.safetensors later-readings.csv
  couplet export pump.safetensors -o src/pump.rs --name PUMP

All log-densities are in nats (natural logarithms).";

/// Exact densities on microcontrollers: train a normalizing flow here, commit the exported Rust
/// source in your firmware
#[derive(Debug, Parser)]
#[command(name = "couplet", version, after_help = AFTER_HELP)]
pub struct Cli {
    /// The command to run
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Train NICE and RealNVP models on three toy data sets; verify, export and plot them
    Demo(DemoArgs),
    /// Write features of windows of a raw signal, with the device's bits
    Features(FeaturesArgs),
    /// Train a flow on the rows of a data file
    Train(Box<TrainArgs>),
    /// Verify a model's gradients, inverse and log_det
    Check(CheckArgs),
    /// Turn a model's conditioners into integers: a quarter of the flash, fast without floating point
    Quantize(QuantizeArgs),
    /// Find the threshold of the alarm by normal rows that the model never saw
    Calibrate(CalibrateArgs),
    /// Evaluate a model on rows, preferably unseen ones
    Eval(EvalArgs),
    /// Write the log_prob of each row, with the device's bits
    Score(ScoreArgs),
    /// Run the detector of a calibrated model over a stream of readings
    Watch(WatchArgs),
    /// Write one page that shows a model, its promise and its doubts
    Report(ReportArgs),
    /// Write one picture of the report
    Plot(PlotArgs),
    /// Write samples, with the bits that the device draws from the same seed
    Sample(SampleArgs),
    /// Write a model as Rust source for firmware
    Export(ExportArgs),
    /// Print a model's layers and its cost on a device
    Info(InfoArgs),
    /// Measure a model's cost on a device: build firmware and run it in QEMU
    Measure(MeasureArgs),
    /// Write a toy data set with the true log-density of each row, or a simulated vibration
    Toy(ToyArgs),
    /// Train on benchmark data sets and print the results beside other libraries'
    Bench(BenchArgs),
}
