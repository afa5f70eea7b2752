use super::{Split, wine};
use crate::data::{Columns, Reading, Table};
use anyhow::Result;
use std::path::Path;

/// Where a workload's rows come from, below the folder of the data.
#[derive(Clone, Copy, Debug)]
pub enum Source {
    /// Files of training rows and of test rows.
    Files(&'static str, &'static str),
    /// [`wine`]
    Wine,
}

impl Source {
    /// Reads the rows: one split, or one for each fold.
    ///
    /// # Errors
    ///
    /// A file is missing, or its content is not what it should be.
    pub fn splits(self, folder: &Path) -> Result<Vec<Split>> {
        match self {
            Source::Files(training, test) => Ok(vec![files(&folder.join(training), &folder.join(test))?]),
            Source::Wine => wine::splits(folder),
        }
    }
}

/// All rows of a file.
pub fn read(path: &Path, columns: Columns<'_>) -> Result<Table> {
    Table::read(path, &Reading::default(), columns)
}

fn files(training: &Path, test: &Path) -> Result<Split> {
    let training = read(training, Columns::All)?;
    let test = read(test, Columns::Model(&training.features))?;
    Ok(Split {
        features: training.features,
        training: training.rows,
        test: test.rows,
        log_prob: test.log_prob,
        ..Split::default()
    })
}
