//! Least squares.

use super::terms::Terms;
use nalgebra::{DMatrix, DVector};
use std::collections::BTreeSet;

/// A figure whose terms are known.
pub struct Known {
    /// What it is made up of.
    pub terms: Terms,
    /// The figure.
    pub figure: f64,
    /// What errors are relative to.
    pub scale: f64,
}

/// The figure of some terms, each with the weight that makes the squares of the known figures'
/// relative errors smallest.
pub fn predict(known: &[Known], terms: &Terms) -> f64 {
    let names: BTreeSet<&String> = known.iter().flat_map(|known| known.terms.keys()).collect();
    let amount = |terms: &Terms, name: &String| terms.get(name).copied().unwrap_or(0.0);
    let rows = known
        .iter()
        .flat_map(|known| names.iter().map(move |name| amount(&known.terms, name) / known.scale));
    let mut amounts = DMatrix::from_row_iterator(known.len(), names.len(), rows);
    // Columns of length 1, so that the tolerance below means the same for all of them.
    let lengths: Vec<f64> =
        amounts.column_iter().map(|column| column.norm().max(f64::MIN_POSITIVE)).collect();
    for (mut column, length) in amounts.column_iter_mut().zip(&lengths) {
        column /= *length;
    }
    let figures =
        DVector::from_iterator(known.len(), known.iter().map(|known| known.figure / known.scale));
    let weights = amounts
        .svd(true, true)
        .solve(&figures, 1e-6)
        .unwrap_or_else(|_| DVector::zeros(names.len()));
    names
        .iter()
        .zip(&lengths)
        .zip(&weights)
        .map(|((name, length), weight)| amount(terms, name) / length * weight)
        .sum()
}
