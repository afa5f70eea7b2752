use super::records::Cells;
use std::{borrow::Cow, fmt};

/// A row as its file has it.
#[derive(Clone, Copy, Debug)]
pub enum Row<'a> {
    /// Cells of text.
    Text(&'a Cells),
    /// Numbers; NaN is a missing value.
    Numbers(&'a [f64]),
    /// Cells of text and numbers.
    #[cfg(feature = "parquet")]
    Mixed(&'a [Cell<'a>]),
}

/// A cell of a [`Row`]. It is displayed as the file has it.
#[derive(Clone, Debug)]
pub enum Cell<'a> {
    /// Text without the white space around it.
    Text(Cow<'a, str>),
    /// A number.
    Number(f64),
}

/// A row that outlives the reading of its file.
#[derive(Clone, Debug)]
pub enum OwnedRow {
    /// Cells of text.
    Text(Cells),
    /// Numbers.
    Numbers(Vec<f64>),
    /// Cells of text and numbers.
    #[cfg(feature = "parquet")]
    Mixed(Vec<Cell<'static>>),
}

impl OwnedRow {
    /// The row.
    pub fn borrow(&self) -> Row<'_> {
        match self {
            OwnedRow::Text(cells) => Row::Text(cells),
            OwnedRow::Numbers(cells) => Row::Numbers(cells),
            #[cfg(feature = "parquet")]
            OwnedRow::Mixed(cells) => Row::Mixed(cells),
        }
    }
}

/// The words for a missing value, in upper or lower case. NaN is not among them: it parses as a
/// number.
const MISSING: [&str; 8] = ["", "?", "-", "NA", "N/A", "<NA>", "null", "none"];

impl Row<'_> {
    /// A copy.
    pub fn owned(self) -> OwnedRow {
        match self {
            Row::Text(cells) => OwnedRow::Text(cells.clone()),
            Row::Numbers(cells) => OwnedRow::Numbers(cells.to_vec()),
            #[cfg(feature = "parquet")]
            Row::Mixed(cells) => OwnedRow::Mixed(cells.iter().map(Cell::owned).collect()),
        }
    }

    /// The number of cells.
    pub fn len(&self) -> usize {
        match self {
            Row::Text(cells) => cells.len(),
            Row::Numbers(cells) => cells.len(),
            #[cfg(feature = "parquet")]
            Row::Mixed(cells) => cells.len(),
        }
    }

    /// The cell of a column.
    pub fn cell(&self, column: usize) -> Cell<'_> {
        match self {
            Row::Text(cells) => Cell::Text(String::from_utf8_lossy(cells.bytes(column))),
            Row::Numbers(cells) => Cell::Number(cells[column]),
            #[cfg(feature = "parquet")]
            Row::Mixed(cells) => cells[column].clone(),
        }
    }
}

impl Cell<'_> {
    /// A copy that outlives the reading of its file.
    #[cfg(feature = "parquet")]
    fn owned(&self) -> Cell<'static> {
        match self {
            Cell::Text(text) => Cell::Text(Cow::Owned(text.to_string())),
            Cell::Number(number) => Cell::Number(*number),
        }
    }

    /// The text, if the cell is one.
    pub fn text(&self) -> Option<&str> {
        match self {
            Cell::Text(text) => Some(text),
            Cell::Number(_) => None,
        }
    }

    /// The number as the device would read it, and in full; `None` if the cell is not a number.
    pub fn number(&self) -> Option<(f32, f64)> {
        match self {
            Cell::Text(text) => Some((text.parse().ok()?, text.parse().ok()?)),
            Cell::Number(number) => Some((*number as f32, *number)),
        }
    }

    /// Whether the value is missing: the cell is empty, is one of the words of [`MISSING`], or is
    /// not finite in f32.
    pub fn is_missing(&self) -> bool {
        match self {
            Cell::Text(text) if MISSING.iter().any(|word| text.eq_ignore_ascii_case(word)) => true,
            _ => self.number().is_some_and(|(single, _)| !single.is_finite()),
        }
    }
}

impl fmt::Display for Cell<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cell::Text(text) => f.write_str(text),
            Cell::Number(number) => number.fmt(f),
        }
    }
}
