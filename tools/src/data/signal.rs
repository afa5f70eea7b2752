use super::{
    Columns, Reading,
    columns::Selection,
    open::open,
    row::Row,
    sample::Sample,
    sampled::{self, Taker},
    source::{Header, RowSource},
    stream::reading as number,
};
use crate::hint::Hinted;
use anyhow::{Context, Result};
use std::{cell::RefCell, fmt, path::Path};

/// The samples of a raw signal, read one after another: a file of any length takes the same memory.
/// A missing sample is NaN.
pub struct Signal {
    name: String,
    source: Box<dyn RowSource>,
    header: Header,
    reading: Reading,
}

impl fmt::Debug for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signal").field("name", &self.name).finish_non_exhaustive()
    }
}

/// What is to be said of a signal that was read.
#[derive(Clone, Debug)]
pub struct Told {
    /// The names of the columns that are its channels.
    pub channels: Vec<String>,
    /// The names of the other columns.
    pub left_out: Vec<String>,
    /// What was recognised in the file, and how to choose otherwise.
    pub notes: Vec<Hinted>,
}

impl Signal {
    /// Opens a file.
    ///
    /// # Errors
    ///
    /// The file cannot be opened.
    pub fn open(path: &Path, reading: &Reading) -> Result<Self> {
        let source = open(path, reading)?;
        let (name, header) = (path.display().to_string(), source.header().clone());
        Ok(Signal { name, source, header, reading: reading.clone() })
    }

    /// The last comment above the rows of a text.
    pub fn comment(&self) -> Option<&str> {
        self.header.comment.as_deref()
    }

    /// The names of the columns of an array or a table that does not name them; `None` if it does.
    /// Labels are not among them.
    pub fn unnamed(&self) -> Option<Vec<String>> {
        let Header { names, named, label, .. } = &self.header;
        let is_label = |i: &usize| Some(*i) == *label;
        let unnamed = (0..names.len()).filter(|i| !is_label(i)).map(|i| names[i].clone());
        (!named).then(|| unnamed.collect())
    }

    /// Passes each sample of the channels to `take`, in order.
    ///
    /// # Errors
    ///
    /// As [`super::Stream::read`].
    pub fn read(
        self,
        columns: Columns<'_>,
        mut take: impl FnMut(&[f32]) -> Result<()>,
    ) -> Result<Told> {
        let Signal { name, source, header, reading } = self;
        let take = RefCell::new(&mut take);
        let make = |sample: &Sample| {
            let selection =
                Selection::new(&header, &reading, columns, sample).with_context(|| name.clone())?;
            let numbers = Vec::with_capacity(selection.features.len());
            Ok(Samples { name: &name, header: &header, selection, numbers, take: &take })
        };
        let Samples { selection, .. } = sampled::read_all(source, &reading.missing, make)?;
        let notes = [&header.notes[..], &selection.notes].concat();
        let named = |note: Hinted| Hinted { message: format!("{name}: {}", note.message), ..note };
        Ok(Told {
            left_out: selection.left_out(&header),
            channels: selection.names,
            notes: notes.into_iter().map(named).collect(),
        })
    }
}

/// Passes samples on.
struct Samples<'a, F> {
    name: &'a str,
    header: &'a Header,
    selection: Selection,
    numbers: Vec<f32>,
    take: &'a RefCell<F>,
}

impl<F: FnMut(&[f32]) -> Result<()>> Taker for Samples<'_, F> {
    fn take(&mut self, place: usize, row: &Row<'_>) -> Result<()> {
        self.numbers.clear();
        for &column in &self.selection.features {
            let name = &self.header.names[column];
            let x = number(&row.cell(column), name).map_err(|problem| {
                problem
                    .context(format!("{}, {} {place}, column {name}", self.name, self.header.unit))
            })?;
            self.numbers.push(x);
        }
        (self.take.borrow_mut())(&self.numbers)
    }
}
