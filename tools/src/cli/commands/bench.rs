use super::train::{describe, fit, options};
use super::{ablation, split::request, streams::streams};
use crate::{
    bench::{ANOMALY_SETS, HEAD, Outcome, Split, WORKLOADS, Workload},
    cli::args::{Bench, Train},
    cli::output::say,
    data::{self, rounding, split::Origin},
    device::cost::Cost,
};
use anyhow::{Result, bail, ensure};
use clap::{Args, FromArgMatches};
use std::time::Instant;

/// `couplet bench`.
pub fn bench(args: &Bench) -> Result<()> {
    ensure!(args.seeds >= 1, "--seeds must be at least 1");
    if args.streams {
        return streams(args);
    }
    let is = |workload: &Workload, name: &String| workload.name.starts_with(name.as_str());
    if let Some(name) =
        args.only.iter().flatten().find(|name| !WORKLOADS.iter().any(|workload| is(workload, name)))
    {
        let names: Vec<&str> = WORKLOADS.iter().map(|workload| workload.name).collect();
        bail!("no workload is called {name}; there are {}", names.join(", "));
    }
    let chosen = |workload: &&Workload| {
        args.only.as_ref().is_none_or(|names| names.iter().any(|name| is(workload, name)))
    };
    let workloads: Vec<&Workload> = WORKLOADS.iter().filter(chosen).collect();
    if args.ablation {
        return ablation::ablation(&workloads, args);
    }
    say!("{HEAD}");
    let mut ran = 0;
    let mut anomaly_sets = Vec::new();
    for workload in workloads {
        match run(workload, args) {
            Ok(outcome) => {
                ran += 1;
                say!("{}", outcome.line(workload.name, workload.flags, &workload.goal));
                if is_anomaly_set(workload) {
                    anomaly_sets.push(outcome);
                }
            }
            Err(error) => say!(
                "| {:<18} | not run: {} |",
                workload.name,
                format!("{error:#}").replace(['|', '\n'], " ")
            ),
        }
    }
    if anomaly_sets.len() == WORKLOADS.iter().filter(|workload| is_anomaly_set(workload)).count() {
        say!("{}", Outcome::mean(&anomaly_sets).line("adbench, mean", "", &ANOMALY_SETS));
    }
    ensure!(ran > 0, "nothing could be run in {}: each line says why", args.data.display());
    Ok(())
}

fn is_anomaly_set(workload: &Workload) -> bool {
    workload.name.starts_with("adbench-")
}

/// Trains on each split with each seed.
fn run(workload: &Workload, args: &Bench) -> Result<Outcome> {
    let splits = workload.source.splits(&args.data)?;
    let mut outcome =
        Outcome { figures: Vec::new(), worst_point: f64::NEG_INFINITY, cost: None, seconds: 0.0 };
    for seed in 1..=args.seeds {
        let mut sum = 0.0;
        for (fold, split) in splits.iter().enumerate() {
            let fold = if splits.len() > 1 {
                format!(", fold {} of {}", fold + 1, splits.len())
            } else {
                String::new()
            };
            let title = format!("{}, seed {seed} of {}{fold} ", workload.name, args.seeds);
            let start = Instant::now();
            let (log_probs, cost) = trained(workload.flags, seed, split, &title)?;
            outcome.seconds += start.elapsed().as_secs_f64() / args.seeds as f64;
            outcome.cost = Some(cost);
            sum += workload.goal.measure.of(&log_probs, split)?;
            let worst = log_probs
                .iter()
                .map(|&log_prob| -f64::from(log_prob))
                .fold(f64::NEG_INFINITY, f64::max);
            outcome.worst_point = outcome.worst_point.max(worst);
        }
        outcome.figures.push(sum / splits.len() as f64);
    }
    Ok(outcome)
}

/// The log-densities of the test rows under a model of the training rows, with the device's bits,
/// and the model's cost.
pub fn trained(flags: &str, seed: u64, split: &Split, title: &str) -> Result<(Vec<f32>, Cost)> {
    let args = training(flags, seed)?;
    let description = describe(&args.shape, split.features.clone())?;
    let d = split.features.len();
    let sets = data::split::Split::new(&split.training, d, &request(&args)?, &Origin::default())?;
    let options = options(&args, sets.training.len(), sets.effective)?;
    let (mut training, mut test) = (split.training.clone(), split.test.clone());
    if args.reading.dequantize {
        let steps = rounding::steps(&training, d);
        rounding::dequantize(&mut training, &steps, seed);
        rounding::dequantize(&mut test, &steps, seed + 1);
    }
    let (model, _) = fit(description, &training, &sets, &options, title)?;
    Ok((model.log_probs(&test), Cost::of(&model.flow)))
}

/// What `couplet train` makes of these flags.
pub fn training(flags: &str, seed: u64) -> Result<Train> {
    let seed = seed.to_string();
    let words = ["train", "-", "--seed", &seed].into_iter().chain(flags.split_whitespace());
    let matches = Train::augment_args(clap::Command::new("train").args_override_self(true))
        .try_get_matches_from(words)?;
    Ok(Train::from_arg_matches(&matches)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::Source;

    fn cost(name: &str, d: usize) -> Cost {
        let workload = WORKLOADS.iter().find(|workload| workload.name == name).expect("a workload");
        let shape = training(workload.flags, 1).expect("valid flags").shape;
        let description =
            describe(&shape, (0..d).map(|i| format!("x{i}")).collect()).expect("a valid shape");
        Cost::of_shape(&description)
    }

    #[test]
    fn every_workload_keeps_the_size_that_its_peers_have() {
        for (name, d, bytes) in
            [("moons05-8K", 2, 8 << 10), ("curved8-8K", 8, 7782), ("curved8-21K", 8, 21094)]
        {
            let cost = cost(name, d);
            assert!(cost.flash <= bytes, "{name}: {cost:?}");
        }
        for workload in
            WORKLOADS.iter().filter(|workload| matches!(workload.source, Source::Files(file, _) if file.starts_with("toy/")))
        {
            let cost = cost(workload.name, 2);
            assert!(cost.parameters <= 4430, "{}: {cost:?}", workload.name);
        }
    }

    #[test]
    fn every_workload_asks_for_what_train_understands() -> Result<()> {
        for workload in WORKLOADS {
            let args = training(workload.flags, 7)?;
            assert_eq!(args.seed, 7);
            options(&args, 900, 900)?;
        }
        Ok(())
    }
}
