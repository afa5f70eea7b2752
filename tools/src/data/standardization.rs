use super::statistics::{NORMAL_RANGE, column, moments, quartiles};
use crate::{
    hint::{Hint, Hinted},
    model::Standardize,
};
use anyhow::{Result, bail};
use serde::Serialize;

/// What each feature is centred and scaled by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Standardization {
    /// The mean and the standard deviation.
    #[default]
    Mean,
    /// The median and the interquartile range / 1.349, which a heavy tail or a few outliers do not
    /// move.
    Robust,
}

impl Standardization {
    /// Computes the layer from rows, D numbers each: in f64, rounded to f32 once.
    ///
    /// # Errors
    ///
    /// A constant column, or a column whose quartiles are equal if this is
    /// [`Robust`](Self::Robust).
    pub fn of(self, features: &[String], rows: &[f32]) -> Result<Standardize> {
        let mut standardize = Standardize { mean: Vec::new(), std: Vec::new() };
        for (i, name) in features.iter().enumerate() {
            let column = column(rows, features.len(), i);
            let (mean, std) = moments(&column);
            if column.iter().all(|x| *x == column[0]) || std as f32 <= 0.0 {
                let message =
                    format!("column {name} is constant in f32 ({}): it has no density", column[0]);
                bail!(Hinted::new(message, Hint::ExcludeConstant));
            }
            let (centre, scale) = match self {
                Standardization::Mean => (mean, std),
                Standardization::Robust => robust(column),
            };
            if scale as f32 <= 0.0 {
                let message = format!(
                    "column {name} has an interquartile range of 0, as at least half of its \
                     values are {:?}",
                    centre as f32
                );
                bail!(Hinted::new(message, Hint::StandardizeByMean));
            }
            standardize.mean.push(centre as f32);
            standardize.std.push(scale as f32);
        }
        Ok(standardize)
    }
}

/// The median of a column, and the standard deviation of the normal distribution that has its
/// interquartile range.
fn robust(mut column: Vec<f64>) -> (f64, f64) {
    column.sort_unstable_by(f64::total_cmp);
    let [low, median, high] = quartiles(&column);
    (median, (high - low) / NORMAL_RANGE)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rows 0 to 99, and then a value far out.
    fn rows() -> Vec<f32> {
        (0..=100_u8).map(|i| if i == 100 { 1e6 } else { i.into() }).collect()
    }

    #[test]
    fn the_robust_standardization_hardly_feels_an_outlier() {
        let features = ["a".to_string()];
        let Standardize { mean, std } = Standardization::Robust.of(&features, &rows()).unwrap();
        assert_eq!((mean[0], std[0]), (50.0, (50.0 / 1.349) as f32));
        let Standardize { mean, std } = Standardization::Mean.of(&features, &rows()).unwrap();
        assert!(mean[0] > 9_900.0 && std[0] > 90_000.0);
    }
}
