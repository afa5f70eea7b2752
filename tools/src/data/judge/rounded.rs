use super::super::rounding;
use crate::hint::{Hint, Hinted};

/// Warns of rounded columns; `steps` holds the step of each, 0 where it is continuous.
pub fn rounded(features: &[String], steps: &[f64]) -> Option<Hinted> {
    let columns = rounding::describe(features, steps);
    let message = format!("rounded columns, where a density on ties is meaningless: {columns}");
    (!columns.is_empty()).then(|| Hinted::new(message, Hint::Dequantize))
}
