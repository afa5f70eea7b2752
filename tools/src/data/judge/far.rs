//! What rows tell about themselves before anything is trained on them.

use super::{
    Table, first_of, rounding,
    statistics::{column, quartiles, spread},
};

/// Farther from the median than this many robust standard deviations, a value is worth a look. Of a
/// million rows, normal ones reach 5, those of a Laplace distribution 15; a lognormal of sigma 1
/// passes it, and a sentinel such as -9999 does.
///
/// The distance is counted in interquartile ranges / 1.349, as a lone sentinel among n rows raises
/// the standard deviation so much that it is never more than sqrt(n) of those away from the mean.
const FAR: f64 = 30.0;

/// What is remarkable about a table's columns.
#[derive(Clone, Debug)]
pub struct Findings {
    /// The step that each column is rounded to, 0 where it is continuous.
    pub steps: Vec<f64>,
    /// Values far from all others, at most one a column, the farthest first.
    pub far: Vec<Far>,
}

/// A value far from the others of its column.
#[derive(Clone, Debug)]
pub struct Far {
    /// Its column.
    pub column: usize,
    /// Its row, from 0.
    pub row: usize,
    /// Itself.
    pub value: f32,
    /// How many robust standard deviations it is from the median.
    pub distance: f64,
}

impl Findings {
    /// Looks at each column.
    pub fn of(table: &Table) -> Self {
        let d = table.dimension();
        let mut findings = Findings { steps: rounding::steps(&table.rows, d), far: Vec::new() };
        for i in 0..d {
            let values = column(&table.rows, d, i);
            let mut sorted = values.clone();
            sorted.sort_unstable_by(f64::total_cmp);
            let ([_, median, _], scale) = (quartiles(&sorted), spread(&sorted));
            let distance = |x: f64| (x - median).abs() / scale;
            let ends = [sorted[0], sorted[sorted.len() - 1]];
            let value = if distance(ends[0]) > distance(ends[1]) { ends[0] } else { ends[1] };
            if distance(value) > FAR {
                let row = values.iter().position(|&x| x == value).unwrap_or(0);
                findings.far.push(Far {
                    column: i,
                    row,
                    value: value as f32,
                    distance: distance(value),
                });
            }
        }
        findings.far.sort_by(|a, b| b.distance.total_cmp(&a.distance));
        findings
    }

    /// A line for each kind of finding; `dequantized` where rounded columns get noise, so that
    /// nothing is to be said of them.
    pub fn warnings(&self, table: &Table, dequantized: bool) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.steps.iter().any(|&step| step > 0.0) && !dequantized {
            warnings.push(format!(
                "rounded columns, where a density on ties is meaningless: {}; give --dequantize to add noise of one step, or \
                 leave them out by --exclude",
                rounding::describe(&table.features, &self.steps)
            ));
        }
        if let [Far { column, row, value, distance }, others @ ..] = &self.far[..] {
            let others: Vec<String> =
                others.iter().map(|far| table.features[far.column].clone()).collect();
            let others = if others.is_empty() {
                String::new()
            } else {
                format!("; so have {}", first_of(&others))
            };
            warnings.push(format!(
                "column {} has {value:?} in {}, {distance:.0} robust standard deviations from the median: drop such rows if it \
                 is a sentinel, else take a logarithm or try --standardize robust{others}",
                table.features[*column],
                table.places.describe(*row)
            ));
        }
        warnings
    }
}
