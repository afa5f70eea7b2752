//! The Tennessee Eastman process, a simulated plant (Downs and Vogel, 1993; files of Russell,
//! Chiang and Braatz, 2000): trained on normal operation, tested on a second such run and on runs
//! with a fault.

use super::{Split, source::read};
use crate::data::Columns;
use anyhow::{Result, ensure};
use std::path::Path;

/// The faults that there are files of.
const FAULTS: usize = 15;

/// The row from which a test run has its fault.
const ONSET: usize = 160;

/// Variables of the plant.
const D: usize = 52;

/// Normal operation against each fault.
pub fn split(folder: &Path) -> Result<Split> {
    let read = |name: &str| {
        let path = folder.join("tep").join(name);
        let table = read(&path, Columns::All)?;
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
    let mut split = Split {
        kinds: vec![0; normal.len()],
        features: normal.features,
        training,
        test: normal.rows,
        ..Split::default()
    };
    for fault in 1..=FAULTS {
        let rows = read(&format!("d{fault:02}_te.dat"))?.rows;
        let faulty = rows.get(ONSET * D..).unwrap_or_default();
        split.test.extend_from_slice(faulty);
        split.kinds.resize(split.test.len() / D, fault);
    }
    Ok(split)
}
