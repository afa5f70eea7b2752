use super::super::Table;
use crate::hint::{Hint, Hinted};

/// Fewer rows at a level show little of what is normal there.
const FEW: usize = 50;

/// Warns of levels of a context that few rows have.
pub fn rare_levels(table: &Table) -> Vec<Hinted> {
    let mut warnings = Vec::new();
    let mut next = table.dimension();
    for column in &table.context {
        for (i, level) in column.levels.iter().flatten().enumerate() {
            let rows = table.rows.chunks_exact(table.width());
            let count = rows.filter(|row| row[next + i] == 1.0).count();
            if count < FEW {
                let message = format!(
                    "the context {} is {level} in {count} rows only, which show little of what is \
                     normal there",
                    column.name
                );
                warnings.push(Hinted::new(message, Hint::MoreRows));
            }
        }
        next += column.inputs().len();
    }
    warnings
}
