//! Scores as Parquet.

use super::scores::{Scored, Scores};
use anyhow::{Context, Result};
use parquet::{
    basic::{ConvertedType, Repetition, Type as Physical},
    data_type::{ByteArray, ByteArrayType, DataType, FloatType, Int64Type},
    file::writer::{SerializedFileWriter, SerializedRowGroupWriter},
    schema::types::Type,
};
use std::{
    fs::File,
    io::{self, Seek, Write},
    sync::Arc,
};

/// The number of rows of a row group.
const ROWS: usize = 1 << 16;

/// The columns of one row group.
#[derive(Debug, Default)]
struct Columns {
    rows: Vec<i64>,
    log_probs: Vec<f32>,
    kept: Vec<Vec<ByteArray>>,
    latents: Vec<Vec<f32>>,
}

/// A Parquet file: the row as INT64, log-densities, latents and log_det as FLOAT, what is carried
/// along as text. It waits in a temporary file, because its writer needs a file.
pub struct Parquet<W: Write> {
    sink: W,
    writer: SerializedFileWriter<File>,
    columns: Columns,
}

impl<W: Write> Parquet<W> {
    /// Holds no rows yet. `names` are those of the columns; behind the row and log_prob come `kept`
    /// columns of text.
    ///
    /// # Errors
    ///
    /// There is no place for a temporary file.
    pub fn new(sink: W, names: &[String], kept: usize) -> Result<Self> {
        let field = |(i, name): (usize, &String)| {
            let (physical, converted) = match i {
                0 => (Physical::INT64, ConvertedType::NONE),
                i if (2..2 + kept).contains(&i) => (Physical::BYTE_ARRAY, ConvertedType::UTF8),
                _ => (Physical::FLOAT, ConvertedType::NONE),
            };
            let field = Type::primitive_type_builder(name, physical)
                .with_repetition(Repetition::REQUIRED)
                .with_converted_type(converted);
            Ok(Arc::new(field.build()?))
        };
        let fields = names.iter().enumerate().map(field).collect::<Result<_>>()?;
        let schema = Type::group_type_builder("scores").with_fields(fields).build()?;
        let file = tempfile::tempfile().context("cannot write a temporary file")?;
        let writer = SerializedFileWriter::new(file, Arc::new(schema), Arc::default())?;
        let columns = Columns {
            kept: vec![Vec::new(); kept],
            latents: vec![Vec::new(); names.len() - 2 - kept],
            ..Columns::default()
        };
        Ok(Parquet { sink, writer, columns })
    }

    /// Writes the rows so far as a row group.
    fn write_group(&mut self) -> Result<()> {
        let Columns { rows, log_probs, kept, latents } = &mut self.columns;
        let mut group = self.writer.next_row_group()?;
        write::<Int64Type>(&mut group, rows)?;
        write::<FloatType>(&mut group, log_probs)?;
        kept.iter_mut().try_for_each(|column| write::<ByteArrayType>(&mut group, column))?;
        latents.iter_mut().try_for_each(|column| write::<FloatType>(&mut group, column))?;
        group.close()?;
        Ok(())
    }
}

/// Writes the next column of a row group, and empties it.
fn write<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, File>,
    values: &mut Vec<T::T>,
) -> Result<()> {
    let mut column = group.next_column()?.context("a row group has too few columns")?;
    column.typed::<T>().write_batch(values, None, None)?;
    values.clear();
    Ok(column.close()?)
}

impl<W: Write> Scores for Parquet<W> {
    fn row(&mut self, Scored { row, log_prob, kept, latents }: Scored<'_>) -> Result<()> {
        let columns = &mut self.columns;
        columns.rows.push(row as i64);
        columns.log_probs.push(log_prob);
        columns
            .kept
            .iter_mut()
            .zip(kept)
            .for_each(|(column, cell)| column.push(cell.as_str().into()));
        columns.latents.iter_mut().zip(latents).for_each(|(column, &z)| column.push(z));
        if columns.rows.len() == ROWS { self.write_group() } else { Ok(()) }
    }

    fn end(mut self: Box<Self>) -> Result<()> {
        if !self.columns.rows.is_empty() {
            self.write_group()?;
        }
        let mut file = self.writer.into_inner().context("cannot write a temporary file")?;
        file.rewind().context("cannot read a temporary file")?;
        io::copy(&mut file, &mut self.sink)?;
        Ok(())
    }
}
