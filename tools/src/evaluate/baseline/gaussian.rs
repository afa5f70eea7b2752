use couplet::{Base as _, StandardNormal};
use nalgebra::{Cholesky, DMatrix};
use rand::Rng;
use std::f64::consts::TAU;

/// The number of points that are measured together, one in each lane of a vector.
pub const LANES: usize = 8;

/// Added to the variance of each feature, which is 1 after standardization, so that the density of
/// rows in a plane or in one point stays finite.
const FLOOR: f64 = 1e-6;

/// A normal distribution with mean m and a full covariance matrix L L^T.
///
/// ```text
/// log_prob(x) = -|y|^2 / 2 - ln det L - D/2 ln(2 pi)    with L y = x - m
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Gaussian {
    /// m
    pub mean: Vec<f64>,
    /// L row by row up to the diagonal; in place of a diagonal entry stands its reciprocal.
    lower: Vec<f64>,
    /// -ln det L - D/2 ln(2 pi)
    log_norm: f64,
}

impl Gaussian {
    /// The Gaussian of a mean and a covariance. `covariance` is its lower triangle row by row.
    pub fn new(mean: Vec<f64>, covariance: &[f64]) -> Self {
        let d = mean.len();
        let mut entries = covariance.iter();
        let mut matrix = DMatrix::identity(d, d) * FLOOR;
        for i in 0..d {
            for (j, entry) in (0..=i).zip(&mut entries) {
                matrix[(i, j)] += entry;
            }
        }
        // Cholesky reads only the lower triangle. Where rounding cancels the floor, the floor
        // replaces the pivot.
        let factor = Cholesky::new_with_substitute(matrix, FLOOR)
            .map_or_else(|| DMatrix::identity(d, d), Cholesky::unpack);
        let entry = |i: usize, j: usize| if i == j { 1.0 / factor[(i, i)] } else { factor[(i, j)] };
        let lower =
            (0..d).flat_map(|i| (0..=i).map(move |j| (i, j))).map(|(i, j)| entry(i, j)).collect();
        let log_norm = -factor.diagonal().iter().map(|pivot| pivot.ln()).sum::<f64>()
            - 0.5 * d as f64 * TAU.ln();
        Gaussian { mean, lower, log_norm }
    }

    /// The log-density of each point in nats. `points` has one vector for each feature; `y` is
    /// scratch of the same length.
    pub fn log_prob(&self, points: &[[f64; LANES]], y: &mut [[f64; LANES]]) -> [f64; LANES] {
        let mut squares = [0.0; LANES];
        let mut lower = &self.lower[..];
        for (i, (point, mean)) in points.iter().zip(&self.mean).enumerate() {
            let (row, tail) = lower.split_at(i + 1);
            lower = tail;
            let mut value = point.map(|x| x - mean);
            for (weight, y) in row.iter().zip(&y[..i]) {
                for (value, y) in value.iter_mut().zip(y) {
                    *value -= weight * y;
                }
            }
            y[i] = value.map(|value| value * row[i]);
            for (square, y) in squares.iter_mut().zip(y[i]) {
                *square += y * y;
            }
        }
        squares.map(|square| self.log_norm - 0.5 * square)
    }

    /// Whether the points hardly vary in some direction: nearly all of its variance is the floor.
    /// Then they are equal or in a plane, and the log-density says how low the floor is.
    pub fn is_collapsed(&self) -> bool {
        let mut end = 0;
        (1..=self.mean.len()).any(|length| {
            end += length;
            // the reciprocal of a standard deviation, given the features before
            self.lower[end - 1].powi(-2) < 2.0 * FLOOR
        })
    }

    /// The Gaussian with its mean multiplied by `mean` and its covariance by `covariance`.
    pub fn scaled(&self, mean: f64, covariance: f64) -> Gaussian {
        let d = self.mean.len();
        let std = covariance.sqrt();
        let mut lower = self.lower.iter();
        let entry =
            |(i, j)| lower.next().map(|entry| if i == j { entry / std } else { entry * std });
        Gaussian {
            mean: self.mean.iter().map(|m| mean * m).collect(),
            lower: (0..d).flat_map(|i| (0..=i).map(move |j| (i, j))).filter_map(entry).collect(),
            log_norm: self.log_norm - d as f64 * std.ln(),
        }
    }

    /// Draws a point: m + L z, with z of a standard normal distribution.
    pub fn sample(&self, rng: &mut impl Rng) -> Vec<f64> {
        let mut z = vec![0.0; self.mean.len()];
        StandardNormal.sample(rng, &mut z);
        let mut lower = &self.lower[..];
        let mut x = self.mean.clone();
        for (i, x) in x.iter_mut().enumerate() {
            let (row, tail) = lower.split_at(i + 1);
            lower = tail;
            *x +=
                row[..i].iter().zip(&z).map(|(weight, z)| weight * z).sum::<f64>() + z[i] / row[i];
        }
        x
    }
}
