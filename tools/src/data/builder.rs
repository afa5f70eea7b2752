use super::{
    Columns, Groups, Missing, Places, Reading, Table,
    columns::Selection,
    context::{ContextCells, push},
    labels::Labels,
    row::{Row, number},
    sample::Sample,
    sampled::Taker,
    source::Header,
    texts::Texts,
    trend::Trend,
};
use crate::hint::{Hint, Hinted};
use anyhow::{Context, Result, anyhow, ensure};

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
    labels: Option<Labels>,
    texts: Texts,
}

impl<'a> Builder<'a> {
    /// Selects the columns. The first rows tell what they are.
    ///
    /// # Errors
    ///
    /// The columns cannot be selected.
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
            context: columns.context().to_vec(),
            cells: match columns.context() {
                [] => {
                    let cells = |&i: &usize| {
                        let numbers = selection.numbers.contains(&i);
                        ContextCells::new(header.names[i].clone(), numbers)
                    };
                    selection.contexts.iter().map(cells).collect()
                }
                _ => Vec::new(),
            },
            rows: Vec::new(),
            places: Places::new(header.unit),
            log_prob: selection.log_prob.map(|_| Vec::new()),
            labels: None,
            groups: selection.group.map(|_| Groups::default()),
            comment: header.comment.clone(),
            left_out: selection.left_out(&header),
            notes: [&header.notes[..], &selection.notes].concat(),
            trends: vec![Trend::default(); selection.names.len()],
            missing: None,
        };
        let taken = selection.taken().collect();
        let lacking = vec![0; header.names.len()];
        let labels = selection
            .label
            .map(|column| Labels::new(header.names[column].clone(), reading.normal.clone()));
        Ok(Builder {
            name,
            header,
            reading,
            selection,
            taken,
            table,
            read: 0,
            dropped: 0,
            lacking,
            labels,
            texts: Texts::default(),
        })
    }

    /// Whether a row lacks the value of a column. What normal rows are called is no missing value.
    fn is_missing(&self, row: &Row<'_>, column: usize) -> bool {
        let cell = row.cell(column);
        let is_normal = |normal: &String| self.selection.label == Some(column) && cell.is(normal);
        cell.is_missing() && !self.reading.normal.as_ref().is_some_and(is_normal)
    }

    /// Takes the selected cells of a row. Fails with the column of a cell that cannot be taken.
    fn push(&mut self, place: usize, row: &Row<'_>) -> Result<(), (usize, anyhow::Error)> {
        let Builder { header, table, selection, labels, .. } = self;
        let number = |column: usize| {
            number(&row.cell(column), &header.names[column]).map_err(|problem| (column, problem))
        };
        for (&column, trend) in selection.features.iter().zip(&mut table.trends) {
            let (single, double) = number(column)?;
            table.rows.push(single);
            trend.push(double);
        }
        for (column, &index) in table.context.iter().zip(&selection.contexts) {
            let cell = row.cell(index);
            if cell.is_missing() {
                number(index)?;
            }
            push(column, &cell, &mut table.rows).map_err(|problem| (index, problem))?;
        }
        for (cells, &index) in table.cells.iter_mut().zip(&selection.contexts) {
            cells.push(&row.cell(index)).map_err(|problem| (index, problem))?;
        }
        if let (Some(column), Some(log_prob)) = (selection.log_prob, &mut table.log_prob) {
            log_prob.push(number(column)?.1);
        }
        if let (Some(column), Some(labels)) = (selection.label, labels) {
            labels.push(&row.cell(column)).map_err(|problem| (column, problem))?;
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
    /// There are no rows, or all lack values; columns hold text; or it is not known which labels
    /// are normal.
    pub fn finish(self) -> Result<Table> {
        let features = self.selection.features.len();
        let Builder { name, header, mut table, read, dropped, lacking, labels, texts, .. } = self;
        texts.refuse(&name, &header, features, read - dropped)?;
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
        if let Some(labels) = labels {
            let (labels, note) = labels.finish().with_context(|| name.clone())?;
            table.labels = Some(labels);
            table.notes.extend(note);
        }
        for note in &mut table.notes {
            note.message = format!("{name}: {}", note.message);
        }
        Ok(table)
    }
}

impl Taker for Builder<'_> {
    /// Takes a row, or drops it if it lacks a value. Fails with the place and the column of a cell
    /// that cannot be taken.
    fn take(&mut self, place: usize, row: &Row<'_>) -> Result<()> {
        self.read += 1;
        if self.reading.drop_missing {
            let lacks = |column: &usize| self.is_missing(row, *column);
            let lacking: Vec<usize> = self.taken.iter().copied().filter(lacks).collect();
            if !lacking.is_empty() {
                lacking.into_iter().for_each(|column| self.lacking[column] += 1);
                self.dropped += 1;
                return Ok(());
            }
        }
        let features = &self.selection.features;
        if !self.texts.is_empty() {
            self.texts.look_at(place, row, features);
            return Ok(());
        }
        self.push(place, row).or_else(|(column, problem)| {
            self.texts.look_at(place, row, &self.selection.features);
            if !self.texts.is_empty() {
                return Ok(());
            }
            let (unit, column) = (self.header.unit, &self.header.names[column]);
            Err(problem.context(format!("{}, {unit} {place}, column {column}", self.name)))
        })
    }
}
