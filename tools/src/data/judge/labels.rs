use super::super::{Table, columns::may_be_label, statistics::column};
use crate::hint::{Hint, Hinted};

/// A column with more different values than these is no label.
const MOST: usize = 20;

/// Warns of features that by their names and values may say which rows are anomalies.
pub fn labels(table: &Table) -> Vec<Hinted> {
    let warning = |(i, name): (usize, &String)| {
        let few = || {
            let mut values = column(&table.rows, table.dimension(), i);
            values.sort_unstable_by(f64::total_cmp);
            values.dedup();
            values.len() <= MOST && values.iter().all(|x| x.fract() == 0.0)
        };
        let message = format!("column {name} may be a label, and is trained on as a feature");
        (may_be_label(name) && few()).then(|| Hinted::new(message, Hint::Label(name.clone())))
    };
    table.features.iter().enumerate().filter_map(warning).collect()
}
