use super::{
    bench::training,
    split::request,
    train::{describe, fit, options},
};
use crate::{
    bench::streams::{HEAD, Outcome, STREAMS, Stream, line},
    cli::args::Bench,
    cli::output::say,
    data::split::{Origin, Split},
};
use anyhow::Result;

/// `couplet bench --streams`: what held-out nats are worth where rows repeat or depend on each
/// other.
pub fn streams(args: &Bench) -> Result<()> {
    let chosen = |stream: &&Stream| {
        args.only
            .as_ref()
            .is_none_or(|names| names.iter().any(|name| stream.name.starts_with(name)))
    };
    say!("{HEAD}");
    for stream in STREAMS.iter().filter(chosen) {
        let outcomes =
            (1..=args.seeds).map(|seed| run(stream, seed, args)).collect::<Result<Vec<_>>>()?;
        say!("{}", line(stream, &outcomes));
    }
    Ok(())
}

fn run(stream: &Stream, seed: u64, args: &Bench) -> Result<Outcome> {
    let drawn = stream.draw(seed);
    let flags = training("", seed)?;
    let description = describe(&flags.shape, drawn.features.clone())?;
    let d = drawn.features.len();
    let split = Split::new(&drawn.rows, d, &request(&flags)?, &Origin::default())?;
    let options = options(&flags, split.training.len(), split.effective)?;
    let title = format!("{}, set {seed} of {} ", stream.name, args.seeds);
    let (model, summary) = fit(description, &drawn.rows, &split, &options, &title)?;
    let said = (summary.validation, summary.validation_error.unwrap_or(f64::NAN));
    drawn.measure(&model, said)
}
