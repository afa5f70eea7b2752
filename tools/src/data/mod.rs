//! Rows of numbers from the files people have: delimited text, NumPy arrays, any of them
//! compressed.

mod blocks;
mod columns;
mod copies;
mod delimiter;
mod dependence;
mod equal;
mod groups;
pub mod inspect;
mod lines;
mod missing;
mod npy;
mod npz;
#[cfg(feature = "parquet")]
mod parquet;
mod places;
mod reading;
mod records;
pub mod rounding;
mod row;
mod source;
pub mod split;
mod standardization;
pub mod statistics;
mod text;
pub mod toy;

pub use columns::{Columns, NOT_FEATURES};
pub use copies::refuse_copies;
pub use delimiter::Delimiter;
pub use dependence::Dependence;
pub use groups::Groups;
pub use missing::Missing;
pub use places::Places;
pub use reading::Reading;
pub use standardization::Standardization;

use anyhow::{Context, Result, bail, ensure};
use columns::Selection;
use row::{Cell, Row};
use std::path::Path;

/// The features of each row, as the device would read them.
#[derive(Clone, Debug)]
pub struct Table {
    /// The features' names.
    pub features: Vec<String>,
    /// Row by row.
    pub rows: Vec<f32>,
    /// Where each row begins in its file.
    pub places: Places,
    /// Each row's true log-density, where a model's rows have a column `log_prob` that is not a
    /// feature.
    pub log_prob: Option<Vec<f64>>,
    /// Whether each row is an anomaly, where there are labels: zero is normal, anything else is
    /// not.
    pub labels: Option<Vec<bool>>,
    /// The group of each row, where a column says it.
    pub groups: Option<Groups>,
    /// Columns that were left out.
    pub left_out: Vec<String>,
    /// Rows that were dropped, if any were.
    pub missing: Option<Missing>,
}

impl Table {
    /// Reads a file, of a format that its content tells.
    ///
    /// # Errors
    ///
    /// One line that names the file and, where there is one, the line and the column of what is
    /// wrong.
    pub fn read(path: &Path, reading: &Reading, columns: Columns<'_>) -> Result<Self> {
        let name = path.display();
        let source = source::open(path, reading)?;
        let header = source.header().clone();
        let selection =
            Selection::new(&header, reading, columns).with_context(|| format!("{name}"))?;
        let mut table = Table {
            features: selection.names.clone(),
            rows: Vec::new(),
            places: Places::new(header.unit),
            log_prob: selection.log_prob.map(|_| Vec::new()),
            labels: selection.label.map(|_| Vec::new()),
            groups: selection.group.map(|_| Groups::default()),
            left_out: selection.left_out(&header),
            missing: None,
        };
        let taken: Vec<usize> = selection.taken().collect();
        let mut lacking = vec![0; header.names.len()];
        let (mut dropped, mut read) = (0, 0);
        source.read(&mut |place, row| {
            read += 1;
            if reading.drop_missing {
                let before = dropped;
                for &column in taken.iter().filter(|&&column| row.cell(column).is_missing()) {
                    lacking[column] += 1;
                    dropped = before + 1;
                }
                if dropped > before {
                    return Ok(());
                }
            }
            table.push(place, row, &selection).map_err(|(column, problem)| {
                problem.context(format!(
                    "{name}, {} {place}, column {}",
                    header.unit, header.names[column]
                ))
            })
        })?;
        ensure!(read > 0, "{name} has a header but no rows");
        if dropped > 0 {
            let missing = Missing::new(dropped, read, &header.names, &lacking);
            let (column, values) = &missing.most;
            ensure!(
                dropped < read,
                "{name}: all {read} rows have missing values; column {column} lacks {values}, the most: leave it out by --exclude"
            );
            table.missing = Some(missing);
        }
        Ok(table)
    }

    /// Takes what is selected of a row; fails with the column of a cell that cannot be taken.
    fn push(
        &mut self,
        place: usize,
        row: &Row<'_>,
        selection: &Selection,
    ) -> Result<(), (usize, anyhow::Error)> {
        let number = |column: usize| number(&row.cell(column)).map_err(|problem| (column, problem));
        for &column in &selection.features {
            self.rows.push(number(column)?.0);
        }
        if let (Some(column), Some(log_prob)) = (selection.log_prob, &mut self.log_prob) {
            log_prob.push(number(column)?.1);
        }
        if let (Some(column), Some(labels)) = (selection.label, &mut self.labels) {
            labels.push(number(column)?.1 != 0.0);
        }
        if let (Some(column), Some(groups)) = (selection.group, &mut self.groups) {
            let cell = row.cell(column);
            if cell.is_missing() {
                let problem = format!("`{cell}` names no group: fill the cell, or drop the row");
                return Err((column, anyhow::Error::msg(problem)));
            }
            groups.push(&cell.to_string());
        }
        self.places.push(place);
        Ok(())
    }

    /// Appends the rows of another file with the same features; both are told apart by their names
    /// from then on.
    pub fn append(&mut self, [name, other_name]: [&str; 2], other: Table) {
        self.rows.extend(other.rows);
        self.places.append([name, other_name], other.places);
        self.log_prob = None;
        self.labels = self.labels.take().zip(other.labels).map(|(a, b)| [a, b].concat());
        if let (Some(groups), Some(others)) = (&mut self.groups, &other.groups) {
            groups.append(others);
        }
    }

    /// D.
    pub fn dimension(&self) -> usize {
        self.features.len()
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows.len() / self.dimension()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

/// A cell's number as the device would read it, and in full.
fn number(cell: &Cell<'_>) -> Result<(f32, f64)> {
    let way_out = "or drop such rows by --drop-missing";
    match cell.number() {
        Some(number) if number.0.is_finite() => Ok(number),
        Some(_) => bail!("`{cell}` is not a finite f32: fill the cell, {way_out}"),
        None if cell.is_missing() => bail!("`{cell}` is a missing value: fill the cell, {way_out}"),
        None if cell.to_string().replace(',', ".").parse::<f32>().is_ok() => {
            bail!("`{cell}` is not a number: write it with a decimal point")
        }
        None => bail!(
            "`{cell}` is not a number: drop the row, correct the cell, or leave the column out by --exclude"
        ),
    }
}

/// The first few of a list, and how many more there are.
fn first_of(words: &[String]) -> String {
    const SHOWN: usize = 6;
    let more = if words.len() > SHOWN {
        format!(" and {} more", words.len() - SHOWN)
    } else {
        String::new()
    };
    format!("{}{more}", words[..words.len().min(SHOWN)].join(", "))
}
