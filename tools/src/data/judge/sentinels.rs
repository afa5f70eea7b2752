use super::super::statistics::{column, moments, quartiles};
use anyhow::{Result, bail};

/// Above this many interquartile ranges, a few values alone make the standard deviation. Honest
/// heavy tails stay far below: thousands of rows of Student's t with two degrees of freedom, or of
/// a lognormal of sigma 2, reach tens.
const FAR_OUT: f64 = 1e4;

/// Refuses a value so far out that standardization would leave no difference between the other
/// rows.
///
/// # Errors
///
/// The column, the value and its row.
pub fn refuse_sentinels(features: &[String], rows: &[f32]) -> Result<()> {
    for (i, name) in features.iter().enumerate() {
        let column = column(rows, features.len(), i);
        if column.is_empty() {
            return Ok(());
        }
        let mut sorted = column.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        let [low, median, high] = quartiles(&sorted);
        if high > low && moments(&column).1 > FAR_OUT * (high - low) {
            let distance = |row: &usize| (column[*row] - median).abs();
            let row =
                (0..column.len()).max_by(|a, b| distance(a).total_cmp(&distance(b))).unwrap_or(0);
            bail!(
                "column {name}: {:?} in row {} is so far out that the other rows would count as \
                 equal; drop the row if it is a sentinel",
                column[row] as f32,
                row + 1
            );
        }
    }
    Ok(())
}
