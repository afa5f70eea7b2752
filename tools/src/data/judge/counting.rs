use super::super::Table;
use crate::hint::{Hint, Hinted};
use anyhow::{Result, bail};

/// Warns of columns that count: rows to come lie beyond all that a model of them has seen.
pub fn counting(table: &Table) -> Option<Hinted> {
    let counters = table.features.iter().zip(table.counters());
    let names: Vec<String> =
        counters.filter(|(_, counts)| *counts).map(|(name, _)| name.clone()).collect();
    let (column, rise) = match &names[..] {
        [_] => ("column", "rises or falls"),
        _ => ("columns", "rise or fall"),
    };
    let message = format!(
        "{column} {} {rise} all the way, so later rows will be unlike these, unless the file is only \
         sorted",
        names.join(", ")
    );
    (!names.is_empty()).then(|| Hinted::new(message, Hint::ExcludeThese(names)))
}

/// Refuses a column that counts in numbers so large that f32 cannot tell them apart.
///
/// # Errors
///
/// The column.
pub fn refuse_rounded_counters(table: &Table) -> Result<()> {
    let d = table.dimension();
    for (i, name) in table.features.iter().enumerate() {
        let mut values = table.rows.iter().skip(i).step_by(d);
        let first = values.next();
        if table.trends[i].counts() && values.all(|value| Some(value) == first) {
            let message =
                format!("column {name} rises or falls all the way, and is constant in f32");
            bail!(Hinted::new(message, Hint::ExcludeThis(name.clone())));
        }
    }
    Ok(())
}
