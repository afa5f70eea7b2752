//! Trains on command, to be timed in turns with other trainers: JSON lines in, JSON lines out.
//!
//! ```text
//! {"cmd": "build", "D": 2, "L": 8, "H": 64, "B": 256}
//! {"cmd": "train", "steps": 50}          {"cpu": seconds, "wall": seconds}
//! {"cmd": "time", "what": "fwd", "reps": 50}           fwd, fwdbwd: of the batch; log_prob, sample: of 10,000 rows
//! {"cmd": "peak"}                        {"per_s": multiply-adds that one core can do in a second}
//! {"cmd": "quit"}
//! ```
//!
//! The environment variable `PEER_THREADS` says with how many threads; one, if it is missing.

use anyhow::{Context, Result, bail};
use couplet::{Base as _, StandardNormal};
use couplet_tools::{
    data::split::Split,
    model::{Base, Description, Shape},
    train::{Options, Trainer},
};
use cpu_time::ProcessTime;
use pulp::{Arch, Simd, WithSimd};
use rand_core::SeedableRng;
use rand_xoshiro::Xoshiro128PlusPlus;
use rayon::ThreadPoolBuilder;
use serde::Deserialize;
use serde_json::json;
use std::{
    hint::black_box,
    io::{self, BufRead},
    time::{Duration, Instant},
};

/// A line of the protocol in which a benchmark drives several trainers in turns.
#[derive(Deserialize)]
#[serde(tag = "cmd", rename_all = "lowercase")]
enum Request {
    /// A RealNVP of L couplings (rounded up to whole couplets) over D features, trunks of two
    /// layers of H, batches of B.
    Build {
        #[serde(rename = "D")]
        features: usize,
        #[serde(rename = "L")]
        couplings: usize,
        #[serde(rename = "H")]
        hidden: usize,
        #[serde(rename = "B")]
        batch: usize,
    },
    /// Optimiser steps.
    Train { steps: usize },
    /// Repetitions of the forward pass, of the forward and the backward pass, or of what users of a
    /// model ask for.
    Time { what: String, reps: usize },
    /// Multiply-adds and nothing else: what no training can be faster than.
    Peak,
    /// The end.
    Quit,
}

fn main() -> Result<()> {
    let threads = std::env::var("PEER_THREADS").map_or(Ok(1), |threads| threads.parse())?;
    ThreadPoolBuilder::new().num_threads(threads).build()?.install(serve)
}

/// Answers one request after the other.
fn serve() -> Result<()> {
    let mut trainer = None;
    for line in io::stdin().lock().lines() {
        let request: Request =
            serde_json::from_str(&line?).context("not a request of the protocol")?;
        let (start, cpu) = (Instant::now(), ProcessTime::now());
        let built = trainer.as_mut().context("nothing was built yet");
        let answer = match request {
            Request::Build { features, couplings, hidden, batch } => {
                trainer = Some(build(features, couplings, hidden, batch)?);
                json!({ "build_s": start.elapsed().as_secs_f64() })
            }
            Request::Train { steps } => {
                let trainer: &mut Trainer = built?;
                for _ in 0..steps {
                    trainer.step();
                }
                json!({ "wall": start.elapsed().as_secs_f64(), "cpu": cpu.elapsed().as_secs_f64() })
            }
            Request::Time { what, reps } => {
                let trainer = built?;
                let model = trainer.best()?.0;
                let rows = normal(10_000 * model.flow.description.dimension());
                let mut rng = Xoshiro128PlusPlus::seed_from_u64(2);
                let mut once = || -> Result<f32> {
                    Ok(match what.as_str() {
                        "fwd" => trainer.evaluate(false),
                        "fwdbwd" => trainer.evaluate(true),
                        "log_prob" => model.log_probs(&rows)[0],
                        "sample" => model.flow.sample(&model.parameters, 10_000, &mut rng)[0],
                        _ => bail!("cannot time {what}"),
                    })
                };
                let (start, cpu) = (Instant::now(), ProcessTime::now());
                let sum: f32 = (0..reps).map(|_| once()).sum::<Result<_>>()?;
                let per_repetition = |time: Duration| time.as_secs_f64() / reps as f64;
                json!({ "wall": per_repetition(start.elapsed()), "cpu": per_repetition(cpu.elapsed()), "sum": sum })
            }
            Request::Peak => json!({ "per_s": Arch::new().dispatch(Peak) }),
            Request::Quit => return Ok(()),
        };
        println!("{answer}");
    }
    Ok(())
}

/// Multiply-adds in the widest vectors that the processor has, on more sums than it takes to hide
/// the latency of one; gives how many numbers a second.
struct Peak;

impl Peak {
    const SUMS: usize = 16;
    const TIMES: usize = 1_000_000;
}

impl WithSimd for Peak {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f64 {
        let factor = simd.splat_f32s(black_box(0.5));
        let mut sums = [factor; Self::SUMS];
        let cpu = ProcessTime::now();
        for _ in 0..Self::TIMES {
            for sum in &mut sums {
                *sum = simd.mul_add_e_f32s(*sum, factor, factor);
            }
        }
        black_box(sums);
        (Self::SUMS * Self::TIMES * S::F32_LANES) as f64 / cpu.elapsed().as_secs_f64()
    }
}

/// A trainer on normal rows that never validates.
fn build(features: usize, couplings: usize, hidden: usize, batch: usize) -> Result<Trainer> {
    let names = (0..features).map(|i| format!("x{i}")).collect();
    let couplets = couplings.div_ceil(2);
    let hidden = Some(vec![hidden; 2]);
    let shape =
        Shape { couplets, hidden, base: Base::Normal, permute: Some(false), ..Shape::default() };
    let description = Description::new(names, shape)?;
    let rows = normal(20_000 * features);
    let steps = 1_000_000;
    let options = Options {
        steps,
        batch,
        learning_rate: Some(1e-3),
        threads: 1,
        validation_fraction: 0.01,
        ..Options::default()
    };
    let count = rows.len() / description.dimension();
    let split = Split::random(count, options.validation_fraction, options.seed)?;
    Trainer::new(description, &rows, &split, &options)
}

fn normal(count: usize) -> Vec<f32> {
    let mut values = vec![0.0; count];
    StandardNormal.sample(&mut Xoshiro128PlusPlus::seed_from_u64(1), &mut values);
    values
}
