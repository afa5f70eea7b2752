use super::GivenArgs;
use crate::{cli::words::words, report::picture::Subject};
use clap::Args;
use std::path::PathBuf;

const AFTER_HELP: &str = "\
Writes one picture of the report as SVG or PNG: the ending of the path says which. Both are in light
colours. A PNG is three times as large as on the page. The same input gives the same bytes.

Example: couplet plot pump.safetensors --picture log-probs --test later.csv -o log-probs.svg";

/// Arguments of `couplet plot`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct PlotArgs {
    /// Model to draw a picture of
    #[arg(value_name = "MODEL.safetensors")]
    pub model: PathBuf,
    /// What the picture shows
    #[arg(long, value_parser = words::<Subject>(), value_name = "NAME")]
    pub picture: Subject,
    /// The two features of `pairs` [default: the two that fit worst]
    #[arg(long, value_name = "X,Y", value_delimiter = ',', num_args = 1)]
    pub pair: Option<Vec<String>>,
    /// Picture to write: .svg or .png
    #[arg(short, long, value_name = "PICTURE")]
    pub output: PathBuf,
    /// The rows.
    #[command(flatten)]
    pub given: GivenArgs,
}
