use super::super::statistics::{column, moments};
use crate::hint::{Hint, Hinted};

/// With fewer steps of f32 in a standard deviation, most readings are equal to others.
const FEWEST_STEPS: f64 = 16.0;

/// Warns of columns that f32 resolves coarsely, because their mean is large beside their standard
/// deviation. Each warning has the index of its column.
pub fn coarse(features: &[String], rows: &[f32]) -> Vec<(usize, Hinted)> {
    let warning = |(i, name): (usize, &String)| {
        let (mean, std) = moments(&column(rows, features.len(), i));
        let near = (mean as f32).abs();
        let steps = std / f64::from(near.next_up() - near);
        (steps > 0.0 && steps < FEWEST_STEPS).then(|| {
            let message = format!(
                "column {name}: the standard deviation is {steps:.1} steps of f32 at the mean {}, \
                 so many readings are equal",
                mean as f32
            );
            (i, Hinted::new(message, Hint::SubtractOffset))
        })
    };
    features.iter().enumerate().filter_map(warning).collect()
}
