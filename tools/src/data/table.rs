use super::{
    Columns, Groups, Missing, Places, Reading,
    columns::Selection,
    open::open,
    row::{Cell, Row},
};
use crate::hint::{Hint, Hinted};
use anyhow::{Context, Result, anyhow, bail, ensure};
use std::path::Path;

/// Rows of features in f32, as the device would read them.
#[derive(Clone, Debug)]
pub struct Table {
    /// The names of the D features.
    pub features: Vec<String>,
    /// The rows one after another, D numbers each.
    pub rows: Vec<f32>,
    /// Where each row begins in its file.
    pub places: Places,
    /// The true log-density of each row in nats, if the rows are for a model and have a column
    /// `log_prob` that is not a feature.
    pub log_prob: Option<Vec<f64>>,
    /// Whether each row is an anomaly, if there is a column of labels: zero is normal, any other
    /// number is an anomaly.
    pub labels: Option<Vec<bool>>,
    /// The group of each row, if a column says which rows belong together.
    pub groups: Option<Groups>,
    /// The names of the columns that are not features.
    pub left_out: Vec<String>,
    /// How many rows were dropped for missing values, if any were.
    pub missing: Option<Missing>,
}

impl Table {
    /// Reads a file. Its first bytes tell the format.
    ///
    /// # Errors
    ///
    /// One line that names the file and, where there is one, the line and the column of what is
    /// wrong.
    pub fn read(path: &Path, reading: &Reading, columns: Columns<'_>) -> Result<Self> {
        let name = path.display();
        let source = open(path, reading)?;
        let header = source.header().clone();
        let selection =
            Selection::new(&header, reading, columns).with_context(|| format!("{name}"))?;
        let mut table = Table {
            features: selection.names.clone(),
            rows: Vec::new(),
            places: Places::new(header.unit),
            log_prob: selection.log_prob.map(|_| Vec::new()),
            labels: selection.label.map(|_| Vec::new()),
            groups: selection.group.map(|_| Groups::default()),
            left_out: selection.left_out(&header),
            missing: None,
        };
        let taken: Vec<usize> = selection.taken().collect();
        let mut lacking = vec![0; header.names.len()];
        let (mut read, mut dropped) = (0, 0);
        source.read(&mut |place, row| {
            read += 1;
            if reading.drop_missing {
                let mut complete = true;
                for &column in taken.iter().filter(|&&column| row.cell(column).is_missing()) {
                    lacking[column] += 1;
                    complete = false;
                }
                if !complete {
                    dropped += 1;
                    return Ok(());
                }
            }
            table.push(place, row, &selection).map_err(|(column, problem)| {
                let (unit, column) = (header.unit, &header.names[column]);
                problem.context(format!("{name}, {unit} {place}, column {column}"))
            })
        })?;
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

    /// Takes the selected cells of a row. Fails with the column of a cell that cannot be taken.
    fn push(
        &mut self,
        place: usize,
        row: &Row<'_>,
        selection: &Selection,
    ) -> Result<(), (usize, anyhow::Error)> {
        let number = |column: usize| number(&row.cell(column)).map_err(|problem| (column, problem));
        for &column in &selection.features {
            self.rows.push(number(column)?.0);
        }
        if let (Some(column), Some(log_prob)) = (selection.log_prob, &mut self.log_prob) {
            log_prob.push(number(column)?.1);
        }
        if let (Some(column), Some(labels)) = (selection.label, &mut self.labels) {
            labels.push(number(column)?.1 != 0.0);
        }
        if let (Some(column), Some(groups)) = (selection.group, &mut self.groups) {
            let cell = row.cell(column);
            if cell.is_missing() {
                let problem = anyhow!("`{cell}` names no group: fill the cell, or drop the row");
                return Err((column, problem));
            }
            groups.push(&cell.to_string());
        }
        self.places.push(place);
        Ok(())
    }

    /// Appends the rows of another file with the same features. Both files have names, which the
    /// places of rows are described by from then on.
    pub fn append(&mut self, [name, other_name]: [&str; 2], other: Table) {
        self.rows.extend(other.rows);
        self.places.append([name, other_name], other.places);
        self.log_prob = None;
        self.labels = self.labels.take().zip(other.labels).map(|(a, b)| [a, b].concat());
        if let (Some(groups), Some(others)) = (&mut self.groups, &other.groups) {
            groups.append(others);
        }
    }

    /// The number of features, D.
    pub fn dimension(&self) -> usize {
        self.features.len()
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.rows.len() / self.dimension()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

/// The number in a cell: as the device would read it, and in full.
pub fn number(cell: &Cell<'_>) -> Result<(f32, f64)> {
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
