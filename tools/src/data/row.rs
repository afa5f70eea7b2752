use super::{notation::Notation, records::Cells};
use crate::hint::{Hint, Hinted};
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
    /// Text without the white space around it, and how numbers are written.
    Text(Cow<'a, str>, Notation),
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
    /// Empties the cells that are one of these words.
    pub fn empty(mut self, words: &[String]) -> Self {
        for column in 0..self.borrow().len() {
            if words.iter().any(|word| self.borrow().cell(column).is(word)) {
                match &mut self {
                    OwnedRow::Text(cells) => cells.empty(column),
                    OwnedRow::Numbers(cells) => cells[column] = f64::NAN,
                    #[cfg(feature = "parquet")]
                    OwnedRow::Mixed(cells) => cells[column] = Cell::Number(f64::NAN),
                }
            }
        }
        self
    }

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
const MISSING: [&str; 31] = [
    "",
    "?",
    "-",
    "--",
    "---",
    ".",
    "..",
    "*",
    "NA",
    "N/A",
    "N.A.",
    "n.a",
    "<NA>",
    "NaT",
    "null",
    "\\N",
    "none",
    "nil",
    "missing",
    "empty",
    "blank",
    "undefined",
    "1.#QNAN",
    "-1.#QNAN",
    "1.#IND",
    "-1.#IND",
    "1.#INF",
    "-1.#INF",
    "1.#SNAN",
    "nan(ind)",
    "-nan(ind)",
];

/// What spreadsheets write for a value that they cannot compute.
const SHEET_ERRORS: [&str; 8] =
    ["#N/A", "#DIV/0!", "#REF!", "#VALUE!", "#NUM!", "#NAME?", "#NULL!", "#N/A N/A"];

/// Whether a line begins with an error of a spreadsheet, so that it is no comment.
pub fn begins_with_sheet_error(line: &[u8]) -> bool {
    SHEET_ERRORS.iter().any(|error| {
        let rest = line.trim_ascii_start().strip_prefix(error.as_bytes());
        rest.is_some_and(|rest| {
            !rest.first().is_some_and(|c| *c == b' ' || c.is_ascii_alphanumeric())
        })
    })
}

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
            Row::Text(cells) => {
                Cell::Text(String::from_utf8_lossy(cells.bytes(column)), cells.notation())
            }
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
            Cell::Text(text, notation) => Cell::Text(Cow::Owned(text.to_string()), *notation),
            Cell::Number(number) => Cell::Number(*number),
        }
    }

    /// The text, if the cell is one.
    pub fn text(&self) -> Option<&str> {
        match self {
            Cell::Text(text, _) => Some(text),
            Cell::Number(_) => None,
        }
    }

    /// Whether the cell is this word, or the same number.
    pub fn is(&self, word: &str) -> bool {
        let number = || word.parse::<f64>().ok();
        self.text() == Some(word)
            || self.number().is_some_and(|(_, cell)| number().is_some_and(|word| word == cell))
    }

    /// The number as the device would read it, and in full; `None` if the cell is not a number.
    pub fn number(&self) -> Option<(f32, f64)> {
        match self {
            Cell::Text(text, notation) => {
                let text = notation.plain(text)?;
                Some((text.parse().ok()?, text.parse().ok()?))
            }
            Cell::Number(number) => Some((*number as f32, *number)),
        }
    }

    /// Whether the value is missing: the cell is empty, is one of the words of [`MISSING`] or of
    /// [`SHEET_ERRORS`], or is not finite in f32.
    pub fn is_missing(&self) -> bool {
        match (self.number(), self) {
            (Some((single, _)), _) => !single.is_finite(),
            (None, Cell::Text(text, _)) => {
                let mut words = MISSING.iter().chain(&SHEET_ERRORS);
                words.any(|word| text.eq_ignore_ascii_case(word))
            }
            (None, Cell::Number(_)) => false,
        }
    }
}

impl fmt::Display for Cell<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cell::Text(text, _) => f.write_str(text),
            Cell::Number(number) => number.fmt(f),
        }
    }
}

/// The number in a cell of a column: as the device would read it, and in full.
pub fn number(cell: &Cell<'_>, column: &str) -> anyhow::Result<(f32, f64)> {
    let (problem, hint) = match cell.number() {
        Some(number) if number.0.is_finite() => return Ok(number),
        Some(_) => ("not a finite f32", Hint::DropMissing),
        None if cell.is_missing() => ("a missing value", Hint::DropMissing),
        None => match Notation::others(&cell.to_string()) {
            others if others.is_empty() => {
                let (column, word) = (column.to_string(), cell.to_string());
                ("not a number", Hint::CorrectCell { column, word })
            }
            others => ("not a number", Hint::Notation(others)),
        },
    };
    anyhow::bail!(Hinted::new(format!("`{cell}` is {problem}"), hint))
}
