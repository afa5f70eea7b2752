//! What held-out nats are worth where rows repeat or depend on the rows before them: `couplet bench
//! --streams`.

use crate::{
    bench::Recipe,
    bench::streams::{Comparison, HEAD, STREAMS, Stream, line},
    cli::{args::BenchArgs, progress::TrainingBar, recipe::recipe, say::say},
    train,
};
use anyhow::{Result, bail};

/// The flags of `couplet train` for all sets: a small flow, since there are many sets.
const FLAGS: &str = "--couplets 3 --hidden 16 --batch 128 --budget 8e9 --threads 1";

/// The seed of the first set. The trainer's rules for dependent rows were chosen on the sets of
/// seeds below it, so that the table is of sets that chose nothing.
const FIRST_SEED: u64 = 1001;

/// Prints a table with a line for each kind of rows.
pub fn streams(args: &BenchArgs) -> Result<()> {
    let is_chosen = |stream: &&Stream| {
        let starts = |name: &String| stream.name.starts_with(name);
        args.only.as_ref().is_none_or(|names| names.iter().any(starts))
    };
    let has = |name: &&String| STREAMS.iter().any(|stream| stream.name.starts_with(name.as_str()));
    if let Some(name) = args.only.iter().flatten().find(|name| !has(name)) {
        let names: Vec<&str> = STREAMS.iter().map(|stream| stream.name).collect();
        bail!("no stream is called {name}; there are {}", names.join(", "));
    }
    say!("{HEAD}")?;
    for stream in STREAMS.iter().filter(is_chosen) {
        let comparisons =
            (0..args.seeds).map(|set| run(stream, set, args)).collect::<Result<Vec<_>>>()?;
        say!("{}", line(stream, &comparisons))?;
    }
    Ok(())
}

/// Trains behind a bar on the set of a seed, and compares what training says with the truth.
fn run(stream: &Stream, set: u64, args: &BenchArgs) -> Result<Comparison> {
    let seed = FIRST_SEED + set;
    let drawn = stream.draw(seed);
    let Recipe { description, options, split, .. } =
        recipe(&format!("{FLAGS} {}", args.flags), seed, (&drawn.features, &[]), &drawn.rows)?;
    let title = format!("{}, set {} of {} ", stream.name, set + 1, args.seeds);
    let bar = TrainingBar::new(&title, 0.0)?;
    let (model, summary) = train::fit(description, &drawn.rows, &split, &options, |trainer| {
        bar.show(trainer);
        true
    })?;
    bar.clear();
    let said = (summary.validation, summary.validation_error.unwrap_or(f64::NAN));
    drawn.measure(&model, said)
}
