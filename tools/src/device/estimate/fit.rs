//! Least squares.

use super::terms::Terms;
use nalgebra::{DMatrix, DVector};
use std::collections::{BTreeMap, BTreeSet};

/// A figure that was measured.
pub struct Example {
    /// What the figure is a sum of.
    pub terms: Terms,
    /// The figure.
    pub figure: f64,
    /// What its error is relative to.
    pub scale: f64,
}

/// What each term weighs.
pub struct Weights(BTreeMap<&'static str, f64>);

impl Weights {
    /// The weights under which the squares of the relative errors of all examples are least. A term
    /// that no example has weighs nothing.
    pub fn fitted(examples: &[Example]) -> Self {
        let names: BTreeSet<&str> =
            examples.iter().flat_map(|example| example.terms.names()).collect();
        let counts = examples
            .iter()
            .flat_map(|example| names.iter().map(|name| example.terms.count(name) / example.scale));
        let mut matrix = DMatrix::from_row_iterator(examples.len(), names.len(), counts);
        // Columns of length 1, so that the tolerance below means the same for all of them.
        let lengths: Vec<f64> =
            matrix.column_iter().map(|column| column.norm().max(f64::MIN_POSITIVE)).collect();
        for (mut column, length) in matrix.column_iter_mut().zip(&lengths) {
            column /= *length;
        }
        let figures = DVector::from_iterator(
            examples.len(),
            examples.iter().map(|example| example.figure / example.scale),
        );
        let weights = matrix
            .svd(true, true)
            .solve(&figures, 1e-6)
            .unwrap_or_else(|_| DVector::zeros(names.len()));
        let weights = weights.iter().zip(&lengths).map(|(weight, length)| weight / length);
        Weights(names.into_iter().zip(weights).collect())
    }

    /// The figure of some terms: their weighted sum.
    pub fn sum(&self, terms: &Terms) -> f64 {
        self.0.iter().map(|(name, weight)| terms.count(name) * weight).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(counts: &[(&'static str, usize)]) -> Terms {
        let mut terms = Terms::default();
        counts.iter().for_each(|&(name, count)| terms.add(name, count));
        terms
    }

    #[test]
    fn a_figure_is_the_weighted_sum_of_its_terms() {
        let example = |rows, columns, figure| Example {
            terms: terms(&[("row", rows), ("column", columns), ("none", 0)]),
            figure,
            scale: figure,
        };
        let examples = [example(1, 1, 5.0), example(2, 1, 7.0), example(1, 3, 11.0)]; // 2 and 3
        let predicted = Weights::fitted(&examples).sum(&terms(&[("row", 10), ("column", 1)]));
        assert!((predicted - 23.0).abs() < 1e-9, "{predicted}");
    }
}
