use super::{
    Columns, Groups, Missing, Places, Reading, builder::Builder, open::open, sample::Sample,
    sampled, trend::Trend,
};
use crate::hint::Hinted;
use anyhow::Result;
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

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.rows.len() / self.dimension()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}
