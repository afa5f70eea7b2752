//! What a gradient check found, as a table and a verdict.

use super::table::{Format, Table};
use crate::gradcheck::Check;
use anyhow::{Result, ensure};

/// A row for each check, or only for the worst of each kind and those that failed.
pub fn table(checks: &[Check], all: bool) -> String {
    let table = Table::new(Format::Text)
        .left("worst relative error of", 52)
        .right("found", 9)
        .right("bound", 9);
    let shown = checks
        .iter()
        .enumerate()
        .filter(|&(i, check)| all || !check.passed() || is_worst_of_kind(i, checks));
    let rows = shown.map(|(_, check)| {
        let (error, bound) = (format!("{:.1e}", check.error), format!("{:.1e}", check.bound));
        let row = table.row(&[&check.name, &error, &bound]);
        if check.passed() { row } else { format!("{row}  FAILED at {}", check.at) }
    });
    [table.head()].into_iter().chain(rows).collect::<Vec<_>>().join("\n")
}

/// How many checks passed.
///
/// # Errors
///
/// How many checks failed, if any did.
pub fn verdict(checks: &[Check]) -> Result<String> {
    let failed = checks.iter().filter(|check| !check.passed()).count();
    ensure!(failed == 0, "{failed} of {} checks failed", checks.len());
    Ok(format!("{} checks passed", checks.len()))
}

/// Whether no other check of the same kind has a larger error, nor an earlier one the same error.
fn is_worst_of_kind(i: usize, checks: &[Check]) -> bool {
    !checks.iter().enumerate().any(|(j, other)| {
        kind(other) == kind(&checks[i])
            && (part(other) > part(&checks[i]) || (part(other) == part(&checks[i]) && j < i))
    })
}

/// The error as a part of what it may be.
fn part(check: &Check) -> f64 {
    check.error / check.bound
}

/// The first word of a check's name, up to a comma.
fn kind(check: &Check) -> Option<&str> {
    check.name.split([',', ' ']).next()
}
