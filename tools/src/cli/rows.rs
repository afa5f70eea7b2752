//! Reads rows for a command.

use super::{hint, progress::spinner, windows};
use crate::{
    cli::args::ReadingArgs,
    data::{Columns, Dequantization, NOT_FEATURES, Reading, Table},
    model::Description,
};
use anyhow::{Context, Result, bail, ensure};
use rand_core::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use std::path::{Path, PathBuf};

/// The seed of the noise on rows that a model is asked about: their noise depends on the rows
/// alone.
const SEED: u64 = 1;

/// Reads the rows of a file behind a spinner, and says how many were dropped.
///
/// # Errors
///
/// As [`Table::read`].
fn read(path: &Path, reading: &Reading, columns: Columns<'_>) -> Result<Table> {
    let spinner = spinner(format!("reading {}", path.display()));
    let table = Table::read(path, reading, columns);
    spinner.finish_and_clear();
    if let Ok(Table { missing: Some(missing), .. }) = &table {
        eprintln!("{}: {missing}", path.display());
    }
    table
}

/// Reads the rows of several files, which have the features of the first.
///
/// # Errors
///
/// As [`Table::read`]; or there is no file.
pub fn read_all(paths: &[PathBuf], reading: &Reading, columns: Columns<'_>) -> Result<Table> {
    let [first, others @ ..] = paths else { bail!("there is no file to read") };
    let mut table = read(first, reading, columns)?;
    for path in others {
        let (features, context) = (table.features.clone(), table.context.clone());
        let other = read(path, reading, Columns::Model(&features, &context))?;
        let [name, other_name] = [first, path].map(|path| path.display().to_string());
        windows::keep_equal(
            (&name, table.comment.as_deref()),
            (&other_name, other.comment.as_deref()),
        )?;
        table.append([&name, &other_name], other);
    }
    table.settle_context().with_context(|| names(paths))?;
    Ok(table)
}

/// The names of several files, in one line.
pub fn names(paths: &[PathBuf]) -> String {
    let names: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    match &names[..] {
        [first, _, _, ..] => format!("{first} and {} other files", names.len() - 1),
        names => names.join(" and "),
    }
}

/// The noise that rows for a model get, one chunk after another.
#[derive(Clone, Debug)]
pub struct Noise {
    steps: Dequantization,
    rng: Xoshiro256PlusPlus,
}

impl Noise {
    /// Adds it to the next rows.
    pub fn add(&mut self, rows: &mut [f32]) {
        self.steps.apply_next(rows, &mut self.rng);
    }
}

/// The noise that --dequantize asks for: of the steps that the model was trained with, whatever the
/// rows are rounded to themselves, so that their nats compare with those of its training.
///
/// # Errors
///
/// --dequantize, and the model was trained without.
pub fn noise_of(args: &ReadingArgs, description: &Description) -> Result<Option<Noise>> {
    let training = Dequantization::noted(description)?;
    ensure!(
        training.is_some() || !args.dequantize,
        "--dequantize: the model was trained without, so it has no steps to take the noise from; \
         train it with --dequantize"
    );
    if let Some(training) = &training
        && !args.dequantize
        && let Some(rounded) = training.describe(&description.features)
    {
        eprintln!(
            "the model was trained with noise on {rounded}: give --dequantize for nats that \
             compare with its training's"
        );
    }
    let rng = Xoshiro256PlusPlus::seed_from_u64(SEED);
    Ok(training.filter(|_| args.dequantize).map(|steps| Noise { steps, rng }))
}

/// Reads rows for a model, with the noise that --dequantize asks for.
///
/// # Errors
///
/// As [`Table::read`] and [`noise_of`].
pub fn read_for(path: &Path, args: &ReadingArgs, description: &Description) -> Result<Table> {
    let noise = noise_of(args, description)?;
    let mut table = read_raw(path, args, description, &None)?;
    noise.into_iter().for_each(|mut noise| noise.add(&mut table.rows));
    Ok(table)
}

/// Reads rows for a model as the device reads them, without noise; with the groups of a column, if
/// there is one.
///
/// # Errors
///
/// As [`Table::read`].
pub fn read_raw(
    path: &Path,
    args: &ReadingArgs,
    description: &Description,
    group: &Option<String>,
) -> Result<Table> {
    let reading = Reading { group: group.clone(), ..Reading::from(args) };
    let table = read(path, &reading, Columns::of(description))?;
    for note in &table.notes {
        eprintln!("{}", hint::words(note));
    }
    windows::warn(table.comment.as_deref(), &path.display().to_string(), description)?;
    Ok(table)
}

/// Says that there is a column of labels, which nobody asked for, and what is made of its rows.
pub fn mention_labels(rows: &Table, path: &Path, otherwise: &str) {
    let label = NOT_FEATURES[0];
    if rows.labels.is_none() && rows.left_out.iter().any(|name| name == label) {
        eprintln!(
            "{}: the column {label} is not used; give --label {label}, or {otherwise}",
            path.display()
        );
    }
}
