use serde::Serialize;

/// The number of bins.
const BINS: usize = 50;

/// The part of the rows that may lie below the bins, where log_probs have a long tail.
const BELOW: f64 = 0.001;

/// How far the bins reach below the lower quartile, relative to what is above it.
const LONGEST: f64 = 8.0;

/// How many rows have which log_prob.
#[derive(Clone, Debug, Serialize)]
pub struct Histogram {
    /// Where the first bin begins, in nats.
    pub low: f64,
    /// Where the last bin ends.
    pub high: f64,
    /// The normal rows.
    pub normal: Counts,
    /// The anomalies, if there are labels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub anomalies: Option<Counts>,
}

/// The rows of one kind.
#[derive(Clone, Debug, Serialize)]
pub struct Counts {
    /// Rows in each bin.
    pub bins: Vec<usize>,
    /// Possible rows below the first bin.
    pub below: usize,
    /// Impossible rows.
    pub impossible: usize,
}

impl Histogram {
    /// Of log_probs; `None` where all rows are impossible. The threshold, if there is one, lies in
    /// the bins.
    pub fn of(log_probs: &[f32], labels: Option<&[bool]>, threshold: Option<f32>) -> Option<Self> {
        let finite = log_probs.iter().copied().filter(|x| x.is_finite());
        let mut sorted: Vec<f64> = finite.map(f64::from).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let most = *sorted.last()?;
        let quarter = sorted[sorted.len() / 4];
        let tail = sorted[(BELOW * sorted.len() as f64) as usize];
        let low = tail.max(quarter - LONGEST * (most - quarter));
        let shown = |x: f64, choose: fn(f64, f64) -> f64| {
            threshold.map_or(x, |threshold| choose(x, threshold.into()))
        };
        let (low, high) = (shown(low, f64::min), shown(most, f64::max));
        // The threshold needs room on its left, and equal log_probs a bin.
        let margin = if high > low { 0.04 * (high - low) } else { 1.0 };
        let (low, high) = (low - margin, high + 0.25 * margin);
        let count = |anomaly: bool| {
            let of_kind = |row: usize| labels.is_some_and(|labels| labels[row]) == anomaly;
            let rows = log_probs.iter().enumerate().filter(|&(row, _)| of_kind(row));
            Counts::of(rows.map(|(_, &x)| x), low, high)
        };
        Some(Histogram { low, high, normal: count(false), anomalies: labels.map(|_| count(true)) })
    }
}

impl Counts {
    fn of(log_probs: impl Iterator<Item = f32>, low: f64, high: f64) -> Self {
        let mut counts = Counts { bins: vec![0; BINS], below: 0, impossible: 0 };
        for x in log_probs {
            let bin = (f64::from(x) - low) / (high - low) * BINS as f64;
            match bin {
                _ if !x.is_finite() => counts.impossible += 1,
                bin if bin < 0.0 => counts.below += 1,
                bin => counts.bins[(bin as usize).min(BINS - 1)] += 1,
            }
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_is_in_one_place() {
        let mut log_probs: Vec<f32> = (0..2000).map(|i| -(i as f32) / 1000.0).collect();
        log_probs.extend([-1e30, f32::NEG_INFINITY]);
        let labels: Vec<bool> = (0..2002).map(|i| i % 2 == 0).collect();
        let found = Histogram::of(&log_probs, Some(&labels), Some(-1.9)).unwrap();
        let all =
            |counts: &Counts| (counts.bins.iter().sum::<usize>(), counts.below, counts.impossible);
        assert_eq!(all(&found.normal), (1000, 0, 1));
        assert_eq!(all(&found.anomalies.unwrap()), (1000, 1, 0));
        assert!(found.low < -1.9 && found.low > -3.0 && found.high > 0.0, "{}", found.low);
        assert!(Histogram::of(&[f32::NEG_INFINITY], None, None).is_none());
        let equal = Histogram::of(&[-2.0; 5], None, None).unwrap();
        assert_eq!(all(&equal.normal), (5, 0, 0));
    }

    /// A threshold far above or below all rows is seen.
    #[test]
    fn the_threshold_lies_in_the_bins() {
        for threshold in [-50.0, -1.0, 40.0] {
            let found = Histogram::of(&[-3.0, -2.0, -1.5], None, Some(threshold)).unwrap();
            assert!((found.low..found.high).contains(&f64::from(threshold)), "{threshold}");
        }
    }
}
