use crate::{
    data::{
        Columns, Reading, Table,
        rounding::{self, dequantize},
    },
    model::Description,
};
use anyhow::{Context, Result, bail, ensure};
use indicatif::ProgressBar;
use std::{
    path::{Path, PathBuf},
    time::Duration,
};

/// The key of a model's metadata that keeps what its training rows were rounded to.
pub const STEPS: &str = "dequantize";

/// Of the noise on rows that a model is asked about, which depends on the rows alone.
const SEED: u64 = 1;

/// Reads rows behind a spinner, and says how many had to be dropped.
pub fn read(path: &Path, reading: &Reading, columns: Columns<'_>) -> Result<Table> {
    let spinner = ProgressBar::new_spinner().with_message(format!("reading {}", path.display()));
    spinner.enable_steady_tick(Duration::from_millis(100));
    let table = Table::read(path, reading, columns);
    spinner.finish_and_clear();
    if let Ok(Table { missing: Some(missing), .. }) = &table {
        eprintln!("{}: {missing}", path.display());
    }
    table
}

/// Reads the rows of several files, whose features are those of the first.
pub fn read_all(paths: &[PathBuf], reading: &Reading, columns: Columns<'_>) -> Result<Table> {
    let [first, others @ ..] = paths else { bail!("there is no file to read") };
    let mut table = read(first, reading, columns)?;
    for path in others {
        let other = read(path, reading, Columns::Model(&table.features.clone()))?;
        let names = [first, path].map(|path| path.display().to_string());
        table.append(names.each_ref().map(String::as_str), other);
    }
    Ok(table)
}

/// What to call the rows of several files.
pub fn names(paths: &[PathBuf]) -> String {
    let names: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    match &names[..] {
        [first, _, _, ..] => format!("{first} and {} other files", names.len() - 1),
        names => names.join(" and "),
    }
}

/// Reads rows for a model; with --dequantize, they get noise of the model's own steps, whatever
/// they look like themselves, so that their nats compare with those of its training.
pub fn read_for(path: &Path, reading: &Reading, description: &Description) -> Result<Table> {
    let steps = recorded_steps(description)?;
    ensure!(
        steps.is_some() || !reading.dequantize,
        "--dequantize: the model was trained without, so it has no steps to take the noise from; train it with --dequantize"
    );
    let mut table = read(path, reading, Columns::Model(&description.features))?;
    match steps {
        Some(steps) if reading.dequantize => dequantize(&mut table.rows, &steps, SEED),
        Some(steps) if steps.iter().any(|&step| step > 0.0) => {
            let steps = rounding::describe(&description.features, &steps);
            eprintln!(
                "the model was trained with noise on {steps}: give --dequantize for nats that compare with its training's"
            );
        }
        _ => (),
    }
    Ok(table)
}

/// The step of each feature that the model was trained with noise of, 0 where there was none.
pub fn recorded_steps(description: &Description) -> Result<Option<Vec<f64>>> {
    let Some(value) = description.extra.get(STEPS) else { return Ok(None) };
    let steps: Vec<f64> = serde_json::from_value(value.clone())
        .with_context(|| format!("the metadata `{STEPS}` is not a list of the features' steps"))?;
    let valid = steps.len() == description.dimension()
        && steps.iter().all(|step| step.is_finite() && *step >= 0.0);
    if !valid {
        bail!(
            "the metadata `{STEPS}` is not a step for each of the {} features",
            description.dimension()
        );
    }
    Ok(Some(steps))
}
