//! The Tennessee Eastman process, a simulated plant (Downs and Vogel, 1993; files of Russell,
//! Chiang and Braatz, 2000). Training is on normal operation; the test is on another run of normal
//! operation and on runs with a fault.

use super::Fold;
use crate::data::{Columns, Reading, Table};
use anyhow::{Result, ensure};
use std::path::Path;

/// The number of faults.
const FAULTS: usize = 15;

/// The row at which the fault of a test run begins.
const ONSET: usize = 160;

/// The number of variables of the plant.
const D: usize = 52;

/// Training rows of normal operation, and test rows of normal operation and of each fault.
///
/// # Errors
///
/// A file is missing, or does not have the variables of the plant.
pub fn split(folder: &Path) -> Result<Fold> {
    let read = |name: &str| {
        let path = folder.join("tep").join(name);
        let table = Table::read(&path, &Reading::default(), Columns::All)?;
        // One file is stored variable by variable.
        let (variables, what) =
            if name == "d00.dat" { (table.len(), "rows") } else { (table.dimension(), "columns") };
        ensure!(
            variables == D,
            "{} has {variables} {what}, and there are {D} variables",
            path.display()
        );
        Ok(table)
    };
    let transposed = read("d00.dat")?;
    let count = transposed.dimension();
    let training =
        (0..count).flat_map(|row| transposed.rows[row..].iter().step_by(count)).copied().collect();
    let normal = read("d00_te.dat")?;
    let mut split = Fold {
        kinds: vec![0; normal.len()],
        features: normal.features,
        training,
        test: normal.rows,
        ..Fold::default()
    };
    for fault in 1..=FAULTS {
        let rows = read(&format!("d{fault:02}_te.dat"))?.rows;
        let faulty = rows.get(ONSET * D..).unwrap_or_default();
        split.test.extend_from_slice(faulty);
        split.kinds.resize(split.test.len() / D, fault);
    }
    Ok(split)
}
