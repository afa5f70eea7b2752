use crate::{
    cli::Eval,
    data::{Columns, Table},
    model::Model,
    output::say,
};
use anyhow::Result;
use std::f64::consts::LN_2;

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
    pub fn of(log_probs: &[f32]) -> Self {
        let nats = |log_prob: &f32| -f64::from(*log_prob);
        let count = log_probs.len() as f64;
        let mean = log_probs.iter().map(nats).sum::<f64>() / count;
        let variance = log_probs.iter().map(|x| (nats(x) - mean).powi(2)).sum::<f64>() / (count - 1.0).max(1.0);
        let worst = log_probs.iter().enumerate().min_by(|a, b| a.1.total_cmp(b.1));
        Score {
            nats: mean,
            error: (variance / count).sqrt(),
            worst: worst.map_or(f64::NAN, |(_, x)| nats(x)),
            worst_row: worst.map_or(0, |(row, _)| row),
        }
    }
}

/// Mean true log-density minus mean model log-density in nats: the Kullback-Leibler divergence, estimated on these rows.
pub fn gap(truth: &[f64], nats: f64) -> f64 {
    truth.iter().sum::<f64>() / truth.len() as f64 + nats
}

/// `couplet eval`.
pub fn eval(args: &Eval) -> Result<()> {
    let model = Model::read(&args.model)?;
    let table = Table::read(&args.data, Columns::Model(&model.flow.description.features))?;
    let score = Score::of(&model.log_probs(&table.rows));
    let d = table.dimension();
    say!("rows                {}", table.len());
    say!("nats                {:.4} +- {:.4}", score.nats, score.error);
    say!("bits per dimension  {:.4}", score.nats / (d as f64 * LN_2));
    let worst = &table.rows[score.worst_row * d..(score.worst_row + 1) * d];
    say!(
        "worst point         {:.4} nats, row {} (line {}) {worst:?}",
        score.worst,
        score.worst_row + 1,
        table.lines[score.worst_row]
    );
    if let Some(truth) = &table.log_prob {
        say!("true entropy        {:.4} nats on these rows", -truth.iter().sum::<f64>() / truth.len() as f64);
        say!("gap                 {:.4} nats", gap(truth, score.nats));
    }
    Ok(())
}
