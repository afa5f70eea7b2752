//! Rows against samples, two features at a time.

use super::{around, given::evenly};
use serde::Serialize;

/// All pairs are shown where there are at most this many features.
const ALL: usize = 8;

/// Where there are more features, this many of the pairs that fit worst are shown.
const WORST: usize = 12;

/// Parts of a feature's range; each holds the same number of points.
const PARTS: usize = 8;

/// Dots of a picture, of all pairs together.
const DOTS: usize = 9000;

/// The fewest and the most dots of one pair.
const DOTS_OF_PAIR: [usize; 2] = [300, 1500];

/// How well samples of a model agree with rows, two features at a time.
#[derive(Clone, Debug, Serialize)]
pub struct Pairs {
    /// How many pairs of features there are.
    pub all: usize,
    /// Rows that were compared.
    pub rows: usize,
    /// Samples that were compared.
    pub samples: usize,
    /// All pairs of few features, else those that fit worst; the worst comes first.
    pub worst: Vec<Pair>,
}

/// Two features.
#[derive(Clone, Debug, Serialize)]
pub struct Pair {
    /// Their names.
    pub features: [String; 2],
    /// The total variation distance between rows and samples over 8 x 8 cells: 0 where they are
    /// alike, 1 where they share no cell.
    pub misfit: f64,
    /// The distance that rows of the same distribution have in the mean.
    pub by_chance: f64,
    /// The ranges of the two features.
    pub ranges: [[f64; 2]; 2],
    /// Some of the rows.
    #[serde(skip)]
    pub rows: Vec<[f32; 2]>,
    /// As many of the samples.
    #[serde(skip)]
    pub sampled: Vec<[f32; 2]>,
}

impl Pair {
    /// What chance leaves unexplained.
    pub fn excess(&self) -> f64 {
        self.misfit - self.by_chance
    }
}

impl Pairs {
    /// Of rows and samples of these features. A row is worth `worth` independent ones. `chosen` are the
    /// indices of two features to look at instead.
    pub fn of(
        features: &[String],
        rows: &[f32],
        samples: &[f32],
        worth: f64,
        chosen: Option<[usize; 2]>,
    ) -> Self {
        let d = features.len();
        let [rows, samples] = [rows, samples].map(|points| finite(points, d));
        let cells: Vec<[Vec<u8>; 2]> = (0..d).map(|i| cells(&rows, &samples, d, i)).collect();
        let all = (0..d).flat_map(|i| (i + 1..d).map(move |j| [i, j]));
        let compared = all.clone().map(|pair| (pair, compare(pair.map(|i| &cells[i]), worth)));
        let mut compared: Vec<([usize; 2], [f64; 2])> = compared.collect();
        compared.sort_by(|(_, a), (_, b)| (b[0] - b[1]).total_cmp(&(a[0] - a[1])));
        match chosen {
            Some(chosen) => compared.retain(|(pair, _)| *pair == chosen),
            None if d > ALL => compared.truncate(WORST),
            None => (),
        }
        let [fewest, most] = DOTS_OF_PAIR;
        let dots = (DOTS / compared.len().max(1)).clamp(fewest, most);
        let pair = |(pair, [misfit, by_chance]): ([usize; 2], [f64; 2])| {
            let values = |i: usize| {
                [&rows, &samples].into_iter().flat_map(move |rows| rows.iter().skip(i).step_by(d))
            };
            Pair {
                features: pair.map(|i| features[i].clone()),
                misfit,
                by_chance,
                ranges: pair.map(|i| around(values(i).copied())),
                rows: points(&rows, d, pair, dots),
                sampled: points(&samples, d, pair, dots),
            }
        };
        Pairs {
            all: all.count(),
            rows: rows.len() / d,
            samples: samples.len() / d,
            worst: compared.into_iter().map(pair).collect(),
        }
    }
}

/// The points whose numbers are finite, all of them.
fn finite(points: &[f32], d: usize) -> Vec<f32> {
    points.chunks_exact(d).filter(|x| x.iter().all(|x| x.is_finite())).flatten().copied().collect()
}

/// In which part of feature `i` each row and each sample lies.
fn cells(rows: &[f32], samples: &[f32], d: usize, i: usize) -> [Vec<u8>; 2] {
    let both = [rows, samples].map(|points| points.iter().skip(i).step_by(d));
    let mut sorted: Vec<f32> = both.iter().cloned().flatten().copied().collect();
    sorted.sort_unstable_by(f32::total_cmp);
    let edges: Vec<f32> =
        (1..PARTS).filter_map(|part| sorted.get(part * sorted.len() / PARTS)).copied().collect();
    both.map(|values| values.map(|x| edges.partition_point(|edge| edge <= x) as u8).collect())
}

/// The misfit of two features, and what it is by chance.
fn compare([a, b]: [&[Vec<u8>; 2]; 2], worth: f64) -> [f64; 2] {
    let counted = |of: usize| {
        let mut counts = [0_u32; PARTS * PARTS];
        for (&x, &y) in a[of].iter().zip(&b[of]) {
            counts[usize::from(x) * PARTS + usize::from(y)] += 1;
        }
        counts
    };
    let [rows, samples] = [a[0].len(), a[1].len()].map(|count| count.max(1) as f64);
    let mut found = [0.0; 2];
    for (of_rows, of_samples) in counted(0).into_iter().zip(counted(1)) {
        let [p, q] = [f64::from(of_rows) / rows, f64::from(of_samples) / samples];
        let pooled = f64::from(of_rows + of_samples) / (rows + samples);
        let variance = pooled * (1.0 - pooled) * (1.0 / (rows * worth) + 1.0 / samples);
        found[0] += (p - q).abs() / 2.0;
        // The mean of the absolute value of a normal number.
        found[1] += (variance * std::f64::consts::FRAC_2_PI).sqrt() / 2.0;
    }
    found
}

/// Some points of two features.
fn points(rows: &[f32], d: usize, pair: [usize; 2], most: usize) -> Vec<[f32; 2]> {
    let all: Vec<usize> = (0..rows.len() / d).collect();
    evenly(&all, most).map(|row| pair.map(|i| rows[row * d + i])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use couplet::{Base, StandardNormal};
    use rand_core::SeedableRng;
    use rand_xoshiro::Xoshiro128PlusPlus;

    fn normal(count: usize, seed: u64) -> Vec<f32> {
        let mut z = vec![0.0_f32; count];
        StandardNormal.sample(&mut Xoshiro128PlusPlus::seed_from_u64(seed), &mut z);
        z
    }

    fn names(d: usize) -> Vec<String> {
        (0..d).map(|i| format!("x{i}")).collect()
    }

    #[test]
    fn rows_of_one_distribution_fit_but_for_chance() {
        let found = Pairs::of(&names(3), &normal(9000, 1), &normal(9000, 2), 1.0, None);
        assert_eq!((found.all, found.worst.len(), found.rows), (3, 3, 3000));
        for pair in &found.worst {
            assert!(pair.excess().abs() < 0.3 * pair.by_chance, "{pair:?}");
        }
    }

    #[test]
    fn the_pair_that_the_model_missed_comes_first() {
        let mut rows = normal(40_000, 3);
        rows.chunks_exact_mut(10).for_each(|x| x[7] = 0.8 * x[2] + 0.6 * x[7]);
        let found = Pairs::of(&names(10), &rows, &normal(40_000, 4), 1.0, None);
        assert_eq!((found.all, found.worst.len()), (45, WORST));
        assert_eq!(found.worst[0].features, ["x2", "x7"]);
        assert!(found.worst[0].excess() > 0.2 && found.worst[1].excess() < 0.05);
        let chosen = Pairs::of(&names(10), &rows, &normal(40_000, 4), 1.0, Some([0, 1]));
        assert_eq!(chosen.worst.len(), 1);
        assert_eq!(chosen.worst[0].features, ["x0", "x1"]);
    }

    #[test]
    fn no_rows_and_rows_that_are_not_finite_do_no_harm() {
        let found = Pairs::of(&names(2), &[], &[f32::NAN, 0.0, 1.0, 2.0], 1.0, None);
        assert_eq!((found.rows, found.samples), (0, 1));
    }
}
