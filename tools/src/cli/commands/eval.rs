use super::input::{read_for, recorded_steps};
use crate::{
    cli::args::Eval,
    cli::output::say,
    cli::reading::ReadingFlags,
    data::rounding,
    device::cost::Cost,
    evaluate::auroc::auroc,
    evaluate::baseline::{self, Mixture},
    model::Model,
    train::Options,
};
use anyhow::{Context, Result, ensure};
use indicatif::ProgressBar;
use std::{f64::consts::LN_2, fs, path::Path, time::Duration};

/// How a model fares on rows it has not seen.
#[derive(Clone, Copy, Debug)]
pub struct Score {
    /// Mean negative log-likelihood in nats.
    pub nats: f64,
    /// Standard error of that mean.
    pub error: f64,
    /// The negative log-likelihood of the least likely row.
    pub worst: f64,
    /// Which row that is, from 0.
    pub worst_row: usize,
}

impl Score {
    /// Summarises log-densities.
    pub fn of<T: Copy + Into<f64>>(log_probs: &[T]) -> Self {
        let nats = |log_prob: &T| -(*log_prob).into();
        let count = log_probs.len() as f64;
        let mean = log_probs.iter().map(nats).sum::<f64>() / count;
        let variance = log_probs.iter().map(|x| (nats(x) - mean).powi(2)).sum::<f64>()
            / (count - 1.0).max(1.0);
        let worst = log_probs.iter().enumerate().min_by(|a, b| nats(b.1).total_cmp(&nats(a.1)));
        Score {
            nats: mean,
            error: (variance / count).sqrt(),
            worst: worst.map_or(f64::NAN, |(_, x)| nats(x)),
            worst_row: worst.map_or(0, |(row, _)| row),
        }
    }
}

/// Of the baselines, whose figures hardly depend on it.
const SEED: u64 = 1;

/// Mean true log-density minus mean model log-density in nats: the Kullback-Leibler divergence,
/// estimated on these rows.
pub fn gap(truth: &[f64], nats: f64) -> f64 {
    truth.iter().sum::<f64>() / truth.len() as f64 + nats
}

/// `couplet eval`.
pub fn eval(args: &Eval) -> Result<()> {
    let model = Model::read(&args.model)?;
    let table = read_for(&args.data, &args.reading, &model.flow.description)?;
    let baselines = match &args.baseline {
        Some(training) => gaussians(&model, training, args)?,
        None => Vec::new(),
    };
    let log_probs = model.log_probs(&table.rows);
    let score = Score::of(&log_probs);
    let discrimination = table.labels.as_deref().map(|labels| area(&log_probs, labels)).transpose();
    let discrimination = discrimination.with_context(|| args.data.display().to_string())?;
    let d = table.dimension();
    say!("rows                {}", table.len());
    if let (true, Some(steps)) = (args.reading.dequantize, recorded_steps(&model.flow.description)?)
    {
        let steps = rounding::describe(&table.features, &steps);
        say!(
            "noise               {}, as in training",
            if steps.is_empty() { "none" } else { &steps }
        );
    }
    say!("nats                {:.4} +- {:.4}", score.nats, score.error);
    say!("bits per dimension  {:.4}", score.nats / (d as f64 * LN_2));
    let worst = &table.rows[score.worst_row * d..(score.worst_row + 1) * d];
    say!(
        "worst point         {:.4} nats, {} {worst:?}",
        score.worst,
        table.places.describe(score.worst_row)
    );
    if let Some(discrimination) = discrimination {
        say!("AUROC               {discrimination}");
    }
    if let Some(truth) = &table.log_prob {
        say!(
            "true entropy        {:.4} nats on these rows",
            -truth.iter().sum::<f64>() / truth.len() as f64
        );
        say!("gap                 {:.4} nats", gap(truth, score.nats));
    }
    compare(&score, Cost::of(&model.flow).flash, &baselines, &table.rows)
}

/// One Gaussian, and the best mixture of no more bytes than the flow has, fitted on the rows of
/// `training`.
fn gaussians(model: &Model, training: &Path, args: &Eval) -> Result<Vec<Mixture>> {
    let name = training.display();
    let same = |path: &Path| fs::canonicalize(path).ok();
    ensure!(
        same(training) != same(&args.data),
        "--baseline {name}: these are the evaluated rows; give the rows that the model was trained on"
    );
    let features = &model.flow.description.features;
    // Their labels are not asked for, and a file of normal rows need not have any.
    let label = args.reading.label.clone().filter(|label| label.parse::<usize>().is_ok());
    let table = read_for(
        training,
        &ReadingFlags { label, ..args.reading.clone() },
        &model.flow.description,
    )?;
    ensure!(
        table.len() >= Options::FEWEST_ROWS,
        "{name} has {} rows, too few to learn from: give at least {}",
        table.len(),
        Options::FEWEST_ROWS
    );
    let spinner = ProgressBar::new_spinner();
    spinner.enable_steady_tick(Duration::from_millis(100));
    let context = || format!("cannot fit a baseline on {name}");
    let one = baseline::fit(features, &table.rows, 1, SEED).with_context(context)?;
    let report = |count| spinner.set_message(format!("{count} Gaussians"));
    let mixture =
        baseline::choose(features, &table.rows, Cost::of(&model.flow).flash, SEED, report)
            .with_context(context)?;
    spinner.finish_and_clear();
    Ok([Some(one), mixture].into_iter().flatten().collect())
}

/// The flow beside mixtures of Gaussians, and what to make of it.
fn compare(flow: &Score, flash: usize, mixtures: &[Mixture], rows: &[f32]) -> Result<()> {
    if mixtures.is_empty() {
        return Ok(());
    }
    say!("\n{:<18}{:>9}{:>14}{:>9}", "", "nats", "worst point", "bytes");
    say!("{:<18}{:>9.4}{:>14.4}{flash:>9}", "flow", flow.nats, flow.worst);
    let mut best = (flow.nats, None);
    for mixture in mixtures {
        let score = Score::of(&mixture.log_probs(rows));
        let (count, bytes) = (mixture.components.len(), mixture.bytes());
        let name =
            if count == 1 { "one Gaussian".to_string() } else { format!("{count} Gaussians") };
        say!("{name:<18}{:>9.4}{:>14.4}{bytes:>9}", score.nats, score.worst);
        if bytes <= flash && score.nats <= best.0 {
            best = (score.nats, Some(format!("{name} in {bytes} bytes")));
        }
    }
    match best {
        (nats, Some(best)) => {
            say!(
                "{best}: {:.4} nats better than the flow on these rows, and no larger. Prefer that.",
                flow.nats - nats
            );
        }
        _ => say!("The flow is better on these rows than the Gaussians that fit into its bytes."),
    }
    Ok(())
}

/// The area under the curve, and of how many rows.
fn area(log_probs: &[f32], labels: &[bool]) -> Result<String> {
    let anomalies = labels.iter().filter(|&&anomaly| anomaly).count();
    let all = if anomalies == 0 { "normal (0)" } else { "anomalies (not 0)" };
    let area = auroc(log_probs, labels).with_context(|| {
        format!("all labels are {all}, and an AUROC compares the two kinds: leave out --label, or give --array for an .npz file")
    })?;
    Ok(format!("{area:.4} ({anomalies} anomalies among {} rows)", labels.len()))
}
