//! How well log-densities tell anomalies from normal rows.

/// The area under the receiver operating characteristic of -log_prob; `None` unless there are both
/// anomalies and normal rows.
///
/// The area is the probability that an anomaly is less likely under the model than a normal row,
/// where equal log-densities count half. 1 is perfect, 1/2 is chance. It follows from the sum of
/// ranks (Mann and Whitney 1947), with the mean rank for ties.
///
/// ```
/// use couplet_tools::evaluate::auroc::auroc;
///
/// let anomaly = [false, false, true, true];
/// assert_eq!(auroc(&[-1.0, -2.0, -2.0, f32::NEG_INFINITY], &anomaly), Some(3.5 / 4.0));
/// assert_eq!(auroc(&[-1.0], &[true]), None);
/// ```
pub fn auroc<T: Copy + Into<f64>>(log_probs: &[T], anomaly: &[bool]) -> Option<f64> {
    let mut order: Vec<(f64, bool)> =
        log_probs.iter().zip(anomaly).map(|(&x, &anomaly)| (-x.into(), anomaly)).collect();
    order.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let (mut below, mut won) = (0, 0.0);
    for ties in order.chunk_by(|a, b| a.0 == b.0) {
        let anomalies = ties.iter().filter(|(_, anomaly)| *anomaly).count();
        let normal = ties.len() - anomalies;
        won += anomalies as f64 * (below as f64 + normal as f64 / 2.0);
        below += normal;
    }
    let anomalies = order.len() - below;
    (below > 0 && anomalies > 0).then(|| won / (below as f64 * anomalies as f64))
}

#[cfg(test)]
mod tests {
    use super::auroc;

    const INFINITY: f32 = f32::INFINITY;

    /// Counted by hand over all pairs of a normal row and an anomaly.
    #[test]
    fn each_pair_counts_one_half_or_nothing() {
        let (n, a) = (false, true);
        // anomalies -5 and -1 against normal -3 and -2: 2 pairs of 4
        assert_eq!(auroc(&[-5.0, -1.0, -3.0, -2.0], &[a, a, n, n]), Some(0.5));
        // -3 beats both, -2 ties with one and beats the other: 3.5 of 4
        assert_eq!(auroc(&[-3.0, -2.0, -2.0, -1.0], &[a, a, n, n]), Some(3.5 / 4.0));
        // all alike
        assert_eq!(auroc(&[1.5; 5], &[a, n, n, a, n]), Some(0.5));
        // -0 equals 0: one tie and one win of 2 pairs
        assert_eq!(auroc(&[-0.0, 0.0, 1.0], &[a, n, n]), Some(0.75));
    }

    /// A reading the device calls impossible is more anomalous than any other, and as anomalous as
    /// another such.
    #[test]
    fn impossible_readings_rank_highest_and_tie() {
        let (n, a) = (false, true);
        assert_eq!(auroc(&[-INFINITY, -1e38, 0.0], &[a, n, n]), Some(1.0));
        // of 2 x 2 pairs: -inf ties with -inf and beats 0; -1 loses to -inf and beats 0
        assert_eq!(auroc(&[-INFINITY, -1.0, -INFINITY, 0.0], &[a, a, n, n]), Some(2.5 / 4.0));
    }

    #[test]
    fn one_kind_of_row_has_no_area() {
        assert_eq!(auroc(&[-1.0, -2.0], &[false, false]), None);
        assert_eq!(auroc(&[-1.0, -2.0], &[true, true]), None);
        assert_eq!(auroc::<f32>(&[], &[]), None);
    }
}
