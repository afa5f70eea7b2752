use crate::{
    data::statistics::{NORMAL_RANGE, column, moments, quartiles},
    model::Standardize,
};
use anyhow::{Result, bail};
use clap::ValueEnum;
use serde::Serialize;

/// What stands for the mean and the standard deviation of each feature.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Standardization {
    /// Mean and standard deviation
    #[default]
    Mean,
    /// Median and interquartile range / 1.349, which a heavy tail or a few outliers do not move
    Robust,
}

impl Standardization {
    /// Of rows, row by row; in f64, rounded once.
    ///
    /// # Errors
    ///
    /// A constant column, or one whose quartiles are equal where they are asked for.
    pub fn of(self, features: &[String], rows: &[f32]) -> Result<Standardize> {
        let mut standardize = Standardize { mean: Vec::new(), std: Vec::new() };
        for (i, name) in features.iter().enumerate() {
            let column = column(rows, features.len(), i);
            let (mean, std) = moments(&column);
            if column.iter().all(|x| *x == column[0]) || std as f32 <= 0.0 {
                let first = column[0];
                bail!(
                    "column {name} is constant in f32 ({first}): it has no density; leave it out by --exclude, or subtract an \
                     offset first if its cells differ"
                );
            }
            let (mean, std) = match self {
                Standardization::Mean => (mean, std),
                Standardization::Robust => robust(column),
            };
            if std as f32 <= 0.0 {
                bail!(
                    "column {name} has an interquartile range of 0, as at least half of its values are {:?}: give \
                     --standardize mean, or leave it out by --exclude",
                    mean as f32
                );
            }
            standardize.mean.push(mean as f32);
            standardize.std.push(std as f32);
        }
        Ok(standardize)
    }
}

/// Median, and the standard deviation of the normal distribution that has the column's
/// interquartile range.
fn robust(mut column: Vec<f64>) -> (f64, f64) {
    column.sort_unstable_by(f64::total_cmp);
    let [low, median, high] = quartiles(&column);
    (median, (high - low) / NORMAL_RANGE)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 0 to 99 and, in place of 100, a value far out.
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
