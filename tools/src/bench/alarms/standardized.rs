use crate::data::statistics::{column, moments};
use nalgebra::{DMatrix, DVector};

/// Features with mean 0 and standard deviation 1 on the rows that it was fitted to: where linear
/// methods begin.
pub struct Standardized {
    mean: Vec<f64>,
    /// The standard deviation of each feature.
    pub std: Vec<f64>,
    /// How they correlate.
    pub correlation: DMatrix<f64>,
}

impl Standardized {
    /// Of rows of `d` features.
    pub fn fit(rows: &[f32], d: usize) -> Self {
        let (mean, std): (Vec<f64>, Vec<f64>) =
            (0..d).map(|i| moments(&column(rows, d, i))).unzip();
        let mut fitted = Standardized { mean, std, correlation: DMatrix::zeros(d, d) };
        let rows: Vec<DVector<f64>> = rows.chunks_exact(d).map(|row| fitted.z(row)).collect();
        let z = DMatrix::from_columns(&rows);
        fitted.correlation = &z * z.transpose() / rows.len() as f64;
        fitted
    }

    /// A row, standardized.
    pub fn z(&self, row: &[f32]) -> DVector<f64> {
        DVector::from_fn(row.len(), |i, _| (f64::from(row[i]) - self.mean[i]) / self.std[i])
    }
}
