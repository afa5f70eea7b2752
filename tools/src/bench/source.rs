use super::{Split, tep, wine};
use crate::data::{Columns, Reading, Table};
use anyhow::{Context, Result, ensure};
use std::path::Path;

/// Where a workload's rows come from, below the folder of the data.
#[derive(Clone, Copy, Debug)]
pub enum Source {
    /// Files of training rows and of test rows.
    Files(&'static str, &'static str),
    /// A file of normal rows and anomalies. By the protocol of Livernoche et al. (2024) the first
    /// half of the normal rows, in the file's order, are for training, and all others for the test.
    Anomalies(&'static str),
    /// White wine, ten folds, standardised by the training folds
    Wine,
    /// The Tennessee Eastman process: normal operation to learn, faults to find
    TennesseeEastman,
}

impl Source {
    /// Reads the rows: one split, or one for each fold.
    ///
    /// # Errors
    ///
    /// A file is missing, or its content is not what it should be.
    pub fn splits(self, folder: &Path) -> Result<Vec<Split>> {
        match self {
            Source::Files(training, test) => {
                Ok(vec![files(&folder.join(training), &folder.join(test))?])
            }
            Source::Anomalies(file) => Ok(vec![anomalies(&folder.join(file))?]),
            Source::Wine => wine::splits(folder),
            Source::TennesseeEastman => Ok(vec![tep::split(folder)?]),
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

fn anomalies(path: &Path) -> Result<Split> {
    let table = read(path, Columns::All)?;
    let labels =
        table.labels.as_ref().with_context(|| format!("{} has no labels", path.display()))?;
    let normal = labels.iter().filter(|&&anomaly| !anomaly).count();
    ensure!(normal < labels.len(), "{} has no anomalies", path.display());
    let mut left = (normal as f64 / 2.0).round_ties_even() as usize;
    let mut split = Split { features: table.features.clone(), ..Split::default() };
    for (row, &anomaly) in table.rows.chunks_exact(table.dimension()).zip(labels) {
        if !anomaly && left > 0 {
            left -= 1;
            split.training.extend_from_slice(row);
        } else {
            split.test.extend_from_slice(row);
            split.kinds.push(anomaly.into());
        }
    }
    Ok(split.without_constants())
}
