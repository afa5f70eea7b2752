//! Fits a flow to rows: mini-batch Adam on the mean negative log-likelihood, the best weights on held-out rows kept.

mod adam;
mod init;
mod options;

pub use options::Options;

use crate::model::{Description, Flow, Model, Permutation, Standardize, Workspace};
use adam::Adam;
use anyhow::{Result, bail, ensure};
use couplet::{Base, StandardNormal};
use rand::seq::SliceRandom;
use rand_core::SeedableRng;
use rand_xoshiro::Xoshiro128PlusPlus;

/// Points that go through the layers together: enough to fill vector registers, few enough to stay in cache.
const BLOCK: usize = 32;

/// How much of the running average of the weights a step keeps. The average is what is looked at and kept: it lies closer to
/// the middle of where the noise of small batches drives the weights about.
const AVERAGING: f32 = 0.99;

/// How many times the held-out rows are looked at.
const LOOKS: usize = 100;

/// Where training stands.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// Steps done.
    pub step: usize,
    /// Mean negative log-likelihood of recent batches in nats.
    pub training: f64,
    /// Mean negative log-likelihood of the held-out rows in nats, at the last look.
    pub validation: f64,
}

/// How training went.
#[derive(Clone, Copy, Debug)]
pub struct Summary {
    /// Rows trained on.
    pub training_rows: usize,
    /// Rows held out.
    pub validation_rows: usize,
    /// The step whose weights were kept.
    pub best_step: usize,
    /// Their mean negative log-likelihood of the held-out rows in nats.
    pub validation: f64,
}

/// Fits a flow of the described shape to rows (row by row, D numbers each).
///
/// The same rows, options and seed give the same bits.
///
/// # Errors
///
/// A constant column, too few rows, or no step that led to a finite loss.
pub fn train(
    description: Description,
    rows: &[f32],
    options: &Options,
    mut report: impl FnMut(Progress),
) -> Result<(Model, Summary)> {
    let d = description.dimension();
    let count = rows.len() / d;
    let mut rng = Xoshiro128PlusPlus::seed_from_u64(options.seed);
    let mut order: Vec<usize> = (0..count).collect();
    order.shuffle(&mut rng);
    let held_out = ((count as f64 * options.validation_fraction) as usize).max(1);
    ensure!(
        count >= Options::FEWEST_ROWS && count > held_out,
        "{count} rows are too few to learn from: give at least {}",
        Options::FEWEST_ROWS
    );
    let gather = |order: &[usize]| -> Vec<f32> { order.iter().flat_map(|&i| &rows[i * d..(i + 1) * d]).copied().collect() };
    let (validation, training) = (gather(&order[..held_out]), gather(&order[held_out..]));

    let standardize = standardization(&description, &training)?;
    let permutations = if description.permute { permutations(&description, &mut rng) } else { Vec::new() };
    let flow = Flow::new(description, standardize, permutations);
    let fused = flow.fused();
    let mut p = init::parameters(&flow, &mut rng);

    let mut adam = Adam::new(p.len());
    let mut space = Workspace::<f32, BLOCK>::new(&flow);
    let mut dp = vec![0.0; p.len()];
    let batch = options.batch.min(count - held_out);
    let mut rows = Vec::with_capacity(batch * d);
    let nats = |p: &[f32]| {
        let log_prob = fused.log_probs(p, &validation);
        -log_prob.iter().map(|&log_prob| f64::from(log_prob)).sum::<f64>() / log_prob.len() as f64
    };

    let mut average = p.clone();
    let level = options.noise_for(count - held_out) as f32;
    let mut noise = vec![0.0; batch * d];
    let mut noise_rng = Xoshiro128PlusPlus::from_rng(&mut rng);
    let mut batches = Batches::new(count - held_out, batch, rng);
    let mut best = (nats(&p), 0, p.clone());
    let mut progress = Progress { step: 0, training: f64::NAN, validation: best.0 };
    for step in 1..=options.steps {
        rows.clear();
        for &i in batches.next() {
            rows.extend_from_slice(&training[i * d..(i + 1) * d]);
        }
        StandardNormal.sample(&mut noise_rng, &mut noise);
        for ((x, noise), std) in rows.iter_mut().zip(&noise).zip(flow.standardize.std.iter().cycle()) {
            *x += level * std * noise;
        }
        let loss = fused.loss_and_gradient(&p, &rows, &mut space, &mut dp);
        if loss.is_finite() {
            adam.step(&mut p, &mut dp, options.learning_rate_at(step) as f32);
            let new = (1.0 - AVERAGING).max(1.0 / step as f32);
            for (average, &p) in average.iter_mut().zip(&p) {
                *average += new * (p - *average);
            }
            let loss = f64::from(loss);
            progress.training = if progress.training.is_nan() { loss } else { 0.98 * progress.training + 0.02 * loss };
        } else {
            // One step went too far: back to the best weights, and on from there.
            p.copy_from_slice(&best.2);
            average.copy_from_slice(&best.2);
            adam = Adam::new(p.len());
        }
        progress.step = step;
        if step % options.steps.div_ceil(LOOKS) == 0 || step == options.steps {
            progress.validation = nats(&average);
            if progress.validation < best.0 {
                best = (progress.validation, step, average.clone());
            }
        }
        report(progress);
    }
    let (validation, best_step, parameters) = best;
    if !validation.is_finite() {
        bail!("no step led to a finite loss: the data has outliers beyond f32, or --lr {} is too high", options.learning_rate);
    }
    let summary = Summary { training_rows: count - held_out, validation_rows: held_out, best_step, validation };
    Ok((Model { flow, parameters }, summary))
}

/// Mean and standard deviation of each feature, in f64, rounded once.
fn standardization(description: &Description, rows: &[f32]) -> Result<Standardize> {
    let d = description.dimension();
    let count = (rows.len() / d) as f64;
    let column = |i: usize| rows.iter().skip(i).step_by(d).map(|&x| f64::from(x));
    let mut standardize = Standardize { mean: Vec::new(), std: Vec::new() };
    for (i, name) in description.features.iter().enumerate() {
        let mean = column(i).sum::<f64>() / count;
        let std = (column(i).map(|x| (x - mean) * (x - mean)).sum::<f64>() / count).sqrt();
        let first = column(i).next();
        if column(i).all(|x| Some(x) == first) || std as f32 <= 0.0 {
            bail!("column {name} is constant ({}): it has no density; leave it out with --columns", first.unwrap_or(mean));
        }
        standardize.mean.push(mean as f32);
        standardize.std.push(std as f32);
    }
    Ok(standardize)
}

fn permutations(description: &Description, rng: &mut Xoshiro128PlusPlus) -> Vec<Permutation> {
    (0..description.couplets)
        .map(|_| {
            let mut index: Vec<u16> = (0..description.dimension() as u16).collect();
            index.shuffle(rng);
            Permutation { index }
        })
        .collect()
}

/// Batches of one size, epoch after epoch in new orders; a batch may reach into the next epoch.
struct Batches {
    order: Vec<usize>,
    next: usize,
    batch: Vec<usize>,
    rng: Xoshiro128PlusPlus,
}

impl Batches {
    fn new(rows: usize, batch: usize, rng: Xoshiro128PlusPlus) -> Self {
        Batches { order: (0..rows).collect(), next: rows, batch: vec![0; batch], rng }
    }

    fn next(&mut self) -> &[usize] {
        for row in &mut self.batch {
            if self.next == self.order.len() {
                self.order.shuffle(&mut self.rng);
                self.next = 0;
            }
            *row = self.order[self.next];
            self.next += 1;
        }
        &self.batch
    }
}
