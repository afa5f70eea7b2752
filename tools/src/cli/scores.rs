//! The files that `couplet score` writes, a row at a time.

use anyhow::{Context, Result};
use std::{
    fs::File,
    io::{self, BufWriter, Seek, Write},
};

/// What the cells of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Whole numbers from 0.
    Count,
    /// Numbers.
    Number,
    /// Text as the data have it.
    Text,
}

/// A column of scores.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// What its cells are.
    pub kind: Kind,
}

impl Column {
    /// A column of a name.
    pub fn new(name: impl Into<String>, kind: Kind) -> Self {
        Column { name: name.into(), kind }
    }
}

/// A cell, of the kind of its column.
#[derive(Clone, Copy, Debug)]
pub enum Cell<'a> {
    /// A whole number.
    Count(usize),
    /// A number.
    Number(f32),
    /// Text.
    Text(&'a str),
}

/// A format of scores.
pub trait Scores {
    /// Writes a row, one cell for each column; the first is the number of the row in its file.
    ///
    /// # Errors
    ///
    /// The row cannot be written, or the format cannot hold it.
    fn row(&mut self, cells: &[Cell<'_>]) -> Result<()>;

    /// Writes what comes behind the last row.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    fn end(self: Box<Self>) -> Result<()>;
}

/// Text with commas and a header.
#[derive(Debug)]
pub struct Text<W: Write>(csv::Writer<W>);

impl<W: Write> Text<W> {
    /// Writes the header.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub fn new(sink: W, columns: &[Column]) -> Result<Self> {
        let mut writer = csv::Writer::from_writer(sink);
        writer.write_record(columns.iter().map(|column| &column.name))?;
        Ok(Text(writer))
    }
}

impl<W: Write> Scores for Text<W> {
    fn row(&mut self, cells: &[Cell<'_>]) -> Result<()> {
        for cell in cells {
            match cell {
                Cell::Count(count) => self.0.write_field(count.to_string()),
                Cell::Number(number) => self.0.write_field(number.to_string()),
                Cell::Text(text) => self.0.write_field(text),
            }?;
        }
        Ok(self.0.write_record(None::<&[u8]>)?)
    }

    fn end(mut self: Box<Self>) -> Result<()> {
        Ok(self.0.flush()?)
    }
}

/// A NumPy array of f64, \[rows, columns\]. It waits in a temporary file until its number of rows is
/// known.
#[derive(Debug)]
pub struct Array<W: Write> {
    sink: W,
    columns: Vec<Column>,
    numbers: BufWriter<File>,
    rows: usize,
}

impl<W: Write> Array<W> {
    /// Holds no rows yet.
    ///
    /// # Errors
    ///
    /// There is no place for a temporary file.
    pub fn new(sink: W, columns: Vec<Column>) -> Result<Self> {
        let file = tempfile::tempfile().context("cannot write a temporary file")?;
        Ok(Array { sink, columns, numbers: BufWriter::new(file), rows: 0 })
    }
}

impl<W: Write> Scores for Array<W> {
    fn row(&mut self, cells: &[Cell<'_>]) -> Result<()> {
        for (cell, Column { name, .. }) in cells.iter().zip(&self.columns) {
            let number = match cell {
                Cell::Count(count) => *count as f64,
                Cell::Number(number) => f64::from(*number),
                Cell::Text(text) => text.parse().with_context(|| {
                    let row = self.rows + 1;
                    format!(
                        "row {row}, column {name}: `{text}` is not a number, and an array holds only \
                         numbers; write text"
                    )
                })?,
            };
            let written = self.numbers.write_all(&number.to_le_bytes());
            written.context("cannot write a temporary file")?;
        }
        self.rows += 1;
        Ok(())
    }

    fn end(mut self: Box<Self>) -> Result<()> {
        let mut file = self.numbers.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.rewind().context("cannot read a temporary file")?;
        self.sink.write_all(&header(self.rows, self.columns.len()))?;
        io::copy(&mut file, &mut self.sink)?;
        Ok(())
    }
}

/// The header of a .npy file of format 1.0: magic, length, and a dictionary padded to 64 bytes.
fn header(rows: usize, columns: usize) -> Vec<u8> {
    let dictionary =
        format!("{{'descr': '<f8', 'fortran_order': False, 'shape': ({rows}, {columns}), }}");
    let start = 10;
    let padded = (start + dictionary.len() + 1).next_multiple_of(64) - start;
    let mut header = b"\x93NUMPY\x01\x00".to_vec();
    header.extend((padded as u16).to_le_bytes());
    header.extend(format!("{dictionary:<width$}\n", width = padded - 1).bytes());
    header
}
