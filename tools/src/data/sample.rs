use super::row::{OwnedRow, Row};

/// The most rows that a sample holds.
const ROWS: usize = 100;

/// The most cells that a sample holds, if it has a few rows.
const CELLS: usize = 1 << 16;

/// The fewest rows of a file that has as many.
const FEWEST: usize = 10;

/// The first rows of a file, which are kept until they have told what its columns are.
#[derive(Clone, Debug, Default)]
pub struct Sample {
    rows: Vec<(usize, OwnedRow)>,
    cells: usize,
}

impl Sample {
    /// Adds a row and its place.
    pub fn push(&mut self, place: usize, row: &Row<'_>) {
        self.cells += row.len();
        self.rows.push((place, row.owned()));
    }

    /// Whether the rows are enough to tell what the columns are.
    pub fn is_full(&self) -> bool {
        let count = self.rows.len();
        count >= ROWS || (count >= FEWEST && self.cells >= CELLS)
    }

    /// The rows in order, each with its place.
    pub fn rows(&self) -> impl Iterator<Item = (usize, Row<'_>)> {
        self.rows.iter().map(|(place, row)| (*place, row.borrow()))
    }
}
