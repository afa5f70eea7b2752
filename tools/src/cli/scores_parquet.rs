//! Scores as Parquet.

use super::scores::{Cell, Column, Kind, Scores};
use anyhow::{Context, Result, bail};
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

/// The cells of a column in one row group.
#[derive(Debug)]
enum Cells {
    Counts(Vec<i64>),
    Numbers(Vec<f32>),
    Texts(Vec<ByteArray>),
}

/// A Parquet file: counts as INT64, numbers as FLOAT, texts as UTF-8. It waits in a temporary file,
/// because its writer needs a file.
pub struct Parquet<W: Write> {
    sink: W,
    writer: SerializedFileWriter<File>,
    columns: Vec<Cells>,
    /// Rows of the row group so far.
    rows: usize,
}

impl<W: Write> Parquet<W> {
    /// Holds no rows yet.
    ///
    /// # Errors
    ///
    /// There is no place for a temporary file.
    pub fn new(sink: W, columns: &[Column]) -> Result<Self> {
        let field = |Column { name, kind }: &Column| {
            let (physical, converted) = match kind {
                Kind::Count => (Physical::INT64, ConvertedType::NONE),
                Kind::Number => (Physical::FLOAT, ConvertedType::NONE),
                Kind::Text => (Physical::BYTE_ARRAY, ConvertedType::UTF8),
            };
            let field = Type::primitive_type_builder(name, physical)
                .with_repetition(Repetition::REQUIRED)
                .with_converted_type(converted);
            Ok(Arc::new(field.build()?))
        };
        let fields = columns.iter().map(field).collect::<Result<_>>()?;
        let schema = Type::group_type_builder("scores").with_fields(fields).build()?;
        let file = tempfile::tempfile().context("cannot write a temporary file")?;
        let writer = SerializedFileWriter::new(file, Arc::new(schema), Arc::default())?;
        let empty = |column: &Column| match column.kind {
            Kind::Count => Cells::Counts(Vec::new()),
            Kind::Number => Cells::Numbers(Vec::new()),
            Kind::Text => Cells::Texts(Vec::new()),
        };
        Ok(Parquet { sink, writer, columns: columns.iter().map(empty).collect(), rows: 0 })
    }

    /// Writes the rows so far as a row group.
    fn write_group(&mut self) -> Result<()> {
        let mut group = self.writer.next_row_group()?;
        for cells in &mut self.columns {
            match cells {
                Cells::Counts(values) => write::<Int64Type>(&mut group, values)?,
                Cells::Numbers(values) => write::<FloatType>(&mut group, values)?,
                Cells::Texts(values) => write::<ByteArrayType>(&mut group, values)?,
            }
        }
        group.close()?;
        self.rows = 0;
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
    fn row(&mut self, cells: &[Cell<'_>]) -> Result<()> {
        for (column, cell) in self.columns.iter_mut().zip(cells) {
            match (column, cell) {
                (Cells::Counts(values), Cell::Count(count)) => values.push(*count as i64),
                (Cells::Numbers(values), Cell::Number(number)) => values.push(*number),
                (Cells::Texts(values), Cell::Text(text)) => values.push((*text).into()),
                (column, cell) => bail!("a cell {cell:?} in a column of {column:?}"),
            }
        }
        self.rows += 1;
        if self.rows == ROWS { self.write_group() } else { Ok(()) }
    }

    fn end(mut self: Box<Self>) -> Result<()> {
        if self.rows > 0 {
            self.write_group()?;
        }
        let mut file = self.writer.into_inner().context("cannot write a temporary file")?;
        file.rewind().context("cannot read a temporary file")?;
        io::copy(&mut file, &mut self.sink)?;
        Ok(())
    }
}
