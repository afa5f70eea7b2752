/// The part of the numbers on each side that may lie outside a range.
const OUTSIDE: f64 = 0.005;

/// The margin on each side, relative to the numbers' range.
const MARGIN: f64 = 0.15;

/// A range around numbers, with a margin. Few far numbers lie outside it, and those that are not
/// finite do not count.
pub fn around(values: impl IntoIterator<Item = f32>) -> [f64; 2] {
    let finite = values.into_iter().filter(|x| x.is_finite());
    let mut sorted: Vec<f64> = finite.map(f64::from).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let Some(most) = sorted.len().checked_sub(1) else { return [-1.0, 1.0] };
    let out = (OUTSIDE * most as f64) as usize;
    let (low, high) = (sorted[out], sorted[most - out]);
    let margin = if high > low { MARGIN * (high - low) } else { 1.0_f64.max(0.1 * low.abs()) };
    [low - margin, high + margin]
}

#[cfg(test)]
mod tests {
    use super::around;

    #[test]
    fn a_range_is_around_most_of_the_numbers() {
        let mut values: Vec<f32> = (0..=1000).map(|i| i as f32).collect();
        values.extend([1e9, f32::NAN, f32::INFINITY]);
        let [low, high] = around(values);
        assert!((-150.0..0.0).contains(&low) && (1100.0..1200.0).contains(&high), "{low} {high}");
        assert_eq!(around([]), [-1.0, 1.0]);
        assert_eq!(around([7.0; 3]), [6.0, 8.0]);
        assert_eq!(around([-1e6]), [-1.1e6, -9e5]);
    }
}
