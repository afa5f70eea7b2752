use super::super::{
    Table,
    list::first_of,
    statistics::{column, quartiles, spread},
};
use crate::hint::{Hint, Hinted};

/// Values farther from the median than this many robust standard deviations are named. Of a
/// million rows, normal ones reach 5 and those of a Laplace distribution 15; a lognormal of sigma 1
/// passes it, and a sentinel such as -9999 does.
///
/// The distance is counted in interquartile ranges / 1.349. A lone sentinel among n rows raises
/// the standard deviation so much that it is never more than sqrt(n) of those from the mean.
const FAR: f64 = 30.0;

/// The farthest value of a column.
struct Farthest {
    /// The index of the column.
    column: usize,
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
    let (Farthest { column, row, value, distance }, others) = found.split_first()?;
    let message = format!(
        "column {} has {value:?} in {}, {distance:.0} robust standard deviations from the median",
        table.features[*column],
        table.places.describe(*row)
    );
    let others: Vec<String> = others.iter().map(|far| table.features[far.column].clone()).collect();
    Some(Hinted::new(message, Hint::StandardizeRobustly(first_of(&others))))
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
    Farthest { column: i, row, value: value as f32, distance: distance(value) }
}
