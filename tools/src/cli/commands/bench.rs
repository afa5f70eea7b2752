use super::{ablation::ablation, alarms::alarms, streams::streams, vibration::vibration};
use crate::{
    bench::{ANOMALY_SETS, Fold, HEAD, Outcome, Trained, WORKLOADS, Workload},
    cli::{args::BenchArgs, hint, progress::TrainingBar, recipe::recipe, say::say},
};
use anyhow::{Result, bail, ensure};
use std::time::Instant;

/// `couplet bench`.
pub fn bench(args: &BenchArgs) -> Result<()> {
    ensure!(args.seeds >= 1, "--seeds must be at least 1");
    if args.alarms {
        return alarms(args);
    }
    if args.streams {
        return streams(args);
    }
    if args.vibration {
        return vibration(args);
    }
    let workloads = chosen(args.only.as_deref())?;
    if args.ablation { ablation(&workloads, args) } else { table(&workloads, args) }
}

/// The workloads whose names start with one of `only`, or all of them.
fn chosen(only: Option<&[String]>) -> Result<Vec<&'static Workload>> {
    let is = |workload: &Workload, name: &String| workload.name.starts_with(name.as_str());
    let unknown = |name: &&String| !WORKLOADS.iter().any(|workload| is(workload, name));
    if let Some(name) = only.into_iter().flatten().find(unknown) {
        let names: Vec<&str> = WORKLOADS.iter().map(|workload| workload.name).collect();
        bail!("no workload is called {name}; there are {}", names.join(", "));
    }
    let asked_for =
        |workload: &&Workload| only.is_none_or(|names| names.iter().any(|name| is(workload, name)));
    Ok(WORKLOADS.iter().filter(asked_for).collect())
}

/// Prints the quality table: a line for each workload, and the mean over the anomaly sets if all of
/// them were run.
fn table(workloads: &[&Workload], args: &BenchArgs) -> Result<()> {
    say!("{HEAD}")?;
    let mut ran = 0;
    let mut anomaly_sets = Vec::new();
    for workload in workloads {
        match run(workload, args) {
            Ok(outcome) => {
                ran += 1;
                say!("{}", outcome.line(workload.name, &flags(workload, args), &workload.goal))?;
                if is_anomaly_set(workload) {
                    anomaly_sets.push(outcome);
                }
            }
            Err(error) => say!(
                "| {:<18} | not run: {} |",
                workload.name,
                hint::line(&error).replace('|', " ")
            )?,
        }
    }
    if anomaly_sets.len() == WORKLOADS.iter().filter(|workload| is_anomaly_set(workload)).count() {
        say!("{}", Outcome::mean(&anomaly_sets).line("adbench, mean", "", &ANOMALY_SETS))?;
    }
    ensure!(ran > 0, "nothing could be run in {}: each line says why", args.data.display());
    Ok(())
}

fn is_anomaly_set(workload: &Workload) -> bool {
    workload.name.starts_with("adbench-")
}

/// The flags of `couplet train` for a workload.
fn flags(workload: &Workload, args: &BenchArgs) -> String {
    format!("{} {}", workload.flags, args.flags).trim().to_string()
}

/// Trains on each split with each seed.
fn run(workload: &Workload, args: &BenchArgs) -> Result<Outcome> {
    let splits = workload.dataset.splits(&args.data)?;
    let mut outcome = Outcome {
        figures: Vec::new(),
        worst_point: f64::NEG_INFINITY,
        over_gaussian: f64::NEG_INFINITY,
        cost: None,
        seconds: 0.0,
    };
    for seed in 1..=args.seeds {
        let (mut sum, mut over) = (0.0, 0.0);
        for (fold, split) in splits.iter().enumerate() {
            let fold = if splits.len() > 1 {
                format!(", fold {} of {}", fold + 1, splits.len())
            } else {
                String::new()
            };
            let title = format!("{}, seed {seed} of {}{fold} ", workload.name, args.seeds);
            let start = Instant::now();
            let trained = trained(&flags(workload, args), seed, split, &title)?;
            outcome.seconds += start.elapsed().as_secs_f64() / args.seeds as f64;
            sum += workload.goal.metric.of(&trained.log_probs, &trained.known, split)?;
            over += trained.over_gaussian(split);
            outcome.see(&trained, split);
        }
        outcome.over_gaussian = outcome.over_gaussian.max(over / splits.len() as f64);
        outcome.figures.push(sum / splits.len() as f64);
    }
    Ok(outcome)
}

/// Trains behind a bar with a title: see [`Recipe::run`](crate::bench::Recipe::run).
fn trained(flags: &str, seed: u64, split: &Fold, title: &str) -> Result<Trained> {
    let recipe = recipe(flags, seed, (&split.features, &split.context), &split.training)?;
    let bar = TrainingBar::new(title, 0.0)?;
    let trained = recipe.run(split, |trainer| {
        bar.show(trainer);
        true
    })?;
    bar.clear();
    Ok(trained)
}
