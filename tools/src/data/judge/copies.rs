use crate::hint::{Hint, Hinted};
use anyhow::{Result, bail};

/// Refuses a column that follows from another: it equals the other, or is the other times a slope
/// plus an offset within the rounding to f32, as a reading in two units is. Such rows lie in a
/// plane, where they have no density over all features.
///
/// # Errors
///
/// Both columns, and how the later follows from the earlier.
pub fn refuse_copies(features: &[String], rows: &[f32]) -> Result<()> {
    let d = features.len();
    let extremes: Vec<Extremes> = (0..d).map(|i| Extremes::of(rows, d, i)).collect();
    for b in 0..d {
        for a in 0..b {
            let (from, to) = (&extremes[a], &extremes[b]);
            if from.low == from.high || to.low == to.high {
                continue;
            }
            let at = |row: usize, column: usize| f64::from(rows[row * d + column]);
            // The line through the two rows where a is least and greatest. Both ends are rounded
            // to f32.
            let slope = (at(from.high_row, b) - at(from.low_row, b)) / (from.high - from.low);
            let offset = at(from.low_row, b) - slope * from.low;
            let tolerance = to.rounding + slope.abs() * from.rounding;
            let follows =
                |row: usize| (at(row, b) - (slope * at(row, a) + offset)).abs() <= tolerance;
            if slope != 0.0 && (0..rows.len() / d).all(follows) {
                let (a, b) = (&features[a], &features[b]);
                let relation = match (slope, offset) {
                    (1.0, 0.0) => format!("equals column {a} in every row"),
                    _ => format!(
                        "is column {a} times {} plus {} in every row",
                        short(slope),
                        short(offset)
                    ),
                };
                let message = format!("column {b} {relation}: together they have no density");
                bail!(Hinted::new(message, Hint::ExcludeOne(b.clone())));
            }
        }
    }
    Ok(())
}

/// The least and the greatest value of a column, and the rows that have them.
struct Extremes {
    low: f64,
    high: f64,
    low_row: usize,
    high_row: usize,
    /// The distance between neighbouring f32 at the largest magnitude: twice the error of rounding.
    rounding: f64,
}

impl Extremes {
    fn of(rows: &[f32], d: usize, column: usize) -> Self {
        let mut found = Extremes {
            low: f64::INFINITY,
            high: f64::NEG_INFINITY,
            low_row: 0,
            high_row: 0,
            rounding: 0.0,
        };
        for (row, &x) in rows.iter().skip(column).step_by(d).enumerate() {
            let value = f64::from(x);
            if value < found.low {
                (found.low, found.low_row) = (value, row);
            }
            if value > found.high {
                (found.high, found.high_row) = (value, row);
            }
        }
        let largest = found.low.abs().max(found.high.abs()) as f32;
        found.rounding = f64::from(largest.next_up()) - f64::from(largest);
        found
    }
}

/// A number to five digits, with an exponent where there are many zeros.
fn short(number: f64) -> String {
    let rounded = format!("{number:.4e}").parse().unwrap_or(number);
    format!("{rounded:?}").trim_end_matches(".0").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use couplet::{Base, StandardNormal};
    use rand_core::SeedableRng;
    use rand_xoshiro::Xoshiro128PlusPlus;

    /// Judges a column a of normal values, a column i of row numbers, and c = map(i, a).
    fn check(map: impl Fn(usize, f32) -> f32) -> Result<()> {
        let mut values = vec![0.0_f32; 3000];
        StandardNormal.sample(&mut Xoshiro128PlusPlus::seed_from_u64(9), &mut values);
        let rows: Vec<f32> =
            values.iter().enumerate().flat_map(|(i, &a)| [a, i as f32, map(i, a)]).collect();
        refuse_copies(&["a".into(), "i".into(), "c".into()], &rows)
    }

    #[track_caller]
    fn refuses(map: impl Fn(usize, f32) -> f32, relation: &str) {
        let message = format!("column c {relation} in every row: together they have no density");
        let error = check(map).unwrap_err();
        let expected = Hinted::new(message, Hint::ExcludeOne("c".into()));
        assert_eq!(error.downcast_ref(), Some(&expected));
    }

    #[test]
    fn copies_are_refused() {
        refuses(|_, a| a, "equals column a");
        refuses(|i, _| i as f32, "equals column i");
        refuses(|_, a| -a, "is column a times -1 plus 0");
        refuses(|_, a| (1.8 * f64::from(a) + 32.0) as f32, "is column a times 1.8 plus 32");
        refuses(|_, a| (1e-9 * f64::from(a) - 5e-9) as f32, "is column a times 1e-9 plus -5e-9");
        refuses(|_, a| (0.1 * f64::from(a) + 30.0) as f32, "is column a times 0.1 plus 30");
    }

    #[test]
    fn what_differs_by_more_than_rounding_is_not_a_copy() {
        check(|i, a| if i == 1500 { a + 1e-5 } else { a }).unwrap();
        check(|_, a| a * a).unwrap();
        check(|_, a| (a * 1000.0).round() / 1000.0).unwrap();
        check(|_, a| 1.8 * a + 32.0 + 1e-4 * (a * 1e4).sin()).unwrap();
        // constant columns have a message of their own
        check(|_, _| 3.0).unwrap();
    }
}
