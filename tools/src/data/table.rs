use super::{
    Columns, Groups, Missing, Places, Reading,
    builder::Builder,
    context::{ContextCells, UNKNOWN_LEVEL, features_of},
    open::open,
    sample::Sample,
    sampled,
    trend::Trend,
};
use crate::{
    hint::Hinted,
    model::{ContextColumn, cells},
};
use anyhow::Result;
use std::{borrow::Cow, path::Path};

/// Rows of features in f32, as the device would read them.
#[derive(Clone, Debug)]
pub struct Table {
    /// The names of the D features.
    pub features: Vec<String>,
    /// The columns of the context.
    pub context: Vec<ContextColumn>,
    /// The cells of these columns, as long as it is not known what they are.
    pub(super) cells: Vec<ContextCells>,
    /// The rows one after another, D + C numbers each: features, then context.
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
    /// The last comment above the rows of a text.
    pub comment: Option<String>,
    /// The names of the columns that are not features.
    pub left_out: Vec<String>,
    /// What was recognised in each file, and how to choose otherwise.
    pub notes: Vec<Hinted>,
    /// How each feature goes on from row to row.
    pub trends: Vec<Trend>,
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
        let name = path.display().to_string();
        let source = open(path, reading)?;
        let header = source.header().clone();
        let make =
            |sample: &Sample| Builder::new(name.clone(), header.clone(), reading, columns, sample);
        sampled::read_all(source, &reading.missing, make)?.finish()
    }

    /// Rows that are from no file.
    pub fn of_rows(features: Vec<String>, rows: Vec<f32>) -> Self {
        let count = rows.len() / features.len();
        let mut places = Places::new("row");
        (1..=count).for_each(|row| places.push(row));
        let mut trends = vec![Trend::default(); features.len()];
        for row in rows.chunks_exact(features.len()) {
            trends.iter_mut().zip(row).for_each(|(trend, &x)| trend.push(x.into()));
        }
        Table {
            features,
            context: Vec::new(),
            cells: Vec::new(),
            rows,
            places,
            log_prob: None,
            labels: None,
            groups: None,
            comment: None,
            left_out: Vec::new(),
            notes: Vec::new(),
            trends,
            missing: None,
        }
    }

    /// Appends the rows of another file with the same features. Both files have names, which the
    /// places of rows are described by from then on.
    pub fn append(&mut self, [name, other_name]: [&str; 2], other: Table) {
        self.rows.extend(other.rows);
        self.cells.iter_mut().zip(other.cells).for_each(|(cells, other)| cells.append(other));
        self.places.append([name, other_name], other.places);
        self.trends.iter_mut().zip(&other.trends).for_each(|(trend, other)| trend.append(other));
        self.notes.extend(other.notes);
        self.log_prob = None;
        self.labels = self.labels.take().zip(other.labels).map(|(a, b)| [a, b].concat());
        if let (Some(groups), Some(others)) = (&mut self.groups, &other.groups) {
            groups.append(others);
        }
    }

    /// Whether each feature counts: it rises or falls all the way.
    pub fn counters(&self) -> Vec<bool> {
        self.trends.iter().map(Trend::counts).collect()
    }

    /// The number of features, D.
    pub fn dimension(&self) -> usize {
        self.features.len()
    }

    /// D + C, the numbers of a row; D until [`Table::settle_context`] has added the context.
    pub fn width(&self) -> usize {
        let inputs = self.context.iter().map(|column| column.inputs().len());
        self.dimension() + inputs.sum::<usize>()
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.rows.len() / self.width()
    }

    /// The rows without their context.
    pub fn features_alone(&self) -> Cow<'_, [f32]> {
        features_of(&self.rows, self.width(), self.dimension())
    }

    /// The cells of a row, between brackets.
    pub fn show(&self, row: usize) -> String {
        let width = self.width();
        let row = &self.rows[row * width..][..width];
        let debug = |x: &f32| format!("{x:?}");
        format!("[{}]", cells(&self.context, self.dimension(), row, debug).join(", "))
    }

    /// The same table without its context.
    pub fn without_context(&self) -> Table {
        Table {
            features: self.features.clone(),
            context: Vec::new(),
            cells: Vec::new(),
            rows: self.features_alone().into_owned(),
            places: self.places.clone(),
            log_prob: None,
            labels: self.labels.clone(),
            groups: None,
            comment: None,
            left_out: Vec::new(),
            notes: Vec::new(),
            trends: self.trends.clone(),
            missing: None,
        }
    }

    /// The names and the columns of all that holds numbers: features, and contexts without levels.
    pub fn numbers(&self) -> (Vec<String>, Vec<f32>) {
        let mut columns: Vec<usize> = (0..self.dimension()).collect();
        let mut names = self.features.clone();
        let mut next = self.dimension();
        for column in &self.context {
            if column.levels.is_none() {
                names.push(column.name.clone());
                columns.push(next);
            }
            next += column.inputs().len();
        }
        let rows = self.rows.chunks_exact(self.width());
        (names, rows.flat_map(|row| columns.iter().map(|&i| row[i])).collect())
    }

    /// The first row at a level that the columns of the context do not have, and the name of its
    /// column.
    pub fn unknown_level(&self) -> Option<(usize, &str)> {
        let mut first: Option<(usize, &str)> = None;
        let mut next = self.dimension();
        for column in &self.context {
            let mut rows = self.rows.chunks_exact(self.width());
            let found = rows.position(|row| row[next] == UNKNOWN_LEVEL);
            if let (Some(row), Some(_)) = (found, &column.levels)
                && first.is_none_or(|(earlier, _)| row < earlier)
            {
                first = Some((row, &column.name));
            }
            next += column.inputs().len();
        }
        first
    }

    /// Writes other values of the features, row by row.
    pub fn replace_features(&mut self, features: &[f32]) {
        let (d, width) = (self.dimension(), self.width());
        for (row, features) in self.rows.chunks_exact_mut(width).zip(features.chunks_exact(d)) {
            row[..d].copy_from_slice(features);
        }
    }

    /// Decides whether each column of context holds numbers or levels, and adds its inputs to the rows.
    /// Call it when all cells are read.
    ///
    /// # Errors
    ///
    /// A column that is neither.
    pub fn settle_context(&mut self) -> Result<()> {
        let cells = std::mem::take(&mut self.cells);
        if cells.is_empty() {
            return Ok(());
        }
        let (d, count) = (self.dimension(), self.len());
        self.context = cells.iter().map(ContextCells::column).collect::<Result<_>>()?;
        let mut rows = Vec::with_capacity(count * self.width());
        for (i, row) in self.rows.chunks_exact(d).enumerate() {
            rows.extend_from_slice(row);
            for (column, cells) in self.context.iter().zip(&cells) {
                cells.push_inputs(column, i, &mut rows);
            }
        }
        self.rows = rows;
        Ok(())
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}
