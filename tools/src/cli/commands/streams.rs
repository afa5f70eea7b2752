//! What held-out nats are worth where rows repeat or depend on the rows before them: `couplet bench
//! --streams`.

use crate::{
    bench::Recipe,
    bench::streams::{Comparison, FLAGS, HEAD, STREAMS, Stream, line},
    cli::{args::BenchArgs, progress::TrainingBar, recipe::recipe, say::say},
    train,
};
use anyhow::{Result, bail};

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
            (1..=args.seeds).map(|seed| run(stream, seed, args)).collect::<Result<Vec<_>>>()?;
        say!("{}", line(stream, &comparisons))?;
    }
    Ok(())
}

/// Trains behind a bar on the set of a seed, and compares what training says with the truth.
fn run(stream: &Stream, seed: u64, args: &BenchArgs) -> Result<Comparison> {
    let drawn = stream.draw(seed);
    let Recipe { description, options, split, .. } =
        recipe(FLAGS, seed, &drawn.features, &drawn.rows)?;
    let title = format!("{}, set {seed} of {} ", stream.name, args.seeds);
    let bar = TrainingBar::new(&title, options.steps, 0)?;
    let (model, summary) = train::fit(description, &drawn.rows, &split, &options, |trainer| {
        bar.show(trainer.progress());
        true
    })?;
    bar.clear();
    let said = (summary.validation, summary.validation_error.unwrap_or(f64::NAN));
    drawn.measure(&model, said)
}
