//! What is found of a model by the rows that a command is given.

use super::{
    args::{GivenArgs, ReadingArgs},
    progress::spinner,
    rows::{mention_labels, noise_of, read_raw},
};
use crate::{
    data::Table,
    evaluate::findings::{Findings, Given},
    model::Model,
};
use anyhow::{Context, Result, ensure};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// What is found of the model in a file. `chosen` names two features to compare.
///
/// # Errors
///
/// The file that cannot be read or used, and why.
pub fn found(path: &Path, args: &GivenArgs, chosen: Option<&[String]>) -> Result<Findings> {
    let model = Model::read(path)?;
    let chosen = chosen.map(|names| pair(&model, names)).transpose()?;
    if let (Some(train), Some(test)) = (&args.train, &args.test) {
        let same = |path: &Path| fs::canonicalize(path).ok();
        ensure!(
            same(train) != same(test),
            "--test {}: these are the training rows too; give rows that the model never saw",
            test.display()
        );
    }
    // A file of normal rows needs no labels. An index is kept: it tells which column is no feature.
    let label = args.reading.label.clone().filter(|label| label.parse::<usize>().is_ok());
    let of_training = ReadingArgs { label, ..args.reading.clone() };
    let noise = noise_of(&args.reading, &model.flow.description)?;
    let with_noise =
        |rows: &mut Vec<f32>| noise.clone().into_iter().for_each(|mut it| it.add(rows));
    let read = |path: &Path, reading: &ReadingArgs| -> Result<Table> {
        let table = read_raw(path, reading, &model.flow.description, &None)?;
        ensure!(!table.is_empty(), "{} has no rows", path.display());
        Ok(table)
    };
    let mut training = args.train.as_ref().map(|path| read(path, &of_training)).transpose()?;
    training.iter_mut().for_each(|table| with_noise(&mut table.rows));
    let test = args.test.as_ref().map(|path| read(path, &args.reading)).transpose()?;
    if let (Some(table), Some(path)) = (&test, &args.test) {
        mention_labels(table, path, "all rows count as normal");
    }
    let spinner = spinner("looking at the model".into());
    let noisy = test.as_ref().filter(|_| noise.is_some()).map(|table| {
        let mut rows = table.rows.clone();
        with_noise(&mut rows);
        rows
    });
    let given = Given { training: training.as_ref(), test: test.as_ref(), noisy: noisy.as_deref() };
    let name = path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy();
    let found = Findings::of(&name, &model, given, chosen)
        .with_context(|| args.test.as_ref().unwrap_or(&path.into()).display().to_string());
    spinner.finish_and_clear();
    found
}

/// The files that a command reads.
pub fn inputs<'a>(model: &'a Path, args: &'a GivenArgs) -> Vec<&'a Path> {
    let rows = [&args.train, &args.test].into_iter().flatten().map(PathBuf::as_path);
    [model].into_iter().chain(rows).collect()
}

/// The indices of two features.
fn pair(model: &Model, names: &[String]) -> Result<[usize; 2]> {
    let features = &model.flow.description.features;
    let index = |name: &String| {
        let found = features.iter().position(|feature| feature == name);
        found.with_context(|| {
            format!("--pair: the model has no feature {name}, but {}", features.join(", "))
        })
    };
    let [first, second] = names else {
        anyhow::bail!("--pair: give two names with a comma between them");
    };
    let (first, second) = (index(first)?, index(second)?);
    ensure!(first != second, "--pair: give two features that differ");
    Ok([first.min(second), first.max(second)])
}
