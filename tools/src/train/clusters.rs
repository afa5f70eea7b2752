//! Where a mixture base starts: at the components that expectation maximisation finds among the
//! latents.

use crate::{
    data::features_of,
    evaluate::baseline::kmeans,
    model::{Arithmetic, Flow, Mixture, Workspace, dot, vectorized},
};
use nalgebra::{Cholesky, DMatrix};
use rand_core::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::{iter::ParallelIterator, slice::ParallelSlice};

/// The most rows that a start looks at.
const ROWS: usize = 10_000;

/// The most steps.
const STEPS: usize = 50;

/// A step that raises the mean log-likelihood by less than this is the last, in nats.
const LEAST_GAIN: f64 = 1e-3;

/// The least deviation of a component: see [`Mixture::restrict`].
const NARROWEST: f64 = 1e-4;

/// The least weight of a component, in parts of an equal one. Training may need it yet.
const LEAST_WEIGHT: f64 = 1e-2;

/// Rows that a thread takes together. Their sums are added in order, so that the bits do not depend
/// on the number of threads.
const SHARD: usize = 1024;

/// Points in a block.
const LANES: usize = 32;

/// Sets a mixture base to what expectation maximisation (Dempster, Laird and Rubin, 1977) finds
/// among the latents of the training rows. k-means, with centres drawn by `seed`, is where it
/// starts.
pub fn start(flow: &Flow, mixture: &Mixture, training: &[f32], p: &mut [f32], seed: u64) {
    let (d, width) = (flow.description.dimension(), flow.description.width());
    let apart = (training.len() / width).div_ceil(ROWS).max(1);
    let rows: Vec<f32> = training.chunks_exact(width).step_by(apart).flatten().copied().collect();
    let latents = latents(flow, p, &rows);
    let wide: Vec<f64> = latents.iter().map(|&z| f64::from(z)).collect();
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let clusters = kmeans::clusters(&wide, d, mixture.count(), &mut rng);
    // Rows of a cluster follow each other, so that a block of them is far from most components.
    let mut order: Vec<usize> = (0..clusters.len()).collect();
    order.sort_by_key(|&row| clusters[row]);
    let latents: Vec<f32> =
        order.iter().flat_map(|&row| &latents[row * d..][..d]).copied().collect();

    let mut moments = vec![Moments::new(d); mixture.count()];
    for (z, &cluster) in wide.chunks_exact(d).zip(&clusters) {
        moments[cluster].add(z);
    }
    let count = clusters.len();
    let within = within(&moments, count);
    // All begin with the mean covariance of the clusters, so that a cluster of few rows does not
    // become a needle.
    for (k, moments) in moments.iter().enumerate() {
        write(mixture, p, k, moments, &vec![0.0; d], &within, count);
    }
    let prior = DMatrix::from_diagonal(&within.diagonal());
    let mut before = f64::NEG_INFINITY;
    for _ in 0..STEPS {
        let log_likelihood = step(mixture, p, &latents, &prior);
        if log_likelihood - before < LEAST_GAIN {
            break;
        }
        before = log_likelihood;
    }
}

/// The mean covariance of clusters, weighted by their rows.
fn within(moments: &[Moments], count: usize) -> DMatrix<f64> {
    let d = moments[0].first.len();
    let some = moments.iter().filter(|it| it.weight > 0.0);
    some.fold(DMatrix::zeros(d, d), |sum: DMatrix<f64>, moments| {
        sum + moments.covariance() * (moments.weight / count as f64)
    })
}

/// One step of expectation maximisation. Returns the mean log-likelihood of the latents before it,
/// in nats.
///
/// A full covariance has one more row with the spread of `prior`: fewer rows than features span
/// none.
fn step(mixture: &Mixture, p: &mut [f32], latents: &[f32], prior: &DMatrix<f64>) -> f64 {
    let d = prior.nrows();
    let means: Vec<f64> = p[mixture.mean.clone()].iter().map(|&m| f64::from(m)).collect();
    let (log_likelihood, moments) = expect(mixture, p, latents, d);
    for (k, moments) in moments.iter().enumerate().filter(|(_, it)| it.weight > 0.0) {
        let mut covariance = moments.covariance();
        if mixture.factor.is_some() {
            covariance = (covariance * moments.weight + prior) / (moments.weight + 1.0);
        }
        write(mixture, p, k, moments, &means[k * d..][..d], &covariance, latents.len() / d);
    }
    log_likelihood
}

/// The latents of rows, one after another.
fn latents(flow: &Flow, p: &[f32], rows: &[f32]) -> Vec<f32> {
    let (d, width) = (flow.description.dimension(), flow.description.width());
    let mut space = Workspace::<f32, LANES>::new(flow, Arithmetic::Fused);
    let mut latents = vec![0.0; rows.len()];
    for (rows, latents) in rows.chunks(LANES * width).zip(latents.chunks_mut(LANES * width)) {
        space.load(rows);
        flow.forward(p, &mut space);
        space.store(latents);
    }
    features_of(&latents, width, d).into_owned()
}

/// Weighted sums over points, taken around a centre, so that little cancels.
#[derive(Clone, Debug)]
struct Moments {
    weight: f64,
    first: Vec<f64>,
    second: DMatrix<f64>,
}

impl Moments {
    fn new(d: usize) -> Self {
        Moments { weight: 0.0, first: vec![0.0; d], second: DMatrix::zeros(d, d) }
    }

    /// Adds a point of weight 1.
    fn add(&mut self, z: &[f64]) {
        self.weight += 1.0;
        for (i, &zi) in z.iter().enumerate() {
            self.first[i] += zi;
            (0..=i).for_each(|j| self.second[(i, j)] += zi * z[j]);
        }
    }

    /// Adds the first points of a block, each with its weight. A full covariance needs all products.
    #[inline(always)]
    fn add_block(
        &mut self,
        weights: &[f32; LANES],
        block: &[[f32; LANES]],
        points: usize,
        is_full: bool,
    ) {
        let ones = [1.0; LANES];
        let weights = std::array::from_fn(|lane| if lane < points { weights[lane] } else { 0.0 });
        self.weight += f64::from(dot(&weights, &ones));
        for (i, feature) in block.iter().enumerate() {
            let mut weighted = [0.0; LANES];
            for lane in 0..LANES {
                weighted[lane] = weights[lane] * feature[lane];
            }
            self.first[i] += f64::from(dot(&weighted, &ones));
            for (j, other) in block[..=i].iter().enumerate().skip(if is_full { 0 } else { i }) {
                self.second[(i, j)] += f64::from(dot(&weighted, other));
            }
        }
    }

    fn merge(&mut self, other: &Moments) {
        self.weight += other.weight;
        self.first.iter_mut().zip(&other.first).for_each(|(sum, part)| *sum += part);
        self.second += &other.second;
    }

    /// The lower triangle of the covariance.
    fn covariance(&self) -> DMatrix<f64> {
        let mean = |i: usize| self.first[i] / self.weight;
        DMatrix::from_fn(self.first.len(), self.first.len(), |i, j| {
            if j > i { 0.0 } else { self.second[(i, j)] / self.weight - mean(i) * mean(j) }
        })
    }
}

/// The mean log-likelihood of points in nats, and the sums of each component over them, around its
/// mean, weighted by its parts of their densities.
fn expect(mixture: &Mixture, p: &[f32], latents: &[f32], d: usize) -> (f64, Vec<Moments>) {
    let shards: Vec<_> = latents
        .par_chunks(SHARD * d)
        .map(|latents| {
            let mut moments = vec![Moments::new(d); mixture.count()];
            let mut total = 0.0;
            for block in latents.chunks(LANES * d) {
                let points = block.len() / d;
                let z: Vec<[f32; LANES]> = (0..d)
                    .map(|i| std::array::from_fn(|lane| block[lane.min(points - 1) * d + i]))
                    .collect();
                let log_prob = mixture.parts_of_density(p, &z, |k, part, apart| {
                    let moments = &mut moments[k];
                    vectorized(
                        #[inline(always)]
                        || moments.add_block(part, apart, points, mixture.factor.is_some()),
                    );
                });
                total += log_prob[..points].iter().map(|&l| f64::from(l)).sum::<f64>();
            }
            (total, moments)
        })
        .collect();
    let mut all = vec![Moments::new(d); mixture.count()];
    let mut total = 0.0;
    for (part, moments) in &shards {
        total += part;
        all.iter_mut().zip(moments).for_each(|(all, part)| all.merge(part));
    }
    (total * d as f64 / latents.len() as f64, all)
}

/// Writes a component: the weight and the mean of moments around a centre, and a covariance.
fn write(
    mixture: &Mixture,
    p: &mut [f32],
    k: usize,
    moments: &Moments,
    centre: &[f64],
    covariance: &DMatrix<f64>,
    count: usize,
) {
    let d = centre.len();
    let components = mixture.count() as f64;
    let weight = (moments.weight / count as f64).max(LEAST_WEIGHT / components);
    p[mixture.logits.start + k] = weight.ln() as f32;
    if moments.weight > 0.0 {
        for i in 0..d {
            let mean = centre[i] + moments.first[i] / moments.weight;
            p[mixture.mean.start + k * d + i] = mean as f32;
        }
    }
    let log_scale = mixture.log_scale.start + k * d;
    let Some(factor) = &mixture.factor else {
        for i in 0..d {
            p[log_scale + i] = covariance[(i, i)].max(0.0).sqrt().max(NARROWEST).ln() as f32;
        }
        return;
    };
    let floor = DMatrix::identity(d, d) * (NARROWEST * NARROWEST);
    let lower = Cholesky::new_with_substitute(covariance + floor, NARROWEST * NARROWEST)
        .map_or_else(|| DMatrix::identity(d, d), Cholesky::unpack);
    let identity = DMatrix::identity(d, d);
    let inverse = lower.solve_lower_triangular(&identity).unwrap_or(identity);
    for i in 0..d {
        p[log_scale + i] = -inverse[(i, i)].ln() as f32;
        for j in 0..i {
            p[factor.start + (k * d + i) * d + j] = inverse[(i, j)] as f32;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        Base, Context, Covariance, Description, Distribution, Model, Shape, Standardize,
    };
    use anyhow::Result;
    use couplet::{Base as _, StandardNormal};
    use rand_xoshiro::Xoshiro128PlusPlus;

    /// A plain mixture that starts at these rows, whose features have mean 0 and variance 1.
    fn started(rows: &[f32], components: usize, covariance: Covariance) -> Result<Model> {
        let shape = Shape {
            base: Base::Mixture,
            components: Some(components),
            covariance: Some(covariance),
            couplets: 0,
            ..Shape::default()
        };
        let standardize = Standardize { mean: vec![0.0; 3], std: vec![1.0; 3] };
        let features = ["a", "b", "c"].map(String::from).into();
        let flow = Flow::new(
            Description::new(features, shape)?,
            standardize,
            Context::default(),
            Vec::new(),
        );
        let Distribution::Mixture(mixture) = &flow.base else { panic!("{:?}", flow.base) };
        let mut parameters = vec![0.0; flow.layout.len()];
        start(&flow, mixture, rows, &mut parameters, 1);
        Ok(Model { flow, parameters, calibration: None })
    }

    fn normal(count: usize) -> Vec<f32> {
        let mut values = vec![0.0; count];
        StandardNormal.sample(&mut Xoshiro128PlusPlus::seed_from_u64(5), &mut values);
        values
    }

    /// Three clusters: a quarter, a quarter and a half of the rows. In the last two features hang
    /// together.
    fn clusters(rows: usize) -> Vec<f32> {
        let point = |(i, &[x, y, z]): (usize, &[f32; 3])| match i % 4 {
            0 => [4.0 + 0.5 * x, y, 0.1 * z],
            1 => [-4.0 + x, 2.0 + 0.2 * y, z],
            _ => [x, y + 2.0 * x, -5.0 + z],
        };
        normal(3 * rows).as_chunks().0.iter().enumerate().flat_map(point).collect()
    }

    #[test]
    fn planted_clusters_are_found() -> Result<()> {
        for covariance in [Covariance::Full, Covariance::Diagonal] {
            let Model { flow, parameters, .. } = started(&clusters(8000), 3, covariance)?;
            let Distribution::Mixture(mixture) = &flow.base else { panic!("{:?}", flow.base) };
            let constants = mixture.constants(&parameters);
            let means: Vec<&[f32]> = constants.mean.chunks(3).collect();
            for (mean, weight) in
                [([4.0, 0.0, 0.0], 0.25), ([-4.0, 2.0, 0.0], 0.25), ([0.0, 0.0, -5.0], 0.5)]
            {
                let near = |found: &&[f32]| {
                    found.iter().zip(mean).all(|(a, b): (&f32, f32)| (a - b).abs() < 0.15)
                };
                let k = means.iter().position(near);
                let k = k.unwrap_or_else(|| panic!("{covariance:?}: no {mean:?} in {means:?}"));
                let before = if k == 0 { 0.0 } else { constants.upto[k - 1] };
                assert!((constants.upto[k] - before - weight).abs() < 0.02, "{constants:?}");
                if weight == 0.5 && covariance == Covariance::Full {
                    // y_1 = z_1 - 2 z_0, of deviation 1
                    let factor = constants.factor[3 * k];
                    assert!((factor + 2.0 * constants.scale[3 * k + 1]).abs() < 0.1, "{factor}");
                    assert!((constants.scale[3 * k + 1] - 1.0).abs() < 0.1, "{constants:?}");
                }
            }
        }
        Ok(())
    }

    /// A full covariance costs nothing where features hang together, and is likelier there.
    #[test]
    fn a_full_covariance_is_likelier_than_a_diagonal_one() -> Result<()> {
        let rows = clusters(4000);
        let mean = |covariance| -> Result<f64> {
            let log_probs = started(&rows, 3, covariance)?.log_probs(&rows);
            Ok(log_probs.iter().map(|&l| f64::from(l)).sum::<f64>() / log_probs.len() as f64)
        };
        let (full, diagonal) = (mean(Covariance::Full)?, mean(Covariance::Diagonal)?);
        // half of the rows have a correlation of .89: ln(1 / sqrt(1 - .8)) = .80 nats there
        assert!((full - diagonal - 0.40).abs() < 0.05, "{full} {diagonal}");
        Ok(())
    }

    /// Fewer rows than the components have numbers, equal rows, and more components than rows.
    #[test]
    fn few_and_equal_rows_start_at_finite_numbers() -> Result<()> {
        for (rows, components) in
            [(clusters(20), 12), ([1.0, 2.0, 3.0].repeat(30), 4), (clusters(3), 5)]
        {
            for covariance in [Covariance::Full, Covariance::Diagonal] {
                let model = started(&rows, components, covariance)?;
                assert!(
                    model.parameters.iter().all(|p| p.is_finite()),
                    "{covariance:?}: {model:?}"
                );
                assert!(model.log_probs(&rows).iter().all(|log_prob| log_prob.is_finite()));
            }
        }
        Ok(())
    }
}
