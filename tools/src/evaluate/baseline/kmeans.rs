use rand::{Rng, RngExt};

/// How often the centres move. A start for expectation maximisation needs fewer.
const MOVES: usize = 10;

/// Assigns each point to one of `count` clusters. Centres are drawn far from each other (k-means++,
/// Arthur and Vassilvitskii, 2007), then moved to the mean of their points.
pub fn clusters(points: &[f64], d: usize, count: usize, rng: &mut impl Rng) -> Vec<usize> {
    let mut centres = centres(points, d, count, rng);
    let mut clusters = nearest(points, &centres, d);
    for _ in 0..MOVES {
        let mut weights = vec![0.0; count];
        let mut sums = vec![0.0; count * d];
        for (point, &cluster) in points.chunks_exact(d).zip(&clusters) {
            weights[cluster] += 1.0;
            sums[cluster * d..][..d].iter_mut().zip(point).for_each(|(sum, x)| *sum += x);
        }
        for (cluster, weight) in weights.into_iter().enumerate().filter(|&(_, weight)| weight > 0.0)
        {
            let sum = &sums[cluster * d..][..d];
            centres[cluster * d..][..d]
                .iter_mut()
                .zip(sum)
                .for_each(|(centre, sum)| *centre = sum / weight);
        }
        clusters = nearest(points, &centres, d);
    }
    clusters
}

/// Draws points one after the other, with a probability proportional to the squared distance from
/// the nearest point drawn before.
fn centres(numbers: &[f64], d: usize, count: usize, rng: &mut impl Rng) -> Vec<f64> {
    let points: Vec<&[f64]> = numbers.chunks_exact(d).collect();
    let mut distances = vec![f64::INFINITY; points.len()];
    let mut centres = Vec::with_capacity(count * d);
    let mut next = rng.random_range(0..points.len());
    for _ in 0..count {
        centres.extend_from_slice(points[next]);
        for (distance, point) in distances.iter_mut().zip(&points) {
            *distance = distance.min(squared_distance(point, points[next]));
        }
        let mut left = rng.random::<f64>() * distances.iter().sum::<f64>();
        let reached = distances.iter().position(|distance| {
            left -= distance;
            left < 0.0
        });
        next = reached.unwrap_or_else(|| rng.random_range(0..points.len()));
    }
    centres
}

/// The index of the centre nearest to each point.
fn nearest(points: &[f64], centres: &[f64], d: usize) -> Vec<usize> {
    let distance = |point, centre: usize| squared_distance(point, &centres[centre * d..][..d]);
    let nearest = |point| {
        (0..centres.len() / d).min_by(|&a, &b| distance(point, a).total_cmp(&distance(point, b)))
    };
    points.chunks_exact(d).map(|point| nearest(point).unwrap_or(0)).collect()
}

fn squared_distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()
}
