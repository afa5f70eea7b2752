use super::{
    Columns, Missing, Reading,
    columns::{Selection, find},
    context::push,
    open::open,
    row::{Cell, Row, number},
    sample::Sample,
    sampled::{self, Taker},
    source::{Header, RowSource},
};
use crate::{
    hint::Hinted,
    model::{ContextColumn, Description},
};
use anyhow::{Context, Result, ensure};
use std::{cell::RefCell, fmt, ops::RangeInclusive, path::Path};

/// How many numbers a chunk holds, and at most how many rows.
const NUMBERS: usize = 1 << 18;
const ROWS: RangeInclusive<usize> = 64..=1 << 14;

/// The rows of a file for a model, read a chunk at a time: a file of any number of rows takes the
/// memory of one chunk. Rows that lack a value are read as the device reads them.
pub struct Stream<'a> {
    name: String,
    source: Box<dyn RowSource>,
    header: Header,
    reading: Reading,
    description: &'a Description,
    kept: Vec<usize>,
    /// The most rows of a chunk.
    most: usize,
}

impl fmt::Debug for Stream<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Rows that follow each other in a file.
#[derive(Clone, Debug, Default)]
pub struct Chunk {
    /// The rows one after another, D + C numbers each; a missing value is NaN, and so is a level of
    /// a context that training never saw.
    pub rows: Vec<f32>,
    /// The number of each row in its file, from 1.
    pub numbers: Vec<usize>,
    /// The columns that are carried along, as the file has them, row by row.
    pub kept: Vec<String>,
}

impl<'a> Stream<'a> {
    /// Opens a file for a model of this description. `keep` are the columns to carry along, by name
    /// or by index.
    ///
    /// # Errors
    ///
    /// The file cannot be opened, or a column to keep is not there.
    pub fn open(
        path: &Path,
        reading: &Reading,
        description: &'a Description,
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
        let reading = reading.clone();
        Ok(Stream { name, source, header, reading, description, kept, most: *ROWS.end() })
    }

    /// The last comment above the rows of a text.
    pub fn comment(&self) -> Option<&str> {
        self.header.comment.as_deref()
    }

    /// The names of the columns that are carried along.
    pub fn kept(&self) -> Vec<String> {
        self.kept.iter().map(|&column| self.header.names[column].clone()).collect()
    }

    /// Passes each row on when it arrives, once the first ones have told what the columns are.
    pub fn one_by_one(self) -> Self {
        Stream { most: 1, ..self }
    }

    /// Passes the rows to `take`, in order.
    ///
    /// # Errors
    ///
    /// As [`super::Table::read`], or what `take` returns.
    pub fn read(self, mut take: impl FnMut(&mut Chunk) -> Result<()>) -> Result<Passed> {
        let Stream { name, source, header, reading, description, kept, most } = self;
        let take = RefCell::new(&mut take);
        let make = |sample: &Sample| {
            let select = |reading: &Reading| {
                Selection::new(&header, reading, Columns::of(description), sample)
            };
            let selection = select(&reading)
                .or_else(|error| {
                    // Without names, columns that are carried along may be no features.
                    let exclude = reading.exclude.iter().flatten().cloned();
                    let kept = kept.iter().map(ToString::to_string);
                    let exclude = Some(exclude.chain(kept).collect());
                    let without = Reading { exclude, ..reading.clone() };
                    if header.named { Err(error) } else { select(&without).map_err(|_| error) }
                })
                .with_context(|| name.clone())?;
            let capacity =
                (NUMBERS / description.width()).clamp(*ROWS.start(), *ROWS.end()).min(most);
            let lacking = vec![0; header.names.len()];
            Ok(Chunks {
                name: &name,
                header: &header,
                context: &description.context,
                selection,
                kept: &kept,
                drop_missing: reading.drop_missing,
                capacity,
                chunk: Chunk::default(),
                lacking,
                read: 0,
                dropped: 0,
                take: &take,
            })
        };
        let mut chunks = sampled::read_all(source, &reading.missing, make)?;
        ensure!(chunks.read > 0, "{name} has a header but no rows");
        if !chunks.chunk.numbers.is_empty() {
            chunks.pass()?;
        }
        let Chunks { dropped, read, lacking, selection, .. } = chunks;
        let notes = [&header.notes[..], &selection.notes].concat();
        let named = |note: Hinted| Hinted { message: format!("{name}: {}", note.message), ..note };
        Ok(Passed {
            missing: (dropped > 0).then(|| Missing::new(dropped, read, &header.names, &lacking)),
            notes: notes.into_iter().map(named).collect(),
        })
    }
}

/// What is to be said of a file whose rows were passed on.
#[derive(Clone, Debug)]
pub struct Passed {
    /// How many rows were dropped for missing values, if any were.
    pub missing: Option<Missing>,
    /// What was recognised in the file, and how to choose otherwise.
    pub notes: Vec<Hinted>,
}

/// Gathers rows to chunks and passes these on.
struct Chunks<'a, F> {
    name: &'a str,
    header: &'a Header,
    context: &'a [ContextColumn],
    selection: Selection,
    kept: &'a [usize],
    drop_missing: bool,
    /// The number of rows of a whole chunk.
    capacity: usize,
    chunk: Chunk,
    /// The number of values that each column lacks in the rows that were dropped.
    lacking: Vec<usize>,
    read: usize,
    dropped: usize,
    take: &'a RefCell<F>,
}

impl<F: FnMut(&mut Chunk) -> Result<()>> Chunks<'_, F> {
    /// Passes the chunk on and begins the next.
    fn pass(&mut self) -> Result<()> {
        (self.take.borrow_mut())(&mut self.chunk)?;
        self.chunk.rows.clear();
        self.chunk.numbers.clear();
        self.chunk.kept.clear();
        Ok(())
    }
}

impl<F: FnMut(&mut Chunk) -> Result<()>> Taker for Chunks<'_, F> {
    fn take(&mut self, place: usize, row: &Row<'_>) -> Result<()> {
        self.read += 1;
        if self.drop_missing && lacks(row, self.selection.read(), &mut self.lacking) {
            self.dropped += 1;
            return Ok(());
        }
        for &column in &self.selection.features {
            let name = &self.header.names[column];
            let number = reading(&row.cell(column), name).map_err(|problem| {
                problem
                    .context(format!("{}, {} {place}, column {name}", self.name, self.header.unit))
            })?;
            self.chunk.rows.push(number);
        }
        for (column, &index) in self.context.iter().zip(&self.selection.contexts) {
            push(column, &row.cell(index), &mut self.chunk.rows).map_err(|problem| {
                let (unit, name) = (self.header.unit, &column.name);
                problem.context(format!("{}, {unit} {place}, column {name}", self.name))
            })?;
        }
        self.chunk.numbers.push(self.read);
        self.chunk.kept.extend(self.kept.iter().map(|&column| row.cell(column).to_string()));
        if self.chunk.numbers.len() == self.capacity { self.pass() } else { Ok(()) }
    }
}

/// Whether a row lacks a value, counted column by column.
fn lacks(row: &Row<'_>, columns: impl Iterator<Item = usize>, lacking: &mut [usize]) -> bool {
    let mut lacks = false;
    for column in columns.filter(|&column| row.cell(column).is_missing()) {
        lacking[column] += 1;
        lacks = true;
    }
    lacks
}

/// The number that the device would read; NaN where there is none.
pub(super) fn reading(cell: &Cell<'_>, column: &str) -> Result<f32> {
    match cell.number() {
        Some((number, _)) => Ok(number),
        None if cell.is_missing() => Ok(f32::NAN),
        None => number(cell, column).map(|(number, _)| number),
    }
}
