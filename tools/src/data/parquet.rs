use super::{
    notation::Notation,
    row::{Cell, Row},
    source::{Header, RowSource, Take},
};
use anyhow::{Context, Result, ensure};
use parquet::{
    file::reader::{FileReader, SerializedFileReader},
    record::Field,
};
use std::{borrow::Cow, fs::File};

/// A Parquet file of plain columns.
pub struct Parquet {
    name: String,
    header: Header,
    reader: SerializedFileReader<File>,
}

impl Parquet {
    /// Reads the names of the columns.
    pub fn open(file: File, name: String) -> Result<Self> {
        let reader = SerializedFileReader::new(file)
            .with_context(|| format!("{name} is not a whole Parquet file"))?;
        let schema = reader.metadata().file_metadata().schema();
        let names: Vec<String> =
            schema.get_fields().iter().map(|field| field.name().to_string()).collect();
        ensure!(!names.is_empty(), "{name} has no columns");
        let header = Header { names, named: true, ..Header::numbered(0, "row") };
        Ok(Parquet { name, header, reader })
    }
}

impl RowSource for Parquet {
    fn header(&self) -> &Header {
        &self.header
    }

    fn read(self: Box<Self>, take: Take<'_>) -> Result<()> {
        let broken = || format!("cannot read the data {}", self.name);
        let mut cells = Vec::new();
        for (i, row) in self.reader.get_row_iter(None).with_context(broken)?.enumerate() {
            let row = row.with_context(broken)?;
            cells.clear();
            cells.extend(row.get_column_iter().map(|(_, field)| cell(field)));
            take(i + 1, &Row::Mixed(&cells))?;
        }
        Ok(())
    }
}

fn text(text: &str) -> Cell<'static> {
    Cell::Text(Cow::Owned(text.into()), Notation::default())
}

/// The cell of a field; null is an empty cell.
fn cell(field: &Field) -> Cell<'static> {
    let number = match field {
        Field::Null => return text(""),
        Field::Bool(value) => f64::from(u8::from(*value)),
        Field::Byte(value) => (*value).into(),
        Field::Short(value) => (*value).into(),
        Field::Int(value) => (*value).into(),
        Field::Long(value) => *value as f64,
        Field::UByte(value) => (*value).into(),
        Field::UShort(value) => (*value).into(),
        Field::UInt(value) => (*value).into(),
        Field::ULong(value) => *value as f64,
        Field::Float(value) => (*value).into(),
        Field::Double(value) => *value,
        Field::Str(value) => return text(value),
        other => return text(&other.to_string()),
    };
    Cell::Number(number)
}
