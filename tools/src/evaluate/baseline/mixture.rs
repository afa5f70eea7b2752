use super::{Gaussian, LANES};
use crate::model::Standardize;
use rand::{Rng, RngExt};
use rayon::{iter::ParallelIterator, slice::ParallelSlice};

/// A mixture of Gaussians over standardised features.
#[derive(Clone, Debug)]
pub struct Mixture {
    /// From raw readings to features of mean 0 and variance 1.
    pub standardize: Standardize,
    /// The parts, whose weights add up to 1.
    pub components: Vec<Component>,
}

/// A Gaussian and how much of the mixture it makes up.
#[derive(Clone, Debug, PartialEq)]
pub struct Component {
    /// ln w
    pub log_weight: f64,
    /// N(m, C)
    pub gaussian: Gaussian,
}

/// Rows that one thread measures at a time.
const CHUNK: usize = 128 * LANES;

impl Mixture {
    /// Each row's log-density in nats.
    pub fn log_probs(&self, rows: &[f32]) -> Vec<f64> {
        let d = self.standardize.mean.len();
        let ln_std: f64 = self.standardize.std.iter().map(|&std| f64::from(std).ln()).sum();
        let chunks = standardized(&self.standardize, rows);
        let chunks = chunks.par_chunks(CHUNK * d).map(|points| {
            let mut room = Room::new(d, self.components.len());
            let blocks = points.chunks(LANES * d);
            blocks
                .flat_map(|block| {
                    room.log_prob(&self.components, block).into_iter().take(block.len() / d)
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

    /// With so many times the means, of standardised features, and so many times the covariances.
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

    /// A row drawn from it.
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

    /// What the mixture takes on a device in f32: mean, covariance and weight of each component.
    pub fn bytes(&self) -> usize {
        bytes(self.standardize.mean.len(), self.components.len())
    }
}

/// What a mixture of K components over D features takes in f32: 4 (K (D + D (D + 1) / 2) + K)
/// bytes.
pub fn bytes(d: usize, components: usize) -> usize {
    4 * (components * (d + d * (d + 1) / 2) + components)
}

/// (x - mean) / std of each row.
pub fn standardized(standardize: &Standardize, rows: &[f32]) -> Vec<f64> {
    let moments = standardize.mean.iter().zip(&standardize.std).cycle();
    rows.iter()
        .zip(moments)
        .map(|(&x, (&mean, &std))| (f64::from(x) - f64::from(mean)) / f64::from(std))
        .collect()
}

/// Room to measure up to [`LANES`] points in.
#[derive(Debug)]
pub struct Room {
    /// Behind [`Room::log_prob`]: how much of each point's density is each component's; adds up to
    /// 1.
    pub parts: Vec<[f64; LANES]>,
    points: Vec<[f64; LANES]>,
    y: Vec<[f64; LANES]>,
}

impl Room {
    /// For D features and K components.
    pub fn new(d: usize, components: usize) -> Self {
        let zeros = [0.0; LANES];
        Room { parts: vec![zeros; components], points: vec![zeros; d], y: vec![zeros; d] }
    }

    /// The log-density of each point of a block, row by row; a short block repeats its last point.
    ///
    /// The sum over the components is taken relative to the largest, so that none of them
    /// underflows alone.
    pub fn log_prob(&mut self, components: &[Component], block: &[f64]) -> [f64; LANES] {
        let d = self.points.len();
        let last = block.len() / d - 1;
        for (feature, lanes) in self.points.iter_mut().enumerate() {
            *lanes = std::array::from_fn(|lane| block[lane.min(last) * d + feature]);
        }
        let mut largest = [f64::NEG_INFINITY; LANES];
        for (part, Component { log_weight, gaussian }) in self.parts.iter_mut().zip(components) {
            *part =
                gaussian.log_prob(&self.points, &mut self.y).map(|log_prob| log_weight + log_prob);
            largest = std::array::from_fn(|lane| largest[lane].max(part[lane]));
        }
        let mut sum = [0.0; LANES];
        for part in &mut self.parts {
            *part = std::array::from_fn(|lane| (part[lane] - largest[lane]).exp());
            sum = std::array::from_fn(|lane| sum[lane] + part[lane]);
        }
        for part in &mut self.parts {
            *part = std::array::from_fn(|lane| part[lane] / sum[lane]);
        }
        std::array::from_fn(|lane| largest[lane] + sum[lane].ln())
    }
}
