use super::{Gaussian, gaussian::LANES};
use crate::model::Standardize;
use rand::{Rng, RngExt};
use rayon::{iter::ParallelIterator, slice::ParallelSlice};

/// A mixture of Gaussians over standardised features.
#[derive(Clone, Debug)]
pub struct Mixture {
    /// Maps raw readings to features of mean 0 and variance 1.
    pub standardize: Standardize,
    /// The Gaussians. Their weights add up to 1.
    pub components: Vec<Component>,
}

/// A Gaussian of a mixture and its weight w.
#[derive(Clone, Debug, PartialEq)]
pub struct Component {
    /// ln w
    pub log_weight: f64,
    /// N(m, C)
    pub gaussian: Gaussian,
}

/// The number of rows that one thread measures at a time.
const CHUNK: usize = 128 * LANES;

impl Mixture {
    /// Whether one of its Gaussians has collapsed, see [`Gaussian::is_collapsed`].
    pub fn is_collapsed(&self) -> bool {
        self.components.iter().any(|component| component.gaussian.is_collapsed())
    }

    /// The log-density of each row in nats. `rows` has D numbers for each.
    pub fn log_probs(&self, rows: &[f32]) -> Vec<f64> {
        let d = self.standardize.mean.len();
        let ln_std: f64 = self.standardize.std.iter().map(|&std| f64::from(std).ln()).sum();
        let points = standardized(&self.standardize, rows);
        let chunks = points.par_chunks(CHUNK * d).map(|points| {
            let mut scratch = Scratch::new(d, self.components.len());
            let blocks = points.chunks(LANES * d);
            blocks
                .flat_map(|block| {
                    scratch.log_prob(&self.components, block).into_iter().take(block.len() / d)
                })
                .collect()
        });
        chunks
            .collect::<Vec<Vec<f64>>>()
            .concat()
            .into_iter()
            .map(|log_prob| log_prob - ln_std)
            .collect()
    }

    /// The mixture with all means multiplied by `means` and all covariances by `covariances`, in
    /// standardized features.
    pub fn scaled(&self, means: f64, covariances: f64) -> Mixture {
        let scaled = |component: &Component| Component {
            log_weight: component.log_weight,
            gaussian: component.gaussian.scaled(means, covariances),
        };
        Mixture {
            standardize: self.standardize.clone(),
            components: self.components.iter().map(scaled).collect(),
        }
    }

    /// Draws a row.
    pub fn sample(&self, rng: &mut impl Rng) -> Vec<f32> {
        let mut left = rng.random::<f64>();
        let reached = self.components.iter().find(|component| {
            left -= component.log_weight.exp();
            left < 0.0
        });
        // The weights may add up to a little less than 1.
        let x = reached.unwrap_or(&self.components[0]).gaussian.sample(rng);
        let Standardize { mean, std } = &self.standardize;
        x.iter()
            .zip(mean.iter().zip(std))
            .map(|(x, (&mean, &std))| (x * f64::from(std) + f64::from(mean)) as f32)
            .collect()
    }

    /// The bytes that the mixture takes on a device in f32: mean, covariance and weight of each
    /// component.
    pub fn bytes(&self) -> usize {
        bytes(self.standardize.mean.len(), self.components.len())
    }
}

/// The bytes that a mixture of K components over D features takes in f32:
/// 4 (K (D + D (D + 1) / 2) + K).
pub fn bytes(d: usize, components: usize) -> usize {
    4 * (components * (d + d * (d + 1) / 2) + components)
}

/// Standardizes each row in f64: (x - mean) / std.
pub fn standardized(standardize: &Standardize, rows: &[f32]) -> Vec<f64> {
    let moments = standardize.mean.iter().zip(&standardize.std).cycle();
    rows.iter()
        .zip(moments)
        .map(|(&x, (&mean, &std))| (f64::from(x) - f64::from(mean)) / f64::from(std))
        .collect()
}

/// Scratch to measure up to [`LANES`] points in.
#[derive(Debug)]
pub struct Scratch {
    /// The responsibilities of each component for the points that [`Scratch::log_prob`] measured
    /// last: the part of the density that comes from it. They add up to 1 over the components.
    pub responsibilities: Vec<[f64; LANES]>,
    points: Vec<[f64; LANES]>,
    y: Vec<[f64; LANES]>,
}

impl Scratch {
    /// Scratch for D features and K components.
    pub fn new(d: usize, components: usize) -> Self {
        let zeros = [0.0; LANES];
        Scratch {
            responsibilities: vec![zeros; components],
            points: vec![zeros; d],
            y: vec![zeros; d],
        }
    }

    /// The log-density of each point of a block in nats. `block` has D numbers for each point; a
    /// short block repeats its last point.
    ///
    /// The sum over the components is taken relative to the largest, so that not all of them
    /// underflow.
    pub fn log_prob(&mut self, components: &[Component], block: &[f64]) -> [f64; LANES] {
        let d = self.points.len();
        let last = block.len() / d - 1;
        for (feature, lanes) in self.points.iter_mut().enumerate() {
            *lanes = std::array::from_fn(|lane| block[lane.min(last) * d + feature]);
        }
        let mut largest = [f64::NEG_INFINITY; LANES];
        for (part, Component { log_weight, gaussian }) in
            self.responsibilities.iter_mut().zip(components)
        {
            *part =
                gaussian.log_prob(&self.points, &mut self.y).map(|log_prob| log_weight + log_prob);
            largest = std::array::from_fn(|lane| largest[lane].max(part[lane]));
        }
        let mut sum = [0.0; LANES];
        for part in &mut self.responsibilities {
            *part = std::array::from_fn(|lane| (part[lane] - largest[lane]).exp());
            sum = std::array::from_fn(|lane| sum[lane] + part[lane]);
        }
        for part in &mut self.responsibilities {
            *part = std::array::from_fn(|lane| part[lane] / sum[lane]);
        }
        std::array::from_fn(|lane| largest[lane] + sum[lane].ln())
    }
}
