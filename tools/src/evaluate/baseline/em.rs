use super::{
    Component, Gaussian, Mixture,
    gaussian::LANES,
    kmeans,
    mixture::{Scratch, standardized},
    sums::WeightedSums,
};
use crate::data::Standardization;
use anyhow::Result;
use rand::Rng;
use rand_core::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::{iter::ParallelIterator, slice::ParallelSlice};

/// The most steps of expectation maximisation.
const STEPS: usize = 300;

/// A step that raises the mean log-likelihood by less than this is the last, in nats.
const LEAST_GAIN: f64 = 1e-3;

/// A smaller responsibility counts as none.
const NEGLIGIBLE: f64 = 1e-12;

/// The number of parts that the points are split into. Their sums are added in order, so that the
/// bits do not depend on the number of threads.
const SHARDS: usize = 16;

/// Fits a mixture of up to `count` Gaussians to rows, D numbers each. It has fewer if the rows have
/// fewer different points.
///
/// Expectation maximisation finds an optimum near its start, and the seed determines the start.
///
/// # Errors
///
/// A constant column.
pub fn fit(features: &[String], rows: &[f32], count: usize, seed: u64) -> Result<Mixture> {
    let standardize = Standardization::Mean.of(features, rows)?;
    let points = standardized(&standardize, rows);
    let d = features.len();
    let clusters =
        kmeans::clusters(&points, d, count, &mut Xoshiro256PlusPlus::seed_from_u64(seed));
    let mut components = start(&points, d, &clusters);
    let mut before = f64::NEG_INFINITY;
    for _ in 0..STEPS {
        let (log_likelihood, next) = step(&components, &points, d);
        components = next;
        if log_likelihood - before < LEAST_GAIN {
            break;
        }
        before = log_likelihood;
    }
    Ok(Mixture { standardize, components })
}

/// Assigns each row to one of `count` clusters, by k-means on standardized rows.
///
/// # Errors
///
/// A constant column.
pub fn clusters(
    features: &[String],
    rows: &[f32],
    count: usize,
    rng: &mut impl Rng,
) -> Result<Vec<usize>> {
    let standardize = Standardization::Mean.of(features, rows)?;
    Ok(kmeans::clusters(&standardized(&standardize, rows), features.len(), count, rng))
}

/// Starts with a Gaussian on each cluster. All have the mean covariance of the clusters, so that a
/// cluster of few points does not become a needle.
fn start(points: &[f64], d: usize, clusters: &[usize]) -> Vec<Component> {
    let mut sums =
        vec![WeightedSums::around(&vec![0.0; d]); 1 + clusters.iter().max().unwrap_or(&0)];
    for (point, &cluster) in points.chunks_exact(d).zip(clusters) {
        sums[cluster].add(1.0, point);
    }
    sums.retain(|sums| sums.weight > 0.0);
    let parts: Vec<_> =
        sums.iter().map(|sums| (sums.weight / clusters.len() as f64, sums.moments())).collect();
    let mut covariance = vec![0.0; d * (d + 1) / 2];
    for (weight, (_, part)) in &parts {
        covariance.iter_mut().zip(part).for_each(|(sum, part)| *sum += weight * part);
    }
    let component = |(weight, (mean, _)): (f64, _)| Component {
        log_weight: weight.ln(),
        gaussian: Gaussian::new(mean, &covariance),
    };
    parts.into_iter().map(component).collect()
}

/// One step of expectation maximisation. Returns the mean log-likelihood of the points under the
/// components in nats, and components with a greater one.
fn step(components: &[Component], points: &[f64], d: usize) -> (f64, Vec<Component>) {
    let count = points.len() / d;
    let shards: Vec<_> = points
        .par_chunks(count.div_ceil(SHARDS) * d)
        .map(|points| expect(components, points, d))
        .collect();
    let mut total = 0.0;
    let mut sums: Vec<WeightedSums> =
        components.iter().map(|component| WeightedSums::around(&component.gaussian.mean)).collect();
    for (log_likelihood, parts) in &shards {
        total += log_likelihood;
        sums.iter_mut().zip(parts).for_each(|(sums, part)| sums.merge(part));
    }
    sums.retain(|sums| sums.weight > 0.0);
    let component = |sums: &WeightedSums| Component {
        log_weight: (sums.weight / count as f64).ln(),
        gaussian: sums.gaussian(),
    };
    (total / count as f64, sums.iter().map(component).collect())
}

/// The expectation step on some points: their log-likelihood in nats, and the sums over the points
/// for each component, weighted by its responsibilities.
fn expect(components: &[Component], points: &[f64], d: usize) -> (f64, Vec<WeightedSums>) {
    let mut scratch = Scratch::new(d, components.len());
    let mut sums: Vec<WeightedSums> =
        components.iter().map(|component| WeightedSums::around(&component.gaussian.mean)).collect();
    let mut total = 0.0;
    for block in points.chunks(LANES * d) {
        let log_prob = scratch.log_prob(components, block);
        for (lane, point) in block.chunks_exact(d).enumerate() {
            total += log_prob[lane];
            for (sums, responsibility) in sums.iter_mut().zip(&scratch.responsibilities) {
                if responsibility[lane] > NEGLIGIBLE {
                    sums.add(responsibility[lane], point);
                }
            }
        }
    }
    (total, sums)
}
