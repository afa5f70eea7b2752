use super::row::Row;
use crate::hint::Hinted;
use anyhow::Result;

/// What a file says of its columns before the first row.
#[derive(Clone, Debug)]
pub struct Header {
    /// The names of the columns; x0, x1, ... where the file has none.
    pub names: Vec<String>,
    /// Whether the file names its columns.
    pub named: bool,
    /// The column that the format sets apart for labels.
    pub label: Option<usize>,
    /// What counts the rows: `line` or `row`.
    pub unit: &'static str,
    /// The last comment above the rows of a text.
    pub comment: Option<String>,
    /// What was recognised as the names of columns, and how to choose otherwise.
    pub notes: Vec<Hinted>,
}

impl Header {
    /// The header of a file that does not name its columns.
    pub fn numbered(columns: usize, unit: &'static str) -> Self {
        Header {
            names: (0..columns).map(|i| format!("x{i}")).collect(),
            named: false,
            label: None,
            unit,
            comment: None,
            notes: Vec::new(),
        }
    }
}

/// A function that takes the place of a row in its file, from 1, and the row.
pub type Take<'a> = &'a mut dyn FnMut(usize, &Row<'_>) -> Result<()>;

/// A file of rows that is open and whose header has been read. There is one implementation for
/// each format.
pub trait RowSource {
    /// The columns.
    fn header(&self) -> &Header;

    /// Passes each row to `take`, in order.
    fn read(self: Box<Self>, take: Take<'_>) -> Result<()>;
}
