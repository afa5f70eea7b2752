//! The contexts that a command is given.

use crate::{
    data::{Columns, Reading, Table, context_inputs},
    model::{Description, Model},
};
use anyhow::{Context, Result, anyhow, bail, ensure};
use std::path::Path;

/// The inputs of a context from `column=value` for each of the model's columns.
///
/// # Errors
///
/// A column that the model does not have, or that is missing or there twice; a value that is no
/// number, or no level that training saw.
pub fn parse(description: &Description, given: &[String]) -> Result<Vec<f32>> {
    let columns = &description.context;
    let names = || columns.iter().map(|it| it.name.as_str()).collect::<Vec<_>>().join(", ");
    ensure!(
        !columns.is_empty() || given.is_empty(),
        "--given: the model is not conditional, so it takes no context"
    );
    let pairs: Vec<(&str, &str)> = given
        .iter()
        .map(|pair| {
            let pair = pair.split_once('=').map(|(name, value)| (name.trim(), value.trim()));
            pair.with_context(|| format!("--given: give COLUMN=VALUE for each of {}", names()))
        })
        .collect::<Result<_>>()?;
    for (i, (name, _)) in pairs.iter().enumerate() {
        ensure!(
            columns.iter().any(|column| column.name == *name),
            "--given {name}: the context of the model is {}",
            names()
        );
        ensure!(
            !pairs[..i].iter().any(|(other, _)| other == name),
            "--given {name}: it is there twice"
        );
    }
    let mut inputs = Vec::new();
    for column in columns {
        let value = pairs.iter().find(|(name, _)| *name == column.name);
        let (_, value) = value.with_context(|| {
            format!(
                "--given: {}=VALUE is missing; the context of the model is {}",
                column.name,
                names()
            )
        })?;
        inputs.extend(context_inputs(column, value).map_err(|_| match &column.levels {
            None => anyhow!("--given {}={value}: give a number", column.name),
            Some(levels) => {
                anyhow!("--given {}={value}: give one of {}", column.name, levels.join(", "))
            }
        })?);
    }
    Ok(inputs)
}

/// The inputs of the contexts of a file, row by row.
///
/// # Errors
///
/// As [`Table::read`].
pub fn read(path: &Path, model: &Model) -> Result<Vec<f32>> {
    let columns = &model.flow.description.context;
    ensure!(
        !columns.is_empty(),
        "--contexts: the model is not conditional, so it takes no context"
    );
    let table = Table::read(path, &Reading::default(), Columns::Model(&[], columns))?;
    if let Some((row, column)) = table.unknown_level() {
        let (name, place) = (path.display(), table.places.describe(row));
        bail!("{name}, {place}: training never saw this level of the context {column}");
    }
    Ok(table.rows)
}

/// Warns of contexts that lie outside what training saw.
pub fn warn_of_unknown(model: &Model, contexts: &[f32]) {
    let flow = &model.flow;
    let c = flow.context.len().max(1);
    let unknown = contexts.chunks_exact(c).find(|context| !flow.context.is_known(context));
    if let Some(context) = unknown {
        let row = [&flow.standardize.mean[..], context].concat();
        eprintln!(
            "warning: {}: training never saw such a context, so the samples are a guess",
            flow.outside(&row).join(", ")
        );
    }
}
