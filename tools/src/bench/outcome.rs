use super::{Fold, Goal, Metric, Trained};
use crate::device::cost::Cost;

/// The result of a workload.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The figure of each seed, in the unit of the metric.
    pub figures: Vec<f64>,
    /// The negative log-likelihood of the least likely normal test row of all seeds, in nats.
    pub worst_point: f64,
    /// How many nats a feature the normal test rows of the worst seed cost more than under one
    /// Gaussian of the training rows.
    pub over_gaussian: f64,
    /// What the largest model costs on a device; `None` for a mean over workloads.
    pub cost: Option<Cost>,
    /// How long the training of one seed took, in seconds.
    pub seconds: f64,
}

/// The largest negative log-likelihood that a test row may have, in nats, where held-out nats have
/// a target. The unbounded log-scales of other libraries make single rows cost thousands.
pub const FARTHEST: f64 = 20.0;

/// The head of the table, in Markdown.
pub const HEAD: &str = "\
    | workload           | measure        |    mean | worst seed |     target |            \
    | worst point | over a Gaussian | parameters |   bytes | s/seed \
    | others, and what is asked of `couplet train` |\n\
    | ------------------ | -------------- | ------: | ---------: | ---------: | ---------- \
    | ----------: | --------------: | ---------: | ------: | -----: | --- |";

impl Outcome {
    /// The mean over several workloads, seed by seed.
    pub fn mean(outcomes: &[Outcome]) -> Self {
        let seeds = outcomes.iter().map(|outcome| outcome.figures.len()).min().unwrap_or(0);
        let mean = |seed: usize| {
            outcomes.iter().map(|outcome| outcome.figures[seed]).sum::<f64>()
                / outcomes.len() as f64
        };
        Outcome {
            figures: (0..seeds).map(mean).collect(),
            worst_point: outcomes.iter().map(|it| it.worst_point).fold(f64::NAN, f64::max),
            over_gaussian: outcomes.iter().map(|it| it.over_gaussian).fold(f64::NAN, f64::max),
            cost: None,
            seconds: outcomes.iter().map(|outcome| outcome.seconds).sum(),
        }
    }

    /// Sees a training: its worst normal test row, and what its model costs.
    pub fn see(&mut self, trained: &Trained, rows: &Fold) {
        self.worst_point =
            trained.normal(rows).map(|(nats, _)| nats).fold(self.worst_point, f64::max);
        let larger = self.cost.filter(|cost| cost.flash > trained.cost.flash);
        self.cost = Some(larger.unwrap_or(trained.cost));
    }

    /// Whether the goal is reached; `None` if it has no target.
    pub fn reaches(&self, goal: &Goal) -> Option<bool> {
        let Goal { metric, target, .. } = goal;
        let near = *metric != Metric::Nats || self.worst_point <= FARTHEST;
        target.map(|target| metric.reaches(self.figure(), target) && near)
    }

    /// The mean over the seeds.
    pub fn figure(&self) -> f64 {
        self.figures.iter().sum::<f64>() / self.figures.len() as f64
    }

    /// A line of the table, in Markdown.
    pub fn line(&self, name: &str, flags: &str, goal: &Goal) -> String {
        let Goal { metric, target, peers } = goal;
        let verdict = match self.reaches(goal) {
            None => "",
            Some(true) => "reached",
            Some(false) => "**missed**",
        };
        let sign = if metric.reaches(0.0, 1.0) { "<=" } else { ">=" };
        let aim =
            target.map_or(String::new(), |target| format!("{sign} {}", metric.format(target)));
        let cost = |part: fn(Cost) -> usize| {
            self.cost.map_or(String::new(), |cost| part(cost).to_string())
        };
        let asked = if flags.is_empty() { String::new() } else { format!("; `{flags}`") };
        format!(
            "| {name:<18} | {:<14} | {:>7} | {:>10} | {aim:>10} | {verdict:<10} \
             | {:>11.1} | {:>15.3} | {:>10} | {:>7} | {:>6.1} | {peers}{asked} |",
            metric.name(),
            metric.format(self.figure()),
            metric.format(metric.worst(&self.figures)),
            self.worst_point,
            self.over_gaussian,
            cost(|cost| cost.parameters),
            cost(|cost| cost.flash),
            self.seconds,
        )
    }
}
