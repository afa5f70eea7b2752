//! What each part of training is worth: `couplet bench --ablation`.

use super::bench::trained;
use crate::{
    cli::Bench,
    output::say,
    quality::{Split, Workload, ablation},
};
use anyhow::Result;
use indicatif::ProgressBar;
use rayon::iter::{IntoParallelIterator, ParallelIterator};

/// A line for each change, a column for each workload: mean nats of rows that took no part in training, and for the changes
/// how many more they are than with the defaults, with the standard error of this difference over the seeds.
pub fn ablation(workloads: &[&Workload], args: &Bench) -> Result<()> {
    let changes: Vec<(&str, &str)> =
        ablation::CHANGES.iter().copied().chain(args.with.iter().map(|flags| ("asked for", flags.as_str()))).collect();
    let changes = if args.with.is_empty() { &changes[..] } else { &changes[changes.len() - args.with.len()..] };
    let names: Vec<&str> = workloads.iter().map(|workload| workload.name).collect();
    say!("| change | {} |", names.join(" | "));
    say!("| --- |{}", " ---: |".repeat(names.len()));

    let seeds: Vec<u64> = (1..=args.seeds).collect();
    let splits = workloads.iter().map(|workload| seeds.iter().map(|&seed| ablation::split(workload, &args.data, seed)).collect());
    let splits: Vec<Vec<Split>> = splits.collect::<Result<_>>()?;
    let bar = ProgressBar::new((workloads.len() * seeds.len() * (changes.len() + 1)) as u64);
    let nats = |change: &str| -> Result<Vec<Vec<f64>>> {
        let runs: Vec<(usize, usize)> = (0..workloads.len()).flat_map(|w| (0..seeds.len()).map(move |s| (w, s))).collect();
        let figures: Vec<f64> = runs
            .into_par_iter()
            .map(|(w, s)| {
                let nats = held_out_nats(&format!("{} {change}", workloads[w].flags), seeds[s], &splits[w][s])?;
                bar.inc(1);
                Ok(nats)
            })
            .collect::<Result<_>>()?;
        Ok(figures.chunks(seeds.len()).map(<[f64]>::to_vec).collect())
    };

    let defaults = nats("")?;
    let row: Vec<String> = defaults.iter().map(|figures| format!("{:.3}", mean(figures))).collect();
    say!("| none: the defaults, nats | {} |", row.join(" | "));
    for (name, flags) in changes {
        let changed = nats(flags)?;
        let cells = changed.iter().zip(&defaults).map(|(changed, defaults)| {
            let differences: Vec<f64> = changed.iter().zip(defaults).map(|(changed, default)| changed - default).collect();
            format!("{:+.3} +- {:.3}", mean(&differences), standard_error(&differences))
        });
        say!("| {name}: `{flags}` | {} |", cells.collect::<Vec<_>>().join(" | "));
    }
    bar.finish_and_clear();
    Ok(())
}

/// The mean negative log-likelihood of a split's test rows after a training on one thread.
fn held_out_nats(flags: &str, seed: u64, split: &Split) -> Result<f64> {
    let (log_probs, _) = trained(&format!("--threads 1 {flags}"), seed, split, "")?;
    Ok(-log_probs.iter().map(|&log_prob| f64::from(log_prob)).sum::<f64>() / log_probs.len() as f64)
}

fn mean(figures: &[f64]) -> f64 {
    figures.iter().sum::<f64>() / figures.len() as f64
}

fn standard_error(figures: &[f64]) -> f64 {
    let (mean, count) = (mean(figures), figures.len() as f64);
    (figures.iter().map(|figure| (figure - mean).powi(2)).sum::<f64>() / (count * (count - 1.0))).sqrt()
}
