use super::super::{
    Table,
    list::first_of,
    statistics::{column, quartiles, spread},
};
use crate::hint::{Hint, Hinted};

/// The warning names values farther from the median than this many robust standard deviations,
/// which are interquartile ranges / 1.349. A million normal rows reach 5, a million rows of a
/// Laplace distribution reach 15. A lognormal of sigma 1 goes beyond 30, and so does a sentinel such
/// as -9999.
///
/// Plain standard deviations would not do: a single sentinel in n rows raises the standard
/// deviation so much that it is never more than sqrt(n) of them from the mean.
const FAR: f64 = 30.0;

/// The farthest value of a column.
struct Farthest {
    /// The index of the feature.
    feature: usize,
    /// The row of the value, from 0.
    row: usize,
    value: f32,
    /// How many robust standard deviations the value is from the median.
    distance: f64,
}

/// Warns of values far from all others in their column: names the farthest of all, and the other
/// columns that have such values.
pub fn far(table: &Table) -> Option<Hinted> {
    let columns = 0..table.dimension();
    let mut found: Vec<Farthest> =
        columns.map(|i| farthest(table, i)).filter(|far| far.distance > FAR).collect();
    found.sort_by(|a, b| b.distance.total_cmp(&a.distance));
    let (Farthest { feature, row, value, distance }, others) = found.split_first()?;
    let message = format!(
        "column {} has {value:?} in {}, {distance:.0} robust standard deviations from the median",
        table.features[*feature],
        table.places.describe(*row)
    );
    let names: Vec<String> = others.iter().map(|far| table.features[far.feature].clone()).collect();
    Some(Hinted::new(message, Hint::StandardizeRobustly(first_of(&names))))
}

/// The value of a column that is farthest from its median.
fn farthest(table: &Table, i: usize) -> Farthest {
    let values = column(&table.rows, table.dimension(), i);
    let mut sorted = values.clone();
    sorted.sort_unstable_by(f64::total_cmp);
    let ([_, median, _], scale) = (quartiles(&sorted), spread(&sorted));
    let distance = |x: f64| (x - median).abs() / scale;
    let ends = [sorted[0], sorted[sorted.len() - 1]];
    let value = if distance(ends[0]) > distance(ends[1]) { ends[0] } else { ends[1] };
    let row = values.iter().position(|&x| x == value).unwrap_or(0);
    Farthest { feature: i, row, value: value as f32, distance: distance(value) }
}
