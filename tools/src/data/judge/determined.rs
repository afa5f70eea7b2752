use super::super::{
    list::first_of,
    statistics::{column, moments},
};
use crate::hint::{Hint, Hinted};
use nalgebra::{Cholesky, DMatrix};

/// A column follows from the others where they leave less of its standard deviation than this. f32
/// resolves 6e-8 of a reading, so that log_prob would hold three digits at most.
const LEFT: f64 = 1e-4;

/// The most rows to look at.
const ROWS: usize = 5000;

/// A column has this much variance of its own in any case, in variances: the covariance then has a
/// Cholesky factor.
const RIDGE: f64 = 1e-13;

/// Warns of columns that follow from the others as a weighted sum, as parts of a whole do, or a
/// width beside its two ends: their density has no bound.
pub fn determined(names: &[String], rows: &[f32]) -> Option<Hinted> {
    let left = left(rows, names.len())?;
    let found = || (0..left.len()).filter(|&i| left[i] < LEFT);
    let most = found().min_by(|&a, &b| left[a].total_cmp(&left[b]))?;
    let found_names: Vec<String> = found().map(|i| names[i].clone()).collect();
    let message = format!(
        "each of the columns {} follows from the others up to {:.0e} of its standard deviation, \
         where a density has no bound",
        first_of(&found_names),
        left[most]
    );
    Some(Hinted::new(message, Hint::ExcludeOne(names[most].clone())))
}

/// What the others leave of each column's standard deviation: 1 / sqrt((R^-1)_ii), where R is the
/// matrix of correlations. `None` where rows are too few to tell.
fn left(rows: &[f32], d: usize) -> Option<Vec<f64>> {
    let count = rows.len() / d;
    if count <= 2 * d {
        return None;
    }
    let step = count.div_ceil(ROWS);
    let columns: Vec<Vec<f64>> = (0..d)
        .map(|i| {
            let values: Vec<f64> = column(rows, d, i).into_iter().step_by(step).collect();
            let (mean, std) = moments(&values);
            values.iter().map(|value| (value - mean) / std).collect()
        })
        .collect();
    let features = DMatrix::from_fn(columns[0].len(), d, |row, i| columns[i][row]);
    let correlation = features.tr_mul(&features) / features.nrows() as f64;
    let inverse = Cholesky::new(correlation + DMatrix::identity(d, d) * RIDGE)?.inverse();
    Some((0..d).map(|i| inverse[(i, i)].sqrt().recip()).collect())
}
