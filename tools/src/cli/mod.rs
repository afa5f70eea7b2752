//! The command line: arguments, commands, and what commands share.
//!
//! [`args`] says which flags there are, [`commands`] has a file for each command. The library below
//! knows no flags: [`recipe`] turns flags into its values, [`hint`] and [`words`] turn its errors
//! and choices into words of the command line.

pub mod args;
pub mod calibration;
pub mod checkpoint_file;
pub mod commands;
pub mod context;
pub mod exported;
pub mod given;
pub mod hint;
pub mod interrupt;
pub mod log;
pub mod output;
pub mod progress;
pub mod quantization;
pub mod recipe;
pub mod rows;
pub mod say;
pub mod scores;
#[cfg(feature = "parquet")]
mod scores_parquet;
pub mod split;
mod tried;
pub mod windows;
pub mod words;
