//! Rows of numbers from the files people have: delimited text, NumPy arrays, any of them compressed.

mod columns;
mod delimiter;
mod lines;
mod npy;
mod npz;
mod reading;
mod records;
mod row;
mod source;
mod text;

pub use columns::{Columns, NOT_FEATURES};
pub use delimiter::Delimiter;
pub use reading::Reading;

use anyhow::{Context, Result, ensure};
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
    /// Where each row begins in its file, from 1: the line of a text, the row of an array.
    pub lines: Vec<usize>,
    /// What `lines` counts, `line` or `row`.
    pub unit: &'static str,
    /// Each row's true log-density, where a model's rows have a column `log_prob` that is not a feature.
    pub log_prob: Option<Vec<f64>>,
    /// Whether each row is an anomaly, where there are labels: zero is normal, anything else is not.
    pub labels: Option<Vec<bool>>,
    /// Columns that were left out.
    pub left_out: Vec<String>,
}

impl Table {
    /// Reads a file, of a format that its content tells.
    ///
    /// # Errors
    ///
    /// One line that names the file and, where there is one, the line and the column of what is wrong.
    pub fn read(path: &Path, reading: &Reading, columns: Columns<'_>) -> Result<Self> {
        let name = path.display();
        let source = source::open(path, reading)?;
        let header = source.header().clone();
        let selection = Selection::new(&header, reading, columns).with_context(|| format!("{name}"))?;
        let mut table = Table {
            features: selection.names.clone(),
            rows: Vec::new(),
            lines: Vec::new(),
            unit: header.unit,
            log_prob: selection.log_prob.map(|_| Vec::new()),
            labels: selection.label.map(|_| Vec::new()),
            left_out: selection.left_out(&header),
        };
        source.read(&mut |line, row| {
            table.push(line, row, &selection).map_err(|(column, problem)| {
                problem.context(format!("{name}, {} {line}, column {}", header.unit, header.names[column]))
            })
        })?;
        ensure!(!table.rows.is_empty(), "{name} has a header but no rows");
        Ok(table)
    }

    /// Takes what is selected of a row; fails with the column of a cell that cannot be taken.
    fn push(&mut self, line: usize, row: &Row<'_>, selection: &Selection) -> Result<(), (usize, anyhow::Error)> {
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
        self.lines.push(line);
        Ok(())
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
    let hint = "drop the row or fill the cell";
    let number = cell.number().with_context(|| format!("`{cell}` is not a number; {hint}"))?;
    ensure!(!cell.is_missing(), "`{cell}` is not a finite f32; {hint}");
    Ok(number)
}
