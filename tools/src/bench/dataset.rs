use super::{
    Fold,
    operation::{self, Question},
    tep, wine,
};
use crate::data::{Columns, Reading, Table};
use anyhow::{Context, Result, ensure};
use std::path::Path;

/// Where the rows of a workload come from. Paths are below the folder of the data.
#[derive(Clone, Copy, Debug)]
pub enum Dataset {
    /// A file of training rows, and a file of test rows.
    Files(&'static str, &'static str),
    /// A file of normal rows and anomalies. By the protocol of Livernoche et al. (2024), the first
    /// half of the normal rows, in the order of the file, is for training, and all other rows are
    /// for the test.
    Anomalies(&'static str),
    /// White wine in ten folds.
    Wine,
    /// The Tennessee Eastman process: training on normal operation, test on faults.
    TennesseeEastman,
    /// A simulated machine whose density given load and temperature is known. These are the context,
    /// or features like others if that is said.
    Operation(Question, bool),
}

impl Dataset {
    /// Reads the rows: one split, or one for each fold.
    ///
    /// # Errors
    ///
    /// A file is missing, or has other columns or labels than the data set.
    pub fn splits(self, folder: &Path) -> Result<Vec<Fold>> {
        match self {
            Dataset::Files(training, test) => {
                Ok(vec![files(&folder.join(training), &folder.join(test))?])
            }
            Dataset::Anomalies(file) => Ok(vec![anomalies(&folder.join(file))?]),
            Dataset::Wine => wine::splits(folder),
            Dataset::TennesseeEastman => Ok(vec![tep::split(folder)?]),
            Dataset::Operation(question, joint) => Ok(operation::splits(question, joint)),
        }
    }
}

fn files(training_path: &Path, test_path: &Path) -> Result<Fold> {
    let reading = Reading::default();
    let training = Table::read(training_path, &reading, Columns::All)?;
    let test = Table::read(test_path, &reading, Columns::named(&training.features))?;
    Ok(Fold {
        features: training.features,
        training: training.rows,
        test: test.rows,
        log_prob: test.log_prob,
        ..Fold::default()
    })
}

fn anomalies(path: &Path) -> Result<Fold> {
    let table = Table::read(path, &Reading::default(), Columns::All)?;
    let labels =
        table.labels.as_ref().with_context(|| format!("{} has no labels", path.display()))?;
    let normal = labels.iter().filter(|&&anomaly| !anomaly).count();
    ensure!(normal < labels.len(), "{} has no anomalies", path.display());
    let mut left = (normal as f64 / 2.0).round_ties_even() as usize;
    let mut split = Fold { features: table.features.clone(), ..Fold::default() };
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
