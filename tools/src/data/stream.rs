use super::{
    Columns, Missing, Reading,
    columns::{Selection, find},
    open::open,
    row::{Cell, Row},
    source::{Header, RowSource},
    table::number,
};
use anyhow::{Result, bail, ensure};
use std::{fmt, ops::RangeInclusive, path::Path};

/// How many numbers a chunk holds, and at most how many rows.
const NUMBERS: usize = 1 << 18;
const ROWS: RangeInclusive<usize> = 64..=1 << 14;

/// The rows of a file for a model, read a chunk at a time: a file of any number of rows takes the
/// memory of one chunk. Rows that lack a value are read as the device reads them.
pub struct Stream {
    name: String,
    source: Box<dyn RowSource>,
    header: Header,
    features: Vec<usize>,
    kept: Vec<usize>,
    drop_missing: bool,
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Rows that follow each other in a file.
#[derive(Clone, Debug, Default)]
pub struct Chunk {
    /// The rows one after another, D numbers each; a missing value is NaN.
    pub rows: Vec<f32>,
    /// The number of each row in its file, from 1.
    pub numbers: Vec<usize>,
    /// The columns that are carried along, as the file has them, row by row.
    pub kept: Vec<String>,
}

impl Stream {
    /// Opens a file for a model with these features. `keep` are the columns to carry along, by name
    /// or by index.
    ///
    /// # Errors
    ///
    /// As [`super::Table::read`], or a column to keep is not there.
    pub fn open(
        path: &Path,
        reading: &Reading,
        features: &[String],
        keep: &[String],
    ) -> Result<Self> {
        let name = path.display().to_string();
        let source = open(path, reading)?;
        let header = source.header().clone();
        let in_file = |error: anyhow::Error| error.context(name.clone());
        let kept: Vec<usize> = keep
            .iter()
            .map(|column| find(&header, column))
            .collect::<Result<_>>()
            .map_err(in_file)?;
        let mut reading = reading.clone();
        if !header.named && reading.columns.is_none() {
            // Without names, every column that is not left out is a feature.
            let kept = kept.iter().map(ToString::to_string);
            reading.exclude = Some(reading.exclude.into_iter().flatten().chain(kept).collect());
        }
        let selection =
            Selection::new(&header, &reading, Columns::Model(features)).map_err(in_file)?;
        let (features, drop_missing) = (selection.features, reading.drop_missing);
        Ok(Stream { name, source, header, features, kept, drop_missing })
    }

    /// The names of the columns that are carried along.
    pub fn kept(&self) -> Vec<String> {
        self.kept.iter().map(|&column| self.header.names[column].clone()).collect()
    }

    /// Passes the rows to `take`, in order. Returns how many were dropped, if any were.
    ///
    /// # Errors
    ///
    /// A cell that is no number, the file cannot be read or has no rows, or what `take` returns.
    pub fn read(self, mut take: impl FnMut(&mut Chunk) -> Result<()>) -> Result<Option<Missing>> {
        let Stream { name, source, header, features, kept, drop_missing } = self;
        let capacity = (NUMBERS / features.len()).clamp(*ROWS.start(), *ROWS.end());
        let mut chunk = Chunk::default();
        let mut lacking = vec![0; header.names.len()];
        let (mut read, mut dropped) = (0, 0);
        source.read(&mut |place, row| {
            read += 1;
            if drop_missing && lacks(row, &features, &mut lacking) {
                dropped += 1;
                return Ok(());
            }
            for &column in &features {
                chunk.rows.push(reading(&row.cell(column)).map_err(|problem| {
                    let (unit, column) = (header.unit, &header.names[column]);
                    problem.context(format!("{name}, {unit} {place}, column {column}"))
                })?);
            }
            chunk.numbers.push(read);
            chunk.kept.extend(kept.iter().map(|&column| row.cell(column).to_string()));
            if chunk.numbers.len() == capacity {
                take(&mut chunk)?;
                chunk.rows.clear();
                chunk.numbers.clear();
                chunk.kept.clear();
            }
            Ok(())
        })?;
        ensure!(read > 0, "{name} has a header but no rows");
        if !chunk.numbers.is_empty() {
            take(&mut chunk)?;
        }
        Ok((dropped > 0).then(|| Missing::new(dropped, read, &header.names, &lacking)))
    }
}

/// Whether a row lacks a value, counted column by column.
fn lacks(row: &Row<'_>, features: &[usize], lacking: &mut [usize]) -> bool {
    let mut lacks = false;
    for &column in features.iter().filter(|&&column| row.cell(column).is_missing()) {
        lacking[column] += 1;
        lacks = true;
    }
    lacks
}

/// The number that the device would read; NaN where there is none.
fn reading(cell: &Cell<'_>) -> Result<f32> {
    match cell.number() {
        Some((number, _)) => Ok(number),
        None if cell.is_missing() => Ok(f32::NAN),
        None => match number(cell) {
            Err(problem) => Err(problem),
            Ok(_) => bail!("`{cell}` is not a number"),
        },
    }
}
