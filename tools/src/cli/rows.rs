//! Reads rows for a command.

use super::progress::spinner;
use crate::{
    cli::args::ReadingArgs,
    data::{Columns, Dequantization, Reading, Table},
    model::Description,
};
use anyhow::{Result, ensure};
use std::path::Path;

/// The seed of the noise on rows that a model is asked about: their noise depends on the rows
/// alone.
const SEED: u64 = 1;

/// Reads rows behind a spinner, and says how many were dropped.
///
/// # Errors
///
/// As [`Table::read`].
pub fn read(path: &Path, args: &ReadingArgs, columns: Columns<'_>) -> Result<Table> {
    let spinner = spinner(format!("reading {}", path.display()));
    let table = Table::read(path, &Reading::from(args), columns);
    spinner.finish_and_clear();
    if let Ok(Table { missing: Some(missing), .. }) = &table {
        eprintln!("{}: {missing}", path.display());
    }
    table
}

/// Reads rows for a model. With --dequantize they get noise of the steps that the model was trained
/// with, whatever they are rounded to themselves, so that their nats compare with those of its
/// training.
///
/// # Errors
///
/// As [`Table::read`]; or --dequantize, and the model was trained without.
pub fn read_for(path: &Path, args: &ReadingArgs, description: &Description) -> Result<Table> {
    let training = Dequantization::noted(description)?;
    ensure!(
        training.is_some() || !args.dequantize,
        "--dequantize: the model was trained without, so it has no steps to take the noise from; \
         train it with --dequantize"
    );
    let mut table = read(path, args, Columns::Model(&description.features))?;
    if let Some(training) = training {
        if args.dequantize {
            training.apply(&mut table.rows, SEED);
        } else if let Some(rounded) = training.describe(&description.features) {
            eprintln!(
                "the model was trained with noise on {rounded}: give --dequantize for nats that \
                 compare with its training's"
            );
        }
    }
    Ok(table)
}
