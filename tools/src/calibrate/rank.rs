//! Which of the sorted calibration rows is the threshold, and what that promises.

/// The rank k of the threshold among n sorted log_probs that keeps the rate of false alarms: that of
/// alpha in the mean over calibrations, k = floor(alpha (n + 1)); or, with a confidence, the largest
/// k with P(Binomial(n, alpha) <= k - 1) <= 1 - confidence. 0 where there are too few rows.
///
/// The marginal rank is that of split-conformal prediction (Vovk, Gammerman and Shafer, 2005); the
/// other one is a tolerance limit (Wilks, 1941), <https://doi.org/10.1214/aoms/1177731788>.
pub fn rank(rows: usize, alpha: f64, confidence: Option<f64>) -> usize {
    match confidence {
        // What rounding takes off a product that is whole.
        None => (alpha * (rows + 1) as f64 + 1e-9) as usize,
        Some(confidence) => {
            let mut below = Binomial::new(rows, alpha);
            (1..=rows).take_while(|_| below.next() <= 1.0 - confidence).count()
        }
    }
}

/// The fewest rows with which [`rank`] is at least 1.
pub fn rows_needed(alpha: f64, confidence: Option<f64>) -> usize {
    let exact = match confidence {
        None => 1.0 / alpha - 1.0,
        Some(confidence) => (1.0 - confidence).ln() / (-alpha).ln_1p(),
    };
    (exact - 1e-6).ceil() as usize
}

/// The rate of false alarms lies between these with a confidence of 90 %: the quantiles .05 and .95
/// of Beta(k, n + 1 - k), whatever the distribution of the log_probs.
pub fn realised(rows: usize, rank: usize) -> [f64; 2] {
    // P(Beta(k, n + 1 - k) <= x) = P(Binomial(n, x) >= k)
    let cumulative = |x: f64| {
        let mut below = Binomial::new(rows, x);
        1.0 - (0..rank).map(|_| below.next()).last().unwrap_or(0.0)
    };
    [0.05, 0.95].map(|part| {
        let (mut low, mut high) = (0.0, 1.0);
        for _ in 0..60 {
            let middle = (low + high) / 2.0;
            if cumulative(middle) < part { low = middle } else { high = middle }
        }
        high
    })
}

/// P(Binomial(n, p) <= 0), <= 1, and so on.
struct Binomial {
    rows: f64,
    odds: f64,
    /// ln P(Binomial = next).
    log: f64,
    next: f64,
    sum: f64,
}

impl Binomial {
    fn new(rows: usize, p: f64) -> Self {
        let rows = rows as f64;
        Binomial {
            rows,
            odds: p.ln() - (-p).ln_1p(),
            log: rows * (-p).ln_1p(),
            next: 0.0,
            sum: 0.0,
        }
    }

    fn next(&mut self) -> f64 {
        self.sum += self.log.exp();
        self.log += ((self.rows - self.next) / (self.next + 1.0)).ln() + self.odds;
        self.next += 1.0;
        self.sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rows_that_are_needed_are_enough_and_one_less_is_not() {
        let asked = |alpha: f64| [None, Some(0.95), Some(0.99)].map(|c| rows_needed(alpha, c));
        assert_eq!(
            [1e-2, 1e-3, 1e-4].map(asked),
            [[99, 299, 459], [999, 2995, 4603], [9999, 29_956, 46_050]]
        );
        for alpha in [0.05, 1e-2, 3e-3, 1e-3, 1e-4] {
            for confidence in [None, Some(0.9), Some(0.95), Some(0.99)] {
                let rows = rows_needed(alpha, confidence);
                let ranks = [rows - 1, rows].map(|rows| rank(rows, alpha, confidence));
                assert_eq!(ranks, [0, 1], "{alpha} {confidence:?}");
            }
        }
    }

    /// Ranks of the design's table.
    #[test]
    fn ranks_are_the_largest_that_keep_the_promise() {
        let cases = [(999, 1e-2, None, 10), (999, 1e-2, Some(0.95), 5), (9999, 1e-3, None, 10)];
        for (rows, alpha, confidence, expected) in cases {
            assert_eq!(rank(rows, alpha, confidence), expected);
        }
    }

    #[test]
    fn the_realised_rate_has_the_quantiles_of_a_beta_distribution() {
        // Beta(1, n): 1 - (1 - part)^(1/n)
        let expected = [0.05, 0.95].map(|part: f64| 1.0 - (1.0 - part).powf(1.0 / 99.0));
        for (found, expected) in realised(99, 1).iter().zip(expected) {
            assert!((found - expected).abs() < 1e-12, "{found} {expected}");
        }
        // about k/(n + 1) with a standard deviation of sqrt(k)/(n + 1)
        let [low, high] = realised(9999, 100);
        assert!(
            (0.0083..0.0086).contains(&low) && (0.0116..0.0119).contains(&high),
            "{low} {high}"
        );
    }
}
