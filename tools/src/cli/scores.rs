//! The files that `couplet score` writes, a row at a time.

use anyhow::{Context, Result};
use std::{
    fs::File,
    io::{self, BufWriter, Seek, Write},
};

/// A row of scores.
#[derive(Clone, Copy, Debug)]
pub struct Scored<'a> {
    /// The number of the row in its file, from 1.
    pub row: usize,
    /// Its log-density in nats.
    pub log_prob: f32,
    /// The columns that are carried along.
    pub kept: &'a [String],
    /// Its latents and its log_det, if they are asked for.
    pub latents: &'a [f32],
}

/// A format of scores.
pub trait Scores {
    /// Writes a row.
    ///
    /// # Errors
    ///
    /// The row cannot be written, or the format cannot hold it.
    fn row(&mut self, row: Scored<'_>) -> Result<()>;

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
    pub fn new(sink: W, names: &[String]) -> Result<Self> {
        let mut writer = csv::Writer::from_writer(sink);
        writer.write_record(names)?;
        Ok(Text(writer))
    }
}

impl<W: Write> Scores for Text<W> {
    fn row(&mut self, Scored { row, log_prob, kept, latents }: Scored<'_>) -> Result<()> {
        self.0.write_field(row.to_string())?;
        self.0.write_field(log_prob.to_string())?;
        kept.iter().try_for_each(|cell| self.0.write_field(cell))?;
        latents.iter().try_for_each(|z| self.0.write_field(z.to_string()))?;
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
    names: Vec<String>,
    numbers: BufWriter<File>,
    rows: usize,
}

impl<W: Write> Array<W> {
    /// Holds no rows yet; `names` are those of the columns.
    ///
    /// # Errors
    ///
    /// There is no place for a temporary file.
    pub fn new(sink: W, names: Vec<String>) -> Result<Self> {
        let file = tempfile::tempfile().context("cannot write a temporary file")?;
        Ok(Array { sink, names, numbers: BufWriter::new(file), rows: 0 })
    }
}

impl<W: Write> Scores for Array<W> {
    fn row(&mut self, Scored { row, log_prob, kept, latents }: Scored<'_>) -> Result<()> {
        let kept = kept.iter().zip(&self.names[2..]).map(|(cell, name)| {
            cell.parse::<f64>().with_context(|| {
                format!(
                    "row {row}, column {name}: `{cell}` is not a number, and an array holds only \
                 numbers; write text"
                )
            })
        });
        let first = [row as f64, f64::from(log_prob)].map(Ok);
        let latents = latents.iter().map(|&z| Ok(f64::from(z)));
        for number in first.into_iter().chain(kept).chain(latents) {
            self.numbers
                .write_all(&number?.to_le_bytes())
                .context("cannot write a temporary file")?;
        }
        self.rows += 1;
        Ok(())
    }

    fn end(mut self: Box<Self>) -> Result<()> {
        let mut file = self.numbers.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.rewind().context("cannot read a temporary file")?;
        self.sink.write_all(&header(self.rows, self.names.len()))?;
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
