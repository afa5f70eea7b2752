//! The Tennessee Eastman process, a simulated plant (Downs and Vogel, 1993; files of Russell,
//! Chiang and Braatz, 2000). Training is on normal operation; the test is on another run of normal
//! operation and on runs with a fault.

use super::Fold;
use crate::data::{Columns, Reading, Table};
use anyhow::{Result, ensure};
use std::path::Path;

/// The number of faults.
pub const FAULTS: usize = 15;

/// The row at which the fault of a test run begins.
pub const ONSET: usize = 160;

/// The number of variables of the plant.
const D: usize = 52;

/// Training rows of normal operation, and test rows of normal operation and of each fault.
///
/// # Errors
///
/// A file is missing, or does not have the variables of the plant.
pub fn split(folder: &Path) -> Result<Fold> {
    let (_, training) = rows(folder, "d00.dat")?;
    let (features, normal) = rows(folder, "d00_te.dat")?;
    let mut split = Fold {
        kinds: vec![0; normal.len() / D],
        features,
        training,
        test: normal,
        ..Fold::default()
    };
    for fault in 1..=FAULTS {
        let (_, rows) = rows(folder, &format!("d{fault:02}_te.dat"))?;
        let faulty = rows.get(ONSET * D..).unwrap_or_default();
        split.test.extend_from_slice(faulty);
        split.kinds.resize(split.test.len() / D, fault);
    }
    Ok(split)
}

/// The names of the variables, and the rows of a file.
///
/// # Errors
///
/// The file is missing, or does not have the variables of the plant.
pub fn rows(folder: &Path, name: &str) -> Result<(Vec<String>, Vec<f32>)> {
    let path = folder.join("tep").join(name);
    let table = Table::read(&path, &Reading::default(), Columns::All)?;
    // One file is stored variable by variable.
    let is_transposed = name == "d00.dat";
    let (variables, what) =
        if is_transposed { (table.len(), "rows") } else { (table.dimension(), "columns") };
    ensure!(
        variables == D,
        "{} has {variables} {what}, and there are {D} variables",
        path.display()
    );
    if !is_transposed {
        return Ok((table.features, table.rows));
    }
    let count = table.dimension();
    let transposed = (0..count).flat_map(|row| table.rows[row..].iter().step_by(count)).copied();
    Ok(((0..D).map(|i| i.to_string()).collect(), transposed.collect()))
}
