use super::{
    Columns, Groups, Missing, Places, Reading, Table,
    columns::Selection,
    row::{Cell, Row},
    sample::Sample,
    source::Header,
    trend::Trend,
};
use crate::hint::{Hint, Hinted};
use anyhow::{Context, Result, anyhow, bail, ensure};

/// Fills a table row by row, once the first rows have told which columns to take.
pub struct Builder<'a> {
    /// The file's name in messages.
    name: String,
    header: Header,
    reading: &'a Reading,
    selection: Selection,
    /// Every column that is taken.
    taken: Vec<usize>,
    table: Table,
    read: usize,
    dropped: usize,
    /// The number of values that each column lacks in the rows that were dropped.
    lacking: Vec<usize>,
}

impl<'a> Builder<'a> {
    /// Selects the columns and takes the first rows.
    ///
    /// # Errors
    ///
    /// The columns cannot be selected, or a row cannot be taken.
    pub fn new(
        name: String,
        header: Header,
        reading: &'a Reading,
        columns: Columns<'_>,
        sample: &Sample,
    ) -> Result<Self> {
        let selection =
            Selection::new(&header, reading, columns, sample).with_context(|| name.clone())?;
        let table = Table {
            features: selection.names.clone(),
            rows: Vec::new(),
            places: Places::new(header.unit),
            log_prob: selection.log_prob.map(|_| Vec::new()),
            labels: selection.label.map(|_| Vec::new()),
            groups: selection.group.map(|_| Groups::default()),
            left_out: selection.left_out(&header),
            notes: [&header.notes[..], &selection.notes].concat(),
            trends: vec![Trend::default(); selection.names.len()],
            missing: None,
        };
        let taken = selection.taken().collect();
        let lacking = vec![0; header.names.len()];
        let mut builder = Builder {
            name,
            header,
            reading,
            selection,
            taken,
            table,
            read: 0,
            dropped: 0,
            lacking,
        };
        sample.rows().try_for_each(|(place, row)| builder.take(place, &row))?;
        Ok(builder)
    }

    /// Takes a row, or drops it if it lacks a value.
    ///
    /// # Errors
    ///
    /// The place and the column of a cell that cannot be taken.
    pub fn take(&mut self, place: usize, row: &Row<'_>) -> Result<()> {
        self.read += 1;
        if self.reading.drop_missing {
            let mut complete = true;
            for &column in self.taken.iter().filter(|&&column| row.cell(column).is_missing()) {
                self.lacking[column] += 1;
                complete = false;
            }
            if !complete {
                self.dropped += 1;
                return Ok(());
            }
        }
        self.push(place, row).map_err(|(column, problem)| {
            let (unit, column) = (self.header.unit, &self.header.names[column]);
            problem.context(format!("{}, {unit} {place}, column {column}", self.name))
        })
    }

    /// Takes the selected cells of a row. Fails with the column of a cell that cannot be taken.
    fn push(&mut self, place: usize, row: &Row<'_>) -> Result<(), (usize, anyhow::Error)> {
        let Builder { table, selection, .. } = self;
        let number = |column: usize| number(&row.cell(column)).map_err(|problem| (column, problem));
        for (&column, trend) in selection.features.iter().zip(&mut table.trends) {
            let (single, double) = number(column)?;
            table.rows.push(single);
            trend.push(double);
        }
        if let (Some(column), Some(log_prob)) = (selection.log_prob, &mut table.log_prob) {
            log_prob.push(number(column)?.1);
        }
        if let (Some(column), Some(labels)) = (selection.label, &mut table.labels) {
            labels.push(number(column)?.1 != 0.0);
        }
        if let (Some(column), Some(groups)) = (selection.group, &mut table.groups) {
            let cell = row.cell(column);
            if cell.is_missing() {
                let problem = anyhow!("`{cell}` names no group: fill the cell, or drop the row");
                return Err((column, problem));
            }
            groups.push(&cell.to_string());
        }
        table.places.push(place);
        Ok(())
    }

    /// The table, once all rows are taken.
    ///
    /// # Errors
    ///
    /// There are no rows, or all lack values.
    pub fn finish(self) -> Result<Table> {
        let Builder { name, header, mut table, read, dropped, lacking, .. } = self;
        ensure!(read > 0, "{name} has a header but no rows");
        if dropped > 0 {
            let missing = Missing::new(dropped, read, &header.names, &lacking);
            let Missing { column, values, .. } = &missing;
            ensure!(
                dropped < read,
                Hinted::new(
                    format!(
                        "{name}: all {read} rows have missing values; column {column} lacks \
                         {values}, the most"
                    ),
                    Hint::Exclude
                )
            );
            table.missing = Some(missing);
        }
        Ok(table)
    }
}

/// The number in a cell: as the device would read it, and in full.
fn number(cell: &Cell<'_>) -> Result<(f32, f64)> {
    let (problem, hint) = match cell.number() {
        Some(number) if number.0.is_finite() => return Ok(number),
        Some(_) => ("not a finite f32", Hint::DropMissing),
        None if cell.is_missing() => ("a missing value", Hint::DropMissing),
        None if cell.to_string().replace(',', ".").parse::<f32>().is_ok() => {
            bail!("`{cell}` is not a number: write it with a decimal point")
        }
        None => ("not a number", Hint::CorrectCell),
    };
    bail!(Hinted::new(format!("`{cell}` is {problem}"), hint))
}
