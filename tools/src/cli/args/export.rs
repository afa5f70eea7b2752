use crate::{cli::words::words, convert::c::Layout};
use clap::Args;
use std::path::PathBuf;

const AFTER_HELP: &str = "\
The file states how many bytes of flash the model takes, and how many bytes of stack its working
arrays take; stack frames come on top.

Example: couplet export pump.safetensors -o src/pump.rs --name PUMP
         couplet export pump.safetensors -o src/pump.h --name PUMP
         couplet export pump.safetensors -o libraries/pump --name PUMP --layout arduino";

/// The languages that a model is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// Rust.
    Rust,
    /// C.
    C,
}

/// Arguments of `couplet export`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct ExportArgs {
    /// Model to export
    #[arg(value_name = "MODEL.safetensors")]
    pub model: PathBuf,
    /// File to write, Rust as .rs, or C as .h or .c; replaces nothing but what was exported
    #[arg(short, long, value_name = "MODEL.rs|MODEL.h|MODEL.c")]
    pub output: PathBuf,
    /// Name of the static, and in C what all names begin with
    #[arg(long, default_value = "MODEL")]
    pub name: String,
    /// Language, for a file of another ending
    #[arg(long, value_name = "LANGUAGE", value_parser = words::<Written>())]
    pub language: Option<Written>,
    /// Write a library in C for a build system, as a folder of this name
    #[arg(long, value_name = "SYSTEM", value_parser = words::<Layout>(), conflicts_with = "language")]
    pub layout: Option<Layout>,
    /// Replace a file that couplet did not write
    #[arg(long)]
    pub force: bool,
}
