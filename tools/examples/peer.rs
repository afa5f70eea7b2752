//! Trains on command, to be timed in turns with other trainers: JSON lines in, JSON lines out.
//!
//! ```text
//! {"cmd": "build", "D": 2, "L": 8, "H": 64, "B": 256}
//! {"cmd": "train", "steps": 50}          {"cpu": seconds, "wall": seconds}
//! {"cmd": "time", "what": "fwd", "reps": 50}
//! {"cmd": "quit"}
//! ```
//!
//! The environment variable `PEER_THREADS` says with how many threads; one, if it is missing.

use anyhow::{Context, Result, bail};
use couplet::{Base as _, StandardNormal};
use couplet_tools::{
    model::{Activation, Base, CouplingKind, Description},
    train::{Options, Trainer},
};
use cpu_time::ProcessTime;
use rand_core::SeedableRng;
use rand_xoshiro::Xoshiro128PlusPlus;
use rayon::ThreadPoolBuilder;
use serde::Deserialize;
use serde_json::json;
use std::{
    io::{self, BufRead},
    time::{Duration, Instant},
};

/// A line of the protocol in which a benchmark drives several trainers in turns.
#[derive(Deserialize)]
#[serde(tag = "cmd", rename_all = "lowercase")]
enum Request {
    /// A RealNVP of L couplings (rounded up to whole couplets) over D features, trunks of two layers of H, batches of B.
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
    /// Repetitions of the forward pass, or of the forward and the backward pass.
    Time { what: String, reps: usize },
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
        let request: Request = serde_json::from_str(&line?).context("not a request of the protocol")?;
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
                let backward = match what.as_str() {
                    "fwd" => false,
                    "fwdbwd" => true,
                    _ => bail!("cannot time {what}"),
                };
                let sum: f32 = (0..reps).map(|_| trainer.evaluate(backward)).sum();
                let per_repetition = |time: Duration| time.as_secs_f64() / reps as f64;
                json!({ "wall": per_repetition(start.elapsed()), "cpu": per_repetition(cpu.elapsed()), "sum": sum })
            }
            Request::Quit => return Ok(()),
        };
        println!("{answer}");
    }
    Ok(())
}

/// A trainer on normal rows, which looks at its held-out rows never.
fn build(features: usize, couplings: usize, hidden: usize, batch: usize) -> Result<Trainer> {
    let names = (0..features).map(|i| format!("x{i}")).collect();
    let couplets = couplings.div_ceil(2);
    let (activation, base) = (Activation::Relu, Base::Normal);
    let description =
        Description::new(names, CouplingKind::Affine, couplets, vec![hidden; 2], activation, base, false, false, 2.0)?;
    let mut rows = vec![0.0; 20_000 * features];
    StandardNormal.sample(&mut Xoshiro128PlusPlus::seed_from_u64(1), &mut rows);
    let steps = 1_000_000;
    let options = Options { steps, batch, learning_rate: 1e-3, threads: 1, validation_fraction: 0.01, ..Options::default() };
    Trainer::new(description, &rows, &options)
}
