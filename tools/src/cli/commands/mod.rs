//! What each command does, one file each.

mod ablation;
mod alarms;
mod bench;
mod calibrate;
mod check;
mod demo;
mod eval;
mod export;
mod features;
mod info;
mod measure;
mod plot;
mod quantize;
mod report;
mod run;
mod sample;
mod score;
mod streams;
mod toy;
mod train;
mod vibration;
mod watch;

pub use run::run;
