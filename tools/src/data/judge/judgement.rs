use super::{
    super::{Standardization, Table, rounding},
    coarse::coarse,
    copies::refuse_copies,
    counting::{counting, refuse_rounded_counters},
    determined::determined,
    far::far,
    labels::labels,
    levels::rare_levels,
    sentinels::refuse_sentinels,
    ties::{Ties, coarse_steps, point_masses},
};
use crate::hint::Hinted;
use anyhow::Result;

/// What rows tell about themselves before a flow is trained on them.
#[derive(Clone, Debug)]
pub struct Judgement {
    /// The step that each column is rounded to, 0 for a continuous column.
    pub steps: Vec<f64>,
    /// What may be wrong with rows that a flow can be trained on.
    pub warnings: Vec<Hinted>,
}

/// Judges the features of a table before a flow is trained on them. Where `dequantize` is a seed, the
/// rounded columns get noise of one step first.
///
/// Copies are refused, and warnings found, in the rows as they were read, since noise would hide
/// them. Sentinels and constant columns are refused in the rows as the flow will see them.
///
/// # Errors
///
/// A column that follows from another, a value so far out that the other rows would count as
/// equal, a constant column, or one that `standardization` cannot scale.
pub fn judge(
    table: &mut Table,
    standardization: Standardization,
    dequantize: Option<u64>,
) -> Result<Judgement> {
    if table.context.is_empty() {
        return judge_features(table, standardization, dequantize);
    }
    // A context that a feature follows from leaves that feature no density.
    let (names, rows) = table.numbers();
    refuse_copies(&names, &rows)?;
    refuse_sentinels(&names, &rows)?;
    let mut alone = table.without_context();
    let mut judgement = judge_features(&mut alone, standardization, dequantize)?;
    if determined(&alone.features, &alone.rows).is_none() {
        judgement.warnings.extend(determined(&names, &rows));
    }
    judgement.warnings.extend(rare_levels(table));
    table.replace_features(&alone.rows);
    Ok(judgement)
}

fn judge_features(
    table: &mut Table,
    standardization: Standardization,
    dequantize: Option<u64>,
) -> Result<Judgement> {
    refuse_copies(&table.features, &table.rows)?;
    let d = table.dimension();
    let ties: Vec<Ties> = (0..d).map(|i| Ties::of(&table.rows, d, i)).collect();
    let steps: Vec<f64> = ties.iter().map(|ties| ties.step).collect();
    let (coarse, mut warnings): (Vec<usize>, Vec<Hinted>) =
        coarse(&table.features, &table.rows).into_iter().unzip();
    warnings.extend(counting(table));
    warnings.extend(labels(table));
    if dequantize.is_none() {
        warnings.extend(coarse_steps(&table.features, &ties));
    }
    warnings.extend(point_masses(&table.features, &ties, &coarse));
    warnings.extend(far(table));
    if let Some(seed) = dequantize {
        rounding::dequantize(&mut table.rows, &steps, seed);
    }
    refuse_sentinels(&table.features, &table.rows)?;
    refuse_rounded_counters(table)?;
    standardization.of(&table.features, &table.rows)?;
    warnings.extend(determined(&table.features, &table.rows));
    Ok(Judgement { steps, warnings })
}
