//! The arguments: which commands there are, and the flags of each. Arguments know library types but
//! nothing of what a command does.

mod alarm;
mod bench;
mod calibrate;
mod check;
mod command;
mod demo;
mod eval;
mod export;
mod features;
mod given;
mod info;
mod measure;
mod plot;
mod quantize;
mod reading;
mod report;
mod sample;
mod score;
mod shape;
mod toy;
mod train;
mod watch;

pub use alarm::{AlarmArgs, Raised};
pub use bench::BenchArgs;
pub use calibrate::CalibrateArgs;
pub use check::CheckArgs;
pub use command::{Cli, Command};
pub use demo::DemoArgs;
pub use eval::EvalArgs;
pub use export::{ExportArgs, Written};
pub use features::FeaturesArgs;
pub use given::GivenArgs;
pub use info::InfoArgs;
pub use measure::MeasureArgs;
pub use plot::PlotArgs;
pub use quantize::QuantizeArgs;
pub use reading::ReadingArgs;
pub use report::ReportArgs;
pub use sample::SampleArgs;
pub use score::ScoreArgs;
pub use shape::ShapeArgs;
pub use toy::{Drawn, ToyArgs};
pub use train::TrainArgs;
pub use watch::WatchArgs;
