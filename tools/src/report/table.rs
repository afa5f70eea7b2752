//! Tables as lines of text: aligned by spaces, or in Markdown.

/// How a table is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Cells are aligned by spaces.
    Text,
    /// Cells are between bars, and a rule is below the head.
    Markdown,
}

/// The columns of a table. Rows are written one at a time, so that a long computation can show what
/// it has so far.
#[derive(Clone, Debug)]
pub struct Table {
    format: Format,
    columns: Vec<Column>,
}

#[derive(Clone, Debug)]
struct Column {
    title: String,
    align: Align,
    width: usize,
}

#[derive(Clone, Copy, Debug)]
enum Align {
    Left,
    Right,
}

impl Column {
    /// A cell, padded to the column's width.
    fn pad(&self, cell: &str) -> String {
        let width = self.width;
        match self.align {
            Align::Left => format!("{cell:<width$}"),
            Align::Right => format!("{cell:>width$}"),
        }
    }

    /// What Markdown has below the title: at least three dashes, and a colon where cells are
    /// aligned to the right.
    fn rule(&self) -> String {
        match self.align {
            Align::Left => "-".repeat(self.width.max(3)),
            Align::Right => "-".repeat(self.width.max(4) - 1) + ":",
        }
    }
}

impl Table {
    /// A table without columns.
    pub fn new(format: Format) -> Self {
        Table { format, columns: Vec::new() }
    }

    /// Adds a column whose cells are aligned to the left, at least `width` characters wide.
    pub fn left(self, title: impl Into<String>, width: usize) -> Self {
        self.with(title.into(), Align::Left, width)
    }

    /// Adds a column whose cells are aligned to the right, at least `width` characters wide.
    pub fn right(self, title: impl Into<String>, width: usize) -> Self {
        self.with(title.into(), Align::Right, width)
    }

    fn with(mut self, title: String, align: Align, width: usize) -> Self {
        self.columns.push(Column { title, align, width });
        self
    }

    /// The titles; in Markdown, with the rule on a second line.
    pub fn head(&self) -> String {
        let titles: Vec<&str> = self.columns.iter().map(|column| column.title.as_str()).collect();
        match self.format {
            Format::Text => self.row(&titles),
            Format::Markdown => {
                let rules: Vec<String> = self.columns.iter().map(Column::rule).collect();
                format!("{}\n{}", self.row(&titles), self.row(&rules))
            }
        }
    }

    /// A row, with one cell for each column.
    pub fn row(&self, cells: &[impl AsRef<str>]) -> String {
        let padded = self.columns.iter().zip(cells).map(|(column, cell)| column.pad(cell.as_ref()));
        let padded: Vec<String> = padded.collect();
        match self.format {
            Format::Text => padded.join(" "),
            Format::Markdown => format!("| {} |", padded.join(" | ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_aligned() {
        let table = Table::new(Format::Text).left("set", 6).right("nats", 5);
        assert_eq!(table.head(), "set     nats");
        assert_eq!(table.row(&["moons", "0.25"]), "moons   0.25");
        assert_eq!(table.row(&["spirals", "-0.3421"]), "spirals -0.3421");
    }

    #[test]
    fn markdown_has_a_rule_that_aligns() {
        let table = Table::new(Format::Markdown).left("set", 0).right("nats", 0);
        assert_eq!(table.head(), "| set | nats |\n| --- | ---: |");
        assert_eq!(table.row(&["moons", "0.25"]), "| moons | 0.25 |");
        let padded = Table::new(Format::Markdown).left("set", 5).right("nats", 6);
        assert_eq!(padded.head(), "| set   |   nats |\n| ----- | -----: |");
        assert_eq!(padded.row(&["moons", "0.25"]), "| moons |   0.25 |");
    }
}
