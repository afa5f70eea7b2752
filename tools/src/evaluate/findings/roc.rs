use serde::Serialize;

/// The most points of a curve.
const POINTS: usize = 200;

/// The receiver operating characteristic of -log_prob: for each threshold, the part of the anomalies
/// below it against the part of the normal rows.
#[derive(Clone, Debug, Serialize)]
pub struct Roc {
    /// From no row below the threshold to all; a part of the points where there are many.
    pub curve: Vec<Rates>,
    /// The rates at the threshold of the alarm, if there is one.
    pub at_threshold: Option<Rates>,
}

/// The rows below a threshold.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Rates {
    /// The part of the normal rows: false alarms.
    pub false_alarms: f64,
    /// The part of the anomalies.
    pub detected: f64,
}

impl Roc {
    /// Of log_probs of which some are of anomalies and some of normal rows.
    pub fn of(log_probs: &[f32], anomaly: &[bool], threshold: Option<f32>) -> Self {
        let mut order: Vec<(f32, bool)> =
            log_probs.iter().copied().zip(anomaly.iter().copied()).collect();
        order.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let all = anomaly.iter().filter(|&&anomaly| anomaly).count();
        let rates = |[normal, anomalies]: [usize; 2]| Rates {
            false_alarms: normal as f64 / (anomaly.len() - all).max(1) as f64,
            detected: anomalies as f64 / all.max(1) as f64,
        };
        let mut below = [0, 0];
        let mut whole = vec![rates(below)];
        for ties in order.chunk_by(|a, b| a.0 == b.0) {
            ties.iter().for_each(|&(_, anomaly)| below[usize::from(anomaly)] += 1);
            whole.push(rates(below));
        }
        let count = |anomaly: bool| {
            let is_below = |x: f32| threshold.is_some_and(|threshold| x < threshold);
            order.iter().filter(|&&(x, other)| other == anomaly && is_below(x)).count()
        };
        let at_threshold = threshold.map(|_| rates([count(false), count(true)]));
        Roc { curve: thinned(&whole), at_threshold }
    }
}

/// Points that are far enough from the one before, with the first and the last.
fn thinned(curve: &[Rates]) -> Vec<Rates> {
    let step = 2.0 / POINTS as f64;
    let mut kept: Vec<Rates> = Vec::new();
    for (i, point) in curve.iter().enumerate() {
        let is_far = kept.last().is_none_or(|last| {
            point.false_alarms - last.false_alarms + point.detected - last.detected >= step
        });
        if is_far || i + 1 == curve.len() {
            kept.push(*point);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_curve_goes_from_no_row_to_all_rows() {
        let (n, a) = (false, true);
        let found = Roc::of(&[-9.0, -5.0, -5.0, -1.0], &[a, n, a, n], Some(-5.0));
        let rates = |false_alarms, detected| Rates { false_alarms, detected };
        assert_eq!(
            found.curve,
            [rates(0.0, 0.0), rates(0.0, 0.5), rates(0.5, 1.0), rates(1.0, 1.0)]
        );
        assert_eq!(found.at_threshold, Some(rates(0.0, 0.5)));
    }

    #[test]
    fn many_rows_give_few_points_of_the_same_curve() {
        let log_probs: Vec<f32> = (0..100_000).map(|i| (i * 7919 % 100_003) as f32).collect();
        let anomaly: Vec<bool> = (0..100_000).map(|i| i % 3 == 0).collect();
        let Roc { curve, .. } = Roc::of(&log_probs, &anomaly, None);
        assert!(curve.len() <= POINTS + 2, "{}", curve.len());
        let rates = |x| Rates { false_alarms: x, detected: x };
        assert_eq!((curve[0], curve[curve.len() - 1]), (rates(0.0), rates(1.0)));
        assert!(curve.iter().all(|point| (point.detected - point.false_alarms).abs() < 0.02));
    }
}
