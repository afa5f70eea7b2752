//! How many of the rows that are least likely are anomalies.

/// The average precision of -log_prob; `None` unless there are both anomalies and normal rows.
///
/// The precision at a threshold is the part of the rows below it that are anomalies. The average
/// weighs each threshold by the part of the anomalies that it adds. 1 is perfect; the part of
/// anomalies among all rows is chance. Rows that are equally likely are below a threshold together.
///
/// ```
/// use couplet_tools::evaluate::precision::average_precision;
///
/// let anomaly = [true, false, true, false];
/// assert_eq!(average_precision(&[-4.0, -3.0, -2.0, -1.0], &anomaly), Some((1.0 + 2.0 / 3.0) / 2.0));
/// assert_eq!(average_precision(&[-1.0], &[true]), None);
/// ```
pub fn average_precision<T: Copy + Into<f64>>(log_probs: &[T], anomaly: &[bool]) -> Option<f64> {
    let mut order: Vec<(f64, bool)> =
        log_probs.iter().zip(anomaly).map(|(&x, &anomaly)| (x.into(), anomaly)).collect();
    order.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let (mut below, mut found, mut sum) = (0, 0, 0.0);
    for ties in order.chunk_by(|a, b| a.0 == b.0) {
        let anomalies = ties.iter().filter(|(_, anomaly)| *anomaly).count();
        (below, found) = (below + ties.len(), found + anomalies);
        sum += anomalies as f64 * found as f64 / below as f64;
    }
    (found > 0 && found < order.len()).then(|| sum / found as f64)
}

#[cfg(test)]
mod tests {
    use super::average_precision;

    #[test]
    fn ties_count_together_and_impossible_rows_come_first() {
        let (n, a) = (false, true);
        // all alike: the part of anomalies
        assert_eq!(average_precision(&[1.5_f32; 5], &[a, n, n, a, n]), Some(0.4));
        assert_eq!(average_precision(&[f32::NEG_INFINITY, -1e38, 0.0], &[a, n, n]), Some(1.0));
        // the worst order of one anomaly and three normal rows
        assert_eq!(average_precision(&[3.0, 0.0, 1.0, 2.0], &[a, n, n, n]), Some(0.25));
        assert_eq!(average_precision(&[-1.0], &[false]), None);
    }
}
