//! Whether rows depend on the rows before them, as readings of a slow signal do, and for how long.

use super::statistics::spread;
use rand::RngExt;
use rand_core::SeedableRng;
use rand_xoshiro::Xoshiro128PlusPlus;

/// Rows whose products with later rows are averaged: all, or this many drawn at random.
const SAMPLE: usize = 4096;

/// Lags that are searched for dependence: those of one device beside up to 15 others, too.
const LAGS: usize = 16;

/// A correlation below this one does not count as dependence, however certain it is.
const MATERIAL: f64 = 0.25;

/// The probability that independent rows count as dependent is below this one.
const FALSE_ALARM: f64 = 1e-4;

/// A correlation that has fallen to this one has ended.
const ENDED: f64 = 0.05;

/// Lags grow by this factor while a correlation is followed to its end.
const GROWTH: f64 = 1.15;

/// How rows follow each other.
///
/// The correlation of a feature with itself k rows later is `r(k) = mean(y[t] y[t + k])`. Here y is
/// `u / (1 + |u|)` with mean 0 and variance 1, and u is the feature in robust standard deviations
/// from the median, so that no tail counts too much. Rows are dependent where an r(k) is above 0.25
/// and above
///
/// ```text
/// sqrt(2 L / n) + 2/3 m L / n,    L = ln(lags features / 1e-4),  m = max y^2,  n = products
/// ```
///
/// By Freedman's inequality independent rows pass that with a probability below 1e-4, whatever
/// their distribution.
#[derive(Clone, Debug, PartialEq)]
pub struct Dependence {
    /// The correlation time in rows: the sum of r(k) over all k, positive and negative, of the
    /// feature where it is longest; 1 where rows are independent.
    pub time: usize,
    /// That feature; none where rows are independent.
    pub feature: Option<usize>,
    /// How many independent rows a row is worth: the mean over the features of 1 / correlation
    /// time, without features that count.
    pub worth: f64,
}

impl Dependence {
    /// Rows that have nothing to do with each other.
    pub const NONE: Dependence = Dependence { time: 1, feature: None, worth: 1.0 };

    /// Measures these of the rows of `d` features, which follow each other. Features that count say
    /// nothing of the others, whatever their order: they are left out, unless all count. `counters`
    /// says for each feature whether it does; it may be empty where none does.
    pub fn of(rows: &[f32], d: usize, order: &[u32], counters: &[bool]) -> Self {
        if order.is_empty() {
            return Dependence::NONE;
        }
        let counters = if counters.iter().all(|&counts| counts) { &[] } else { counters };
        let others = d - counters.iter().filter(|&&counts| counts).count();
        let series = Series::new(rows, d, order);
        let lags = LAGS.min(order.len() / 4);
        let correlations: Vec<Vec<f64>> = (1..=lags).map(|lag| series.correlations(lag)).collect();
        let mut found = Dependence::NONE;
        let mut worth = 0.0;
        for (feature, bound) in series.bounds().into_iter().enumerate() {
            if counters.get(feature) == Some(&true) {
                continue;
            }
            // One device beside others follows itself at a lag above 1.
            let most = (0..lags).max_by(|&a, &b| {
                correlations[a][feature].total_cmp(&correlations[b][feature]).then(b.cmp(&a))
            });
            let stride = most.filter(|&lag| correlations[lag][feature] > bound.max(MATERIAL));
            let time = stride.map_or(1, |lag| series.time(feature, lag + 1));
            worth += 1.0 / (others * time) as f64;
            if time > found.time {
                (found.time, found.feature) = (time, Some(feature));
            }
        }
        if found.time > 1 { Dependence { worth, ..found } } else { found }
    }
}

/// Rows in order, each feature without its tails, with mean 0 and variance 1.
struct Series<'a> {
    rows: &'a [f32],
    order: &'a [u32],
    features: Vec<Feature>,
    /// Places in the order.
    sample: Vec<usize>,
    /// The sampled rows.
    sampled: Vec<f64>,
}

/// What takes a reading to y.
struct Feature {
    median: f64,
    spread: f64,
    mean: f64,
    std: f64,
}

impl Feature {
    fn of(values: impl Iterator<Item = f64>) -> Self {
        let mut sorted: Vec<f64> = values.collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let scale = spread(&sorted);
        let spread = if scale > 0.0 { scale } else { 1.0 };
        let mut feature = Feature { median: sorted[sorted.len() / 2], spread, mean: 0.0, std: 1.0 };
        sorted.iter_mut().for_each(|x| *x = feature.y(*x));
        let (mean, std) = super::statistics::moments(&sorted);
        (feature.mean, feature.std) = (mean, if std > 0.0 { std } else { 1.0 });
        feature
    }

    fn y(&self, x: f64) -> f64 {
        let u = (x - self.median) / self.spread;
        (u / (1.0 + u.abs()) - self.mean) / self.std
    }
}

impl<'a> Series<'a> {
    fn new(rows: &'a [f32], d: usize, order: &'a [u32]) -> Self {
        let mut rng = Xoshiro128PlusPlus::seed_from_u64(0);
        let count = order.len();
        let sample: Vec<usize> = if count <= SAMPLE {
            (0..count).collect()
        } else {
            (0..SAMPLE).map(|_| rng.random_range(0..count)).collect()
        };
        let at = |t: usize, i: usize| f64::from(rows[order[t] as usize * d + i]);
        let features: Vec<Feature> =
            (0..d).map(|i| Feature::of(sample.iter().map(|&t| at(t, i)))).collect();
        let mut series = Series { rows, order, features, sample, sampled: Vec::new() };
        series.sampled = series.sample.iter().flat_map(|&t| series.row(t)).collect();
        series
    }

    fn row(&self, t: usize) -> impl Iterator<Item = f64> {
        let d = self.features.len();
        let row = &self.rows[self.order[t] as usize * d..][..d];
        row.iter().zip(&self.features).map(|(&x, feature)| feature.y(x.into()))
    }

    /// r(lag) of each feature.
    fn correlations(&self, lag: usize) -> Vec<f64> {
        let d = self.features.len();
        let mut sums = vec![0.0; d];
        let mut count = 0;
        for (&t, y) in self.sample.iter().zip(self.sampled.chunks_exact(d)) {
            if t + lag < self.order.len() {
                count += 1;
                for ((sum, y), later) in sums.iter_mut().zip(y).zip(self.row(t + lag)) {
                    *sum += y * later;
                }
            }
        }
        sums.iter().map(|sum| sum / f64::from(count.max(1))).collect()
    }

    /// r(lag) of one feature.
    fn correlation(&self, i: usize, lag: usize) -> f64 {
        let d = self.features.len();
        let later = |t: usize| self.rows.get(*self.order.get(t + lag)? as usize * d + i);
        let products = self
            .sample
            .iter()
            .zip(self.sampled[i..].iter().step_by(d))
            .filter_map(|(&t, y)| Some(y * self.features[i].y(f64::from(*later(t)?))));
        let (sum, count) = products.fold((0.0, 0), |(sum, count), x| (sum + x, count + 1));
        sum / f64::from(count.max(1))
    }

    /// What r of each feature does not pass where rows are independent.
    fn bounds(&self) -> Vec<f64> {
        let d = self.features.len();
        let n = self.sample.len() as f64;
        let l = ((LAGS * d) as f64 / FALSE_ALARM).ln();
        let largest =
            |i: usize| self.sampled[i..].iter().step_by(d).map(|y| y * y).fold(0.0, f64::max);
        (0..d).map(|i| (2.0 * l / n).sqrt() + 2.0 / 3.0 * largest(i) * l / n).collect()
    }

    /// The correlation time of a feature, in rows, from every stride-th lag.
    fn time(&self, feature: usize, stride: usize) -> usize {
        let (mut sum, mut last, mut before) = (0.0, 0, 1.0);
        let mut k = 1;
        while k * stride < self.order.len() / 2 {
            let r = self.correlation(feature, k * stride);
            if r < ENDED {
                break;
            }
            // Both directions of the trapezoid between two lags.
            sum += (k - last) as f64 * (before + r);
            (last, before) = (k, r);
            k = (k + 1).max((k as f64 * GROWTH) as usize);
        }
        (stride as f64 * sum).ceil().max(1.0) as usize
    }
}
