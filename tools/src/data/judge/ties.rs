//! Equal readings in a column: how many there are, and whether they harm.

use super::super::{
    list::first_of,
    rounding,
    statistics::{column, spread},
};
use crate::hint::{Hint, Hinted};

/// A rounded column with fewer steps in a robust standard deviation is too coarse: a flow can learn
/// its steps, as it has tens of kinks in each direction. With more steps it cannot.
const FEWEST_STEPS: f64 = 20.0;

/// The part of the rows that one value may have. A bell curve rounded to [`FEWEST_STEPS`] stays
/// below.
const LARGEST_SHARE: f64 = 0.03;

/// Fewer rows than this with one value are no pattern.
const FEWEST_ROWS: usize = 10;

/// The part of the rows that may repeat the value of the row before.
const LARGEST_HELD: f64 = 0.5;

/// The equal readings of a column.
#[derive(Clone, Copy, Debug)]
pub struct Ties {
    /// The step that the column is rounded to, 0 if it is continuous.
    pub step: f64,
    /// Whether a flow can learn the steps.
    coarse: bool,
    /// The value that most rows have, if it has more than its share, and the part of the rows that
    /// have it.
    mass: Option<(f64, f64)>,
    /// The part of the rows that repeat the value of the row before.
    held: f64,
}

impl Ties {
    /// Of the readings of column `i` of rows of `d` features.
    pub fn of(rows: &[f32], d: usize, i: usize) -> Self {
        let mut sorted = column(rows, d, i);
        let count = sorted.len() as f64;
        let repeated = sorted.windows(2).filter(|pair| pair[0] == pair[1]).count();
        sorted.sort_unstable_by(f64::total_cmp);
        let step = rounding::step(&sorted).unwrap_or(0.0);
        let most = sorted.chunk_by(|a, b| a == b).max_by_key(|equal| equal.len());
        let mass = most.filter(|equal| {
            equal.len() >= FEWEST_ROWS && equal.len() as f64 > LARGEST_SHARE * count
        });
        Ties {
            step,
            coarse: step * FEWEST_STEPS > spread(&sorted),
            mass: mass.map(|equal| (equal[0], equal.len() as f64 / count)),
            held: repeated as f64 / count,
        }
    }

    /// What harms in a column that is not coarse, in words.
    fn describe(&self) -> Option<String> {
        let percent = |part: f64| format!("{:.0} % of the rows", 100.0 * part);
        match self {
            Ties { coarse: true, .. } => None,
            Ties { mass: Some((value, part)), .. } => {
                Some(format!("{:?} in {}", *value as f32, percent(*part)))
            }
            Ties { held, .. } if *held > LARGEST_HELD => {
                Some(format!("the value of the row before in {}", percent(*held)))
            }
            Ties { .. } => None,
        }
    }
}

/// Warns of columns that are rounded so coarsely that a flow can learn the steps.
pub fn coarse_steps(features: &[String], ties: &[Ties]) -> Option<Hinted> {
    let steps: Vec<f64> =
        ties.iter().map(|ties| if ties.coarse { ties.step } else { 0.0 }).collect();
    let columns = rounding::describe(features, &steps);
    let message = format!("rounded columns, where a density on ties is meaningless: {columns}");
    (!columns.is_empty()).then(|| Hinted::new(message, Hint::Dequantize))
}

/// Warns of columns where many rows have the same value: zeros, clipped or held readings,
/// logarithms of small counts. Not of those that f32 resolves coarsely.
pub fn point_masses(features: &[String], ties: &[Ties], coarse: &[usize]) -> Option<Hinted> {
    let columns = features.iter().zip(ties).enumerate().filter(|(i, _)| !coarse.contains(i));
    let found = columns.filter_map(|(_, (name, ties))| Some((name, ties.describe()?)));
    let (names, words): (Vec<String>, Vec<String>) =
        found.map(|(name, words)| (name.clone(), format!("{name} ({words})"))).unzip();
    let columns = if names.len() == 1 { "a column" } else { "columns" };
    let message = format!(
        "{columns} with one value in many rows, where a density is meaningless: {}",
        first_of(&words)
    );
    (!names.is_empty()).then(|| Hinted::new(message, Hint::ExcludeThese(names)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use couplet::{Base, StandardNormal};
    use rand_core::SeedableRng;
    use rand_xoshiro::Xoshiro128PlusPlus;

    /// The warnings of one column that a function makes of the row's number and a normal number.
    fn warnings(map: impl Fn(usize, f64) -> f64) -> [Option<String>; 2] {
        let mut values = vec![0.0_f64; 20_000];
        StandardNormal.sample(&mut Xoshiro128PlusPlus::seed_from_u64(9), &mut values);
        let rows: Vec<f32> = values.iter().enumerate().map(|(i, &x)| map(i, x) as f32).collect();
        let (features, ties) = (["a".to_string()], [Ties::of(&rows, 1, 0)]);
        [coarse_steps(&features, &ties), point_masses(&features, &ties, &[])]
            .map(|warning| warning.map(|warning| warning.message))
    }

    #[test]
    fn steps_harm_where_a_standard_deviation_has_few() {
        for steps in [40.0, 100.0, 800.0] {
            assert_eq!(warnings(|_, x| (x * steps).round() / steps), [None, None], "{steps}");
        }
        for steps in [0.5, 2.0, 10.0] {
            let [coarse, mass] = warnings(|_, x| (x * steps).round() / steps);
            assert!(coarse.is_some() && mass.is_none(), "{steps}: {coarse:?} {mass:?}");
        }
        assert!(warnings(|_, x| f64::from(x > 1.0))[0].is_some());
    }

    #[test]
    fn values_that_many_rows_have_are_named() {
        let named = |map: &dyn Fn(usize, f64) -> f64, words: &str| {
            let [coarse, mass] = warnings(map);
            assert_eq!(coarse, None);
            assert!(mass.as_ref().is_some_and(|mass| mass.contains(words)), "{words}: {mass:?}");
        };
        named(&|_, x| x.max(0.0), "a (0.0 in 50 % of the rows)");
        named(&|_, x| x.min(1.5), "a (1.5 in 7 % of the rows)");
        named(&|_, x| (1.0 + (3.0 * x.abs()).floor()).ln(), "% of the rows)");
        assert_eq!(warnings(|_, x| x), [None, None]);
        assert_eq!(warnings(|_, x| (0.3 * x).exp()), [None, None]);
    }

    #[test]
    fn held_readings_are_named() {
        let held = |i: usize| ((i / 4) as f64 * 0.7).sin() + (i / 4) as f64 * 1e-3;
        let [coarse, mass] = warnings(|i, _| held(i));
        assert_eq!(coarse, None);
        let words = "a (the value of the row before in 75 % of the rows)";
        assert!(mass.as_ref().is_some_and(|mass| mass.contains(words)), "{mass:?}");
    }
}
