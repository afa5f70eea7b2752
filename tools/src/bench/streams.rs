//! Rows that repeat and rows that depend on the rows before them: what held-out nats are worth
//! there.
//!
//! Each set is drawn from a process that can be drawn from again, so that the nats of fresh rows
//! are known, too. All are Gaussian but for one column of the last, so that one Gaussian of the
//! same rows is what a flow should hardly be worse than.

use crate::{
    data::split::Held,
    evaluate::baseline::{self, Mixture},
    model::Model,
};
use anyhow::Result;
use couplet::{Base as _, StandardNormal};
use rand_core::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;

/// A kind of rows.
#[derive(Clone, Copy, Debug)]
pub struct Stream {
    /// What `--only` calls it.
    pub name: &'static str,
    columns: usize,
    /// Rows that differ.
    rows: usize,
    process: Process,
    /// How often the rows are in the file.
    copies: Copies,
}

/// What rows are drawn from; columns have variance 1 before they are mixed.
#[derive(Clone, Copy, Debug)]
enum Process {
    /// Each row is `rho` times the row before and normal noise; 0 makes rows independent.
    Autoregressive(f64),
    /// Rows whose first column keeps each value for this many rows; the others are independent.
    Held(usize),
}

/// How often a row is in the file.
#[derive(Clone, Copy, Debug)]
enum Copies {
    /// The whole set, this many times.
    Over(usize),
    /// Each row, this many times in succession.
    Each(usize),
    /// The whole set, then every second stretch of this many rows again.
    Days(usize),
}

const fn stream(
    name: &'static str,
    columns: usize,
    rows: usize,
    process: Process,
    copies: Copies,
) -> Stream {
    Stream { name, columns, rows, process, copies }
}

const INDEPENDENT: Process = Process::Autoregressive(0.0);
const ONCE: Copies = Copies::Over(1);

const fn ar(name: &'static str, columns: usize, rows: usize, rho: f64) -> Stream {
    stream(name, columns, rows, Process::Autoregressive(rho), ONCE)
}

/// The rows of the table.
pub const STREAMS: &[Stream] = &[
    stream("once", 6, 1000, INDEPENDENT, ONCE),
    stream("twice-each", 8, 2000, INDEPENDENT, Copies::Each(2)),
    stream("twice", 8, 2000, INDEPENDENT, Copies::Over(2)),
    stream("five-times", 6, 500, INDEPENDENT, Copies::Over(5)),
    stream("eight-times", 6, 300, INDEPENDENT, Copies::Over(8)),
    stream("days", 4, 5760, Process::Autoregressive(0.9), Copies::Days(288)),
    ar("ar-0.9-4", 4, 6000, 0.9),
    ar("ar-0.9-8", 8, 6000, 0.9),
    ar("ar-0.97-4", 4, 10_000, 0.97),
    ar("ar-0.97-8", 8, 10_000, 0.97),
    ar("ar-0.99-4", 4, 20_000, 0.99),
    ar("ar-0.99-8", 8, 20_000, 0.99),
    ar("ar-0.995-4", 4, 50_000, 0.995),
    ar("ar-0.995-8", 8, 50_000, 0.995),
    ar("ar-0.997-4", 4, 50_000, 0.997),
    ar("ar-0.997-8", 8, 50_000, 0.997),
    ar("ar-0.999-4", 4, 50_000, 0.999),
    ar("ar-0.999-8", 8, 50_000, 0.999),
    stream("held", 4, 10_000, Process::Held(50), ONCE),
];

/// Fresh stretches, and rows in each.
const FRESH: [usize; 2] = [20, 500];

/// Rows to train on, and fresh ones.
#[derive(Clone, Debug)]
pub struct Drawn {
    /// The features' names.
    pub features: Vec<String>,
    /// Row by row.
    pub rows: Vec<f32>,
    /// Row by row, from the same process.
    fresh: Vec<f32>,
}

/// What a training says beside what is true.
#[derive(Clone, Copy, Debug)]
pub struct Comparison {
    /// Nats of the held-out rows, and the standard error.
    pub said: (f64, f64),
    /// Nats of fresh rows, and the standard error over the stretches.
    pub fresh: (f64, f64),
    /// Nats of fresh rows under one Gaussian of the same rows.
    pub gaussian: f64,
}

impl Stream {
    /// Draws a set; another seed draws another one.
    pub fn draw(&self, seed: u64) -> Drawn {
        let rng = &mut Xoshiro256PlusPlus::seed_from_u64(seed);
        let d = self.columns;
        let once = self.stretch(self.rows, rng);
        let rows = match self.copies {
            Copies::Over(times) => once.repeat(times),
            Copies::Each(times) => once.chunks(d).flat_map(|row| row.repeat(times)).collect(),
            Copies::Days(day) => {
                let days = once.chunks(day * d);
                days.clone().chain(days.step_by(2)).flatten().copied().collect()
            }
        };
        let [stretches, length] = FRESH;
        let fresh = (0..stretches).flat_map(|_| self.stretch(length, rng)).collect();
        Drawn { features: (0..d).map(|i| format!("s{i}")).collect(), rows, fresh }
    }

    /// Rows that follow each other; each column but the first has twice the one before it added.
    fn stretch(&self, count: usize, rng: &mut Xoshiro256PlusPlus) -> Vec<f32> {
        let d = self.columns;
        let mut noise = vec![0.0_f64; d];
        let mut x = vec![0.0; d];
        let mut rows = Vec::with_capacity(count * d);
        for t in 0..count {
            StandardNormal.sample(rng, &mut noise);
            match self.process {
                Process::Autoregressive(rho) if t > 0 => {
                    let step = (1.0 - rho * rho).sqrt();
                    x.iter_mut().zip(&noise).for_each(|(x, noise)| *x = rho * *x + step * noise);
                }
                Process::Held(rows) if !t.is_multiple_of(rows) => {
                    x[1..].copy_from_slice(&noise[1..]);
                }
                _ => x.copy_from_slice(&noise),
            }
            rows.push(x[0] as f32);
            rows.extend(x.windows(2).map(|pair| (pair[1] + 2.0 * pair[0]) as f32));
        }
        rows
    }
}

impl Drawn {
    /// Measures a model of these rows on fresh ones. `said` is what its training said: nats of the
    /// held-out rows and their standard error.
    ///
    /// # Errors
    ///
    /// One Gaussian cannot be fitted.
    pub fn measure(&self, model: &Model, said: (f64, f64)) -> Result<Comparison> {
        let nats: Vec<f64> =
            model.log_probs(&self.fresh).iter().map(|&log_prob| -f64::from(log_prob)).collect();
        let stretches = Held {
            rows: Vec::new(),
            units: (0..nats.len() as u32).map(|row| row / FRESH[1] as u32).collect(),
        };
        let (fresh, error) = stretches.mean(&nats);
        let one: Mixture = baseline::fit(&self.features, &self.rows, 1, 1)?;
        let log_probs = one.log_probs(&self.fresh);
        let gaussian = -log_probs.iter().sum::<f64>() / log_probs.len() as f64;
        Ok(Comparison { said, fresh: (fresh, error.unwrap_or(f64::NAN)), gaussian })
    }
}

impl Comparison {
    /// How far what was said is from the truth, in combined standard errors; below zero where it is
    /// too good.
    pub fn distance(&self) -> f64 {
        (self.said.0 - self.fresh.0) / self.said.1.hypot(self.fresh.1)
    }
}

/// The head of the table.
pub const HEAD: &str = "\
    | set         | rows    | says, nats |   error | fresh rows | one Gaussian | within 3 errors \
    | farthest | worst over a Gaussian, nats a feature |\n\
    | ----------- | ------: | ---------: | ------: | ---------: | -----------: | --------------: \
    | -------: | ------------------------------------: |";

/// A line of the table, in Markdown: means over the sets.
pub fn line(stream: &Stream, comparisons: &[Comparison]) -> String {
    let count = comparisons.len();
    let mean =
        |part: fn(&Comparison) -> f64| comparisons.iter().map(part).sum::<f64>() / count as f64;
    let within = comparisons.iter().filter(|comparison| comparison.distance().abs() <= 3.0).count();
    let farther = |a: f64, b: f64| if b.abs() > a.abs() { b } else { a };
    let farthest = comparisons.iter().map(Comparison::distance).fold(0.0, farther);
    let over = |comparison: &Comparison| {
        (comparison.fresh.0 - comparison.gaussian) / stream.columns as f64
    };
    let worst = comparisons.iter().map(over).fold(f64::NEG_INFINITY, f64::max);
    format!(
        "| {:<11} | {:>7} | {:>10.3} | {:>7.3} | {:>10.3} | {:>12.3} | {:>15} \
         | {farthest:>8.1} | {worst:>37.3} |",
        stream.name,
        stream.draw(1).rows.len() / stream.columns,
        mean(|comparison| comparison.said.0),
        mean(|comparison| comparison.said.1),
        mean(|comparison| comparison.fresh.0),
        mean(|comparison| comparison.gaussian),
        format!("{within} of {count}"),
    )
}
