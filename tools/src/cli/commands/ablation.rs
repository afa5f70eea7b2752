//! What each part of training is worth: `couplet bench --ablation`.

use crate::{
    bench::{Fold, Metric, Trained, Workload, ablation},
    cli::{args::BenchArgs, recipe::recipe, say::say},
    report::table::{Format, Table},
};
use anyhow::Result;
use indicatif::ProgressBar;
use rayon::iter::{IntoParallelIterator, ParallelIterator};

/// What a model reaches on rows that took no part in its training.
struct Figures {
    /// The mean negative log-likelihood of normal rows, in nats.
    nats: f64,
    /// The area under the curve times 100; NaN without anomalies.
    area: f64,
}

/// The figures of one change: for each workload, those of each seed.
type Runs = Vec<Vec<Figures>>;

/// Prints two tables, with a row for each change of training and a column for each workload.
///
/// The first is of mean nats on rows that took no part in training: with the defaults, and for each
/// change how many more nats it costs, with the standard error of this difference over the seeds.
/// The second is of anomaly sets, and of the area that each change costs.
pub fn ablation(workloads: &[&Workload], args: &BenchArgs) -> Result<()> {
    let asked_for: Vec<(&str, &str)> =
        args.with.iter().map(|flags| ("asked for", flags.as_str())).collect();
    let changes = if asked_for.is_empty() { ablation::CHANGES } else { &asked_for };
    let splits = splits(workloads, args)?;
    let runs = workloads.len() * args.seeds as usize * (changes.len() + 1);
    let bar = ProgressBar::new(runs as u64);

    let names: Vec<&str> = workloads.iter().map(|workload| workload.name).collect();
    let table = table(&names);
    say!("{}", table.head())?;
    let defaults = trained(workloads, &splits, &args.flags, &bar)?;
    let cells = defaults.iter().map(|seeds| format!("{:.3}", mean(&nats(seeds))));
    say!("{}", row(&table, "none: the defaults, nats".into(), cells))?;
    let mut changed = Vec::new();
    for &(name, flags) in changes {
        let runs = trained(workloads, &splits, &format!("{} {flags}", args.flags), &bar)?;
        let cells = runs
            .iter()
            .zip(&defaults)
            .map(|(changed, defaults)| difference(&nats(changed), &nats(defaults), 3));
        say!("{}", row(&table, format!("{name}: `{flags}`"), cells))?;
        changed.push(runs);
    }
    bar.finish_and_clear();

    let sets: Vec<usize> = (0..workloads.len())
        .filter(|&w| splits[w].iter().all(|split| !split.kinds.is_empty()))
        .collect();
    if sets.is_empty() {
        return Ok(());
    }
    print_areas(&sets, &names, changes, &defaults, &changed)
}

/// Prints the table of areas: a column for each anomaly set, and one for their mean.
fn print_areas(
    sets: &[usize],
    names: &[&str],
    changes: &[(&str, &str)],
    defaults: &Runs,
    changed: &[Runs],
) -> Result<()> {
    let columns: Vec<&str> = sets.iter().map(|&w| names[w]).chain(["mean"]).collect();
    let table = table(&columns);
    say!("\n{}", table.head())?;
    let defaults = areas(sets, defaults);
    let cells = defaults.iter().map(|areas| format!("{:.2}", mean(areas)));
    say!("{}", row(&table, "none: the defaults, AUROC x 100".into(), cells))?;
    for ((name, flags), runs) in changes.iter().zip(changed) {
        let areas = areas(sets, runs);
        let cells =
            areas.iter().zip(&defaults).map(|(changed, defaults)| difference(defaults, changed, 2));
        say!("{}", row(&table, format!("{name}: `{flags}`"), cells))?;
    }
    Ok(())
}

/// The rows of each workload with each seed.
fn splits(workloads: &[&Workload], args: &BenchArgs) -> Result<Vec<Vec<Fold>>> {
    let of_seeds = |workload: &&Workload| {
        (1..=args.seeds).map(|seed| ablation::split(workload, &args.data, seed)).collect()
    };
    workloads.iter().map(of_seeds).collect()
}

/// Trains with a change on each workload with each seed, many at a time.
fn trained(
    workloads: &[&Workload],
    splits: &[Vec<Fold>],
    change: &str,
    bar: &ProgressBar,
) -> Result<Runs> {
    let runs: Vec<(&Workload, u64, &Fold)> = workloads
        .iter()
        .zip(splits)
        .flat_map(|(workload, splits)| {
            (1..).zip(splits).map(move |(seed, split)| (*workload, seed, split))
        })
        .collect();
    let figures: Vec<Figures> = runs
        .into_par_iter()
        .map(|(workload, seed, split)| {
            let figures = held_out(&format!("{} {change}", workload.flags), seed, split)?;
            bar.inc(1);
            Ok(figures)
        })
        .collect::<Result<_>>()?;
    let mut figures = figures.into_iter();
    Ok(splits.iter().map(|seeds| figures.by_ref().take(seeds.len()).collect()).collect())
}

/// Trains on one thread, and measures on the rows that took no part.
fn held_out(flags: &str, seed: u64, split: &Fold) -> Result<Figures> {
    let flags = format!("--threads 1 {flags}");
    let recipe = recipe(&flags, seed, (&split.features, &[]), &split.training)?;
    let Trained { log_probs, known, .. } = recipe.run(split, |_| true)?;
    if split.kinds.is_empty() {
        return Ok(Figures { nats: Metric::Nats.of(&log_probs, &known, split)?, area: f64::NAN });
    }
    // Normal rows come first.
    let normal = split.kinds.iter().filter(|&&kind| kind == 0).count();
    Ok(Figures {
        nats: Metric::Nats.of(&log_probs[..normal], &known[..normal], split)?,
        area: Metric::Auroc.of(&log_probs, &known, split)?,
    })
}

/// A table with a column for the change and one for each name.
fn table(names: &[&str]) -> Table {
    names
        .iter()
        .fold(Table::new(Format::Markdown).left("change", 0), |table, &name| table.right(name, 0))
}

fn row(table: &Table, change: String, cells: impl Iterator<Item = String>) -> String {
    table.row(&[change].into_iter().chain(cells).collect::<Vec<_>>())
}

fn nats(figures: &[Figures]) -> Vec<f64> {
    figures.iter().map(|figures| figures.nats).collect()
}

/// The areas of each anomaly set, seed by seed, and last their mean over the sets.
fn areas(sets: &[usize], runs: &Runs) -> Vec<Vec<f64>> {
    let of_set = |&w: &usize| runs[w].iter().map(|figures| figures.area).collect();
    let mut areas: Vec<Vec<f64>> = sets.iter().map(of_set).collect();
    let of_seed = |s: usize| mean(&areas.iter().map(|areas| areas[s]).collect::<Vec<_>>());
    let means = (0..areas[0].len()).map(of_seed).collect();
    areas.push(means);
    areas
}

/// The mean difference of figures and others, seed by seed, with its standard error.
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
