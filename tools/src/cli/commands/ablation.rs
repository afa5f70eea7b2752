//! What each part of training is worth: `couplet bench --ablation`.

use super::bench::trained;
use crate::{
    bench::{Metric, Split, Workload, ablation},
    cli::args::Bench,
    cli::output::say,
};
use anyhow::Result;
use indicatif::ProgressBar;
use rayon::iter::{IntoParallelIterator, ParallelIterator};

/// What comes of a training, on rows that took no part in it.
struct Figures {
    /// The mean negative log-likelihood of normal rows.
    nats: f64,
    /// The area, where there are anomalies.
    area: f64,
}

/// A line for each change, a column for each workload: mean nats of rows that took no part in
/// training, and for the changes how many more they are than with the defaults, with the standard
/// error of this difference over the seeds. Then the same of anomaly sets in area, of which a
/// change costs how much less it is.
pub fn ablation(workloads: &[&Workload], args: &Bench) -> Result<()> {
    let changes: Vec<(&str, &str)> = ablation::CHANGES
        .iter()
        .copied()
        .chain(args.with.iter().map(|flags| ("asked for", flags.as_str())))
        .collect();
    let changes = if args.with.is_empty() {
        &changes[..]
    } else {
        &changes[changes.len() - args.with.len()..]
    };

    let seeds: Vec<u64> = (1..=args.seeds).collect();
    let splits = workloads.iter().map(|workload| {
        seeds.iter().map(|&seed| ablation::split(workload, &args.data, seed)).collect()
    });
    let splits: Vec<Vec<Split>> = splits.collect::<Result<_>>()?;
    let bar = ProgressBar::new((workloads.len() * seeds.len() * (changes.len() + 1)) as u64);
    let figures = |change: &str| -> Result<Vec<Vec<Figures>>> {
        let runs: Vec<(usize, usize)> =
            (0..workloads.len()).flat_map(|w| (0..seeds.len()).map(move |s| (w, s))).collect();
        let figures: Vec<Figures> = runs
            .into_par_iter()
            .map(|(w, s)| {
                let figures =
                    held_out(&format!("{} {change}", workloads[w].flags), seeds[s], &splits[w][s])?;
                bar.inc(1);
                Ok(figures)
            })
            .collect::<Result<_>>()?;
        let mut figures = figures.into_iter();
        Ok(workloads.iter().map(|_| figures.by_ref().take(seeds.len()).collect()).collect())
    };

    let names: Vec<&str> = workloads.iter().map(|workload| workload.name).collect();
    say!("| change | {} |", names.join(" | "));
    say!("| --- |{}", " ---: |".repeat(names.len()));
    let defaults = figures("")?;
    let row: Vec<String> =
        defaults.iter().map(|figures| format!("{:.3}", mean(&nats(figures)))).collect();
    say!("| none: the defaults, nats | {} |", row.join(" | "));
    let mut changed = Vec::new();
    for (name, flags) in changes {
        let figures = figures(flags)?;
        let cells = figures
            .iter()
            .zip(&defaults)
            .map(|(changed, defaults)| difference(&nats(changed), &nats(defaults), 3));
        say!("| {name}: `{flags}` | {} |", cells.collect::<Vec<_>>().join(" | "));
        changed.push(figures);
    }
    bar.finish_and_clear();

    let sets: Vec<usize> = (0..workloads.len())
        .filter(|&w| splits[w].iter().all(|split| !split.kinds.is_empty()))
        .collect();
    if sets.is_empty() {
        return Ok(());
    }
    // A last column has all sets, seed by seed.
    let areas = |figures: &[Vec<Figures>]| -> Vec<Vec<f64>> {
        let of = |w: &usize| figures[*w].iter().map(|figures| figures.area).collect();
        let mut areas: Vec<Vec<f64>> = sets.iter().map(of).collect();
        areas.push(
            (0..seeds.len())
                .map(|s| mean(&areas.iter().map(|areas| areas[s]).collect::<Vec<_>>()))
                .collect(),
        );
        areas
    };
    let names: Vec<&str> = sets.iter().map(|&w| names[w]).chain(["mean"]).collect();
    say!("\n| change | {} |", names.join(" | "));
    say!("| --- |{}", " ---: |".repeat(names.len()));
    let defaults = areas(&defaults);
    let row: Vec<String> = defaults.iter().map(|areas| format!("{:.2}", mean(areas))).collect();
    say!("| none: the defaults, AUROC x 100 | {} |", row.join(" | "));
    for ((name, flags), figures) in changes.iter().zip(&changed) {
        let areas = areas(figures);
        let cells =
            areas.iter().zip(&defaults).map(|(changed, defaults)| difference(defaults, changed, 2));
        say!("| {name}: `{flags}` | {} |", cells.collect::<Vec<_>>().join(" | "));
    }
    Ok(())
}

/// What comes of a training on one thread.
fn held_out(flags: &str, seed: u64, split: &Split) -> Result<Figures> {
    let (log_probs, _) = trained(&format!("--threads 1 {flags}"), seed, split, "")?;
    let normal = split.kinds.iter().filter(|&&kind| kind == 0).count();
    let normal = if split.kinds.is_empty() { log_probs.len() } else { normal };
    let area =
        if split.kinds.is_empty() { f64::NAN } else { Metric::Auroc.of(&log_probs, split)? };
    // Normal rows come first.
    Ok(Figures { nats: Metric::Nats.of(&log_probs[..normal], split)?, area })
}

fn nats(figures: &[Figures]) -> Vec<f64> {
    figures.iter().map(|figures| figures.nats).collect()
}

/// By how much some figures are more than others, seed by seed, with the standard error.
fn difference(figures: &[f64], others: &[f64], places: usize) -> String {
    let differences: Vec<f64> =
        figures.iter().zip(others).map(|(figure, other)| figure - other).collect();
    format!("{:+.places$} +- {:.places$}", mean(&differences), standard_error(&differences))
}

fn mean(figures: &[f64]) -> f64 {
    figures.iter().sum::<f64>() / figures.len() as f64
}

fn standard_error(figures: &[f64]) -> f64 {
    let (mean, count) = (mean(figures), figures.len() as f64);
    (figures.iter().map(|figure| (figure - mean).powi(2)).sum::<f64>() / (count * (count - 1.0)))
        .sqrt()
}
