//! Statistics of one column of numbers.

/// The interquartile range of a normal distribution, in standard deviations.
pub const NORMAL_RANGE: f64 = 1.349;

/// The numbers of one column, in f64. The rows have `d` numbers each.
pub fn column(rows: &[f32], d: usize, column: usize) -> Vec<f64> {
    rows.iter().skip(column).step_by(d).map(|&x| f64::from(x)).collect()
}

/// The mean and the standard deviation of a column (the root of the mean squared deviation).
pub fn moments(column: &[f64]) -> (f64, f64) {
    let count = column.len() as f64;
    let mean = column.iter().sum::<f64>() / count;
    (mean, (column.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / count).sqrt())
}

/// The quartiles of sorted numbers: a quarter, a half and three quarters of them are below.
pub fn quartiles(sorted: &[f64]) -> [f64; 3] {
    [1, 2, 3].map(|quarter| sorted[sorted.len() * quarter / 4])
}

/// A robust standard deviation of sorted numbers, which a few far values do not move: that of the
/// normal distribution with the same interquartile range. Where that range is zero, the plain
/// standard deviation.
pub fn spread(sorted: &[f64]) -> f64 {
    let [low, _, high] = quartiles(sorted);
    if high > low { (high - low) / NORMAL_RANGE } else { moments(sorted).1 }
}
