//! Alarms on the Tennessee Eastman process, which is simulated: faults 1 to 15, each after 160
//! normal readings.

use super::{
    super::tep::{self, FAULTS, ONSET},
    standardized::Standardized,
};
use crate::{
    evaluate::{auroc::auroc, baseline},
    model::{Model, TABLE},
};
use anyhow::Result;
use couplet::Calibration;
use nalgebra::{DMatrix, SymmetricEigen};
use std::path::Path;

/// What the sum takes off each surprise, in nats.
const REFERENCE: f32 = 1.5;

/// The part of the readings before the faults with an alarm, for all methods.
const FALSE_ALARMS: f64 = 0.01;

/// The part of the variance that the principal components have.
const EXPLAINED: f64 = 0.9;

/// The rows of the plant.
#[derive(Clone, Debug)]
pub struct Plant {
    /// The names of the features.
    pub features: Vec<String>,
    /// Normal rows to fit.
    pub training: Vec<f32>,
    /// Normal rows that calibrate.
    pub normal: Vec<f32>,
    /// The runs, each with a fault after [`ONSET`] readings.
    runs: Vec<Vec<f32>>,
}

/// A score of readings: the lower, the less normal.
#[derive(Clone, Copy, Debug)]
pub enum Method<'a> {
    /// The log_prob of a flow.
    Flow(&'a Model),
    /// The log_prob of one Gaussian: the Mahalanobis distance.
    Mahalanobis,
    /// The log_prob of several Gaussians.
    Mixture(usize),
    /// Hotelling's T^2 in the principal components.
    HotellingT2,
    /// The squared distance from the principal components.
    Q,
}

/// Scores rows, D numbers each.
type Score<'a> = Box<dyn Fn(&[f32]) -> Vec<f32> + 'a>;

/// How a method does.
#[derive(Clone, Copy, Debug)]
pub struct Watched {
    /// The mean area of single readings over the faults, times 100.
    pub area: f64,
    /// The same of the sum of surprises.
    pub area_of_sum: f64,
    /// The mean and the median delay of a single reading below the threshold, in readings, at equal
    /// false alarms, and how many faults are never found.
    pub delay: [f64; 2],
    /// Faults that no single reading finds.
    pub missed: usize,
    /// The same of the sum.
    pub delay_of_sum: [f64; 2],
    /// Faults that no sum finds.
    pub missed_by_sum: usize,
}

impl Plant {
    /// Reads the files below a folder.
    ///
    /// # Errors
    ///
    /// A file is missing or has other columns.
    pub fn read(folder: &Path) -> Result<Self> {
        let (_, training) = tep::rows(folder, "d00.dat")?;
        let (features, normal) = tep::rows(folder, "d00_te.dat")?;
        let run = |fault: usize| Ok(tep::rows(folder, &format!("d{fault:02}_te.dat"))?.1);
        let runs = (1..=FAULTS).map(run).collect::<Result<_>>()?;
        Ok(Plant { features, training, normal, runs })
    }

    /// Watches all runs with a method.
    ///
    /// # Errors
    ///
    /// The mixture cannot be fitted, or the scores of the normal rows calibrate nothing.
    pub fn watch(&self, method: &Method<'_>) -> Result<Watched> {
        let score = self.score(method)?;
        let normal = score(&self.normal);
        let mut sorted = normal.clone();
        sorted.sort_by(f32::total_cmp);
        let table = Calibration::<f32, TABLE>::of_sorted(0, &sorted, 1)?;
        let scores: Vec<Vec<f32>> = self.runs.iter().map(|run| score(run)).collect();
        let sums: Vec<Vec<f32>> = scores.iter().map(|scores| sums(&table, scores)).collect();
        let single = judge(&normal, &scores);
        let sum = judge(&self::sums(&table, &normal), &sums);
        Ok(Watched {
            area: single.area,
            area_of_sum: sum.area,
            delay: single.delay,
            missed: single.missed,
            delay_of_sum: sum.delay,
            missed_by_sum: sum.missed,
        })
    }

    /// What scores rows.
    fn score<'a>(&'a self, method: &Method<'a>) -> Result<Score<'a>> {
        let narrow = |scores: Vec<f64>| scores.into_iter().map(|score| score as f32).collect();
        Ok(match method {
            Method::Flow(model) => {
                let model: &'a Model = model;
                Box::new(move |rows| model.log_probs(rows))
            }
            Method::Mahalanobis | Method::Mixture(_) => {
                let count = if let Method::Mixture(count) = method { *count } else { 1 };
                let mixture = baseline::fit(&self.features, &self.training, count, 1)?;
                Box::new(move |rows| narrow(mixture.log_probs(rows)))
            }
            Method::HotellingT2 | Method::Q => {
                let components = Components::fit(&self.training, self.features.len());
                let t2 = matches!(method, Method::HotellingT2);
                Box::new(move |rows| narrow(components.score(rows, t2)))
            }
        })
    }
}

/// The sums of surprises, negated so that lower is less normal.
fn sums(table: &Calibration<f32, TABLE>, scores: &[f32]) -> Vec<f32> {
    let mut sum = 0.0_f32;
    scores
        .iter()
        .map(|&score| {
            sum = (sum + table.surprise(score) - REFERENCE).max(0.0);
            -sum
        })
        .collect()
}

struct Judged {
    area: f64,
    delay: [f64; 2],
    missed: usize,
}

/// Judges scores: the areas beside those of a normal run, and the delays with the threshold that the
/// readings before the faults give.
fn judge(normal: &[f32], runs: &[Vec<f32>]) -> Judged {
    let mut before: Vec<f32> = runs.iter().flat_map(|run| &run[..ONSET]).copied().collect();
    before.sort_by(f32::total_cmp);
    let threshold = before[(FALSE_ALARMS * before.len() as f64) as usize];
    let area = |run: &Vec<f32>| {
        let scores = [normal, &run[ONSET..]].concat();
        let labels: Vec<bool> = (0..scores.len()).map(|row| row >= normal.len()).collect();
        auroc(&scores, &labels).unwrap_or(f64::NAN)
    };
    let areas: f64 = runs.iter().map(area).sum();
    let mut delays: Vec<usize> = runs
        .iter()
        .filter_map(|run| run[ONSET..].iter().position(|&score| score < threshold))
        .collect();
    delays.sort_unstable();
    let mean = delays.iter().sum::<usize>() as f64 / delays.len() as f64;
    let median = delays.get(delays.len() / 2).map_or(f64::NAN, |&delay| delay as f64);
    Judged {
        area: 100.0 * areas / runs.len() as f64,
        delay: [mean, median],
        missed: runs.len() - delays.len(),
    }
}

/// Principal components of standardized rows.
struct Components {
    features: Standardized,
    /// The directions, one a column, the largest variance first.
    directions: DMatrix<f64>,
    variances: Vec<f64>,
}

impl Components {
    fn fit(rows: &[f32], d: usize) -> Self {
        let features = Standardized::fit(rows, d);
        let SymmetricEigen { eigenvectors, eigenvalues } =
            SymmetricEigen::new(features.correlation.clone());
        let mut order: Vec<usize> = (0..d).collect();
        order.sort_by(|&a, &b| eigenvalues[b].total_cmp(&eigenvalues[a]));
        let all: f64 = eigenvalues.sum();
        let mut sum = 0.0;
        order.retain(|&i| {
            let kept = sum < EXPLAINED * all;
            sum += eigenvalues[i];
            kept
        });
        Components {
            features,
            directions: DMatrix::from_fn(d, order.len(), |i, k| eigenvectors[(i, order[k])]),
            variances: order.iter().map(|&i| eigenvalues[i]).collect(),
        }
    }

    fn score(&self, rows: &[f32], t2: bool) -> Vec<f64> {
        let score = |row: &[f32]| {
            let z = self.features.z(row);
            let along = self.directions.tr_mul(&z);
            if t2 {
                -along.iter().zip(&self.variances).map(|(a, v)| a * a / v).sum::<f64>()
            } else {
                -(z.norm_squared() - along.norm_squared())
            }
        };
        rows.chunks_exact(self.features.std.len()).map(score).collect()
    }
}
