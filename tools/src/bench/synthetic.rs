//! Anomalies made of normal rows, so that defaults can be chosen without the anomalies of a test.
//!
//! There are five kinds: a cluster of rows that training does not see, and the four kinds of
//! ADBench (Han et al., 2022, <https://arxiv.org/abs/2206.09426>) with its scales.

use super::Fold;
use crate::{
    data::statistics::column,
    evaluate::baseline::{self, Mixture},
};
use anyhow::Result;
use rand::{RngExt, seq::SliceRandom};
use rand_xoshiro::Xoshiro128PlusPlus;

/// The number of clusters; one of them is left out of training.
const CLUSTERS: usize = 8;

/// The factor on the covariance for local anomalies, and on the mean for clustered ones.
const SCALE: f64 = 5.0;

/// How far the range of global anomalies goes beyond that of the rows, on either side, as a part of
/// the range.
const WIDER: f64 = 0.05;

/// The most bytes of the mixture of Gaussians that local and clustered anomalies are drawn from.
const BUDGET: usize = 64 << 10;

/// Splits normal rows: four fifths are for training, a fifth is the normal rows of the test, kind
/// 0.
///
/// The anomalies of the test are of five kinds: 1 is a cluster that was left out; 2 to 5 are local,
/// clustered, global and dependency anomalies, made of the training rows.
///
/// # Errors
///
/// A constant column.
pub fn split(features: &[String], rows: &[f32], rng: &mut Xoshiro128PlusPlus) -> Result<Fold> {
    let clusters = baseline::clusters(features, rows, CLUSTERS, rng)?;
    let left_out = clusters[rng.random_range(0..clusters.len())];
    let (cluster, mut normal): (Vec<_>, Vec<_>) = rows
        .chunks_exact(features.len())
        .zip(clusters)
        .partition(|&(_, cluster)| cluster == left_out);
    normal.shuffle(rng);
    let held_out = normal.len() / 5;
    let gather = |rows: &[(&[f32], usize)]| {
        rows.iter().flat_map(|(row, _)| *row).copied().collect::<Vec<f32>>()
    };
    let split = Fold {
        features: features.to_vec(),
        training: gather(&normal[held_out..]),
        test: [gather(&normal[..held_out]), gather(&cluster)].concat(),
        kinds: [vec![0; held_out], vec![1; cluster.len()]].concat(),
        ..Fold::default()
    };
    let mut split = split.without_constants();
    for (kind, anomalies) in (2..).zip(made(&split, held_out, rng)?) {
        split.kinds.resize(split.kinds.len() + held_out, kind);
        split.test.extend(anomalies);
    }
    Ok(split)
}

/// Makes `count` anomalies of each kind of the training rows: local, clustered, global, dependency.
fn made(split: &Fold, count: usize, rng: &mut Xoshiro128PlusPlus) -> Result<[Vec<f32>; 4]> {
    let Fold { features, training, .. } = split;
    let mixture = match baseline::choose(features, training, BUDGET, 1, |_| ())? {
        Some(mixture) => mixture,
        None => baseline::fit(features, training, 1, 1)?,
    };
    let mut drawn = |mixture: Mixture| (0..count).flat_map(|_| mixture.sample(rng)).collect();
    Ok([
        drawn(mixture.scaled(1.0, SCALE)),
        drawn(mixture.scaled(SCALE, 1.0)),
        global(training, features.len(), count, rng),
        independent(training, features.len(), count, rng),
    ])
}

/// Draws global anomalies: uniform over a range a little wider than that of the rows.
fn global(rows: &[f32], d: usize, count: usize, rng: &mut Xoshiro128PlusPlus) -> Vec<f32> {
    let range = |i| {
        let column = column(rows, d, i);
        let low = column.iter().copied().fold(f64::INFINITY, f64::min);
        let high = column.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let more = WIDER * (high - low);
        low - more..=high + more
    };
    let ranges: Vec<_> = (0..d).map(range).collect();
    ranges
        .iter()
        .cycle()
        .take(count * d)
        .map(|range| rng.random_range(range.clone()) as f32)
        .collect()
}

/// Draws dependency anomalies: each feature comes from another random row, so that it keeps its
/// distribution and depends on no other feature.
fn independent(rows: &[f32], d: usize, count: usize, rng: &mut Xoshiro128PlusPlus) -> Vec<f32> {
    let rows: Vec<&[f32]> = rows.chunks_exact(d).collect();
    (0..count)
        .flat_map(|_| (0..d).map(|i| rows[rng.random_range(0..rows.len())][i]).collect::<Vec<_>>())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_core::SeedableRng;

    /// The normal rows are on a line within the unit square. Held-out rows must be on the line, and
    /// made anomalies beside it.
    #[test]
    fn anomalies_are_made_of_the_rows_to_train_on() -> Result<()> {
        let rows: Vec<f32> =
            (0..400_u16).map(|i| f32::from(i % 200) / 200.0).flat_map(|x| [x, 1.0 - x]).collect();
        let features = ["x".to_string(), "y".to_string()];
        let split = split(&features, &rows, &mut Xoshiro128PlusPlus::seed_from_u64(1))?;
        let of = |kind: usize| -> Vec<&[f32]> {
            split
                .test
                .chunks_exact(2)
                .zip(&split.kinds)
                .filter(|(_, other)| **other == kind)
                .map(|(row, _)| row)
                .collect()
        };
        let (normal, cluster) = (of(0), of(1));
        assert_eq!(split.training.len() / 2 + normal.len() + cluster.len(), 400);
        assert_eq!(normal.len(), (400 - cluster.len()) / 5);
        assert!(
            (20..120).contains(&cluster.len()),
            "{} of 400 rows are one of eight clusters",
            cluster.len()
        );
        let on_the_line = |row: &&[f32]| (row[0] + row[1] - 1.0).abs() < 1e-6;
        assert!(normal.iter().chain(&cluster).all(on_the_line));
        let within = |row: &&[f32], by: f32| row.iter().all(|x| (-by..=1.0 + by).contains(x));
        for kind in 2..=5 {
            assert_eq!(of(kind).len(), normal.len());
        }
        assert!(
            of(3).iter().filter(|row| within(row, 0.0)).count() < normal.len() / 2,
            "clustered anomalies are far out"
        );
        assert!(
            of(4).iter().all(|row| within(row, 0.06)) && of(5).iter().all(|row| within(row, 0.0))
        );
        for kind in [4, 5] {
            assert!(of(kind).iter().filter(|row| on_the_line(row)).count() < normal.len() / 10);
        }
        Ok(())
    }
}
