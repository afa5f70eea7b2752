use super::{Goal, Measure};
use crate::device::cost::Cost;

/// What came of a workload.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The figure of each seed.
    pub figures: Vec<f64>,
    /// The negative log-likelihood of the least likely test row, of whatever seed, in nats.
    pub worst_point: f64,
    /// What each model costs.
    pub cost: Option<Cost>,
    /// How long the training of a seed took.
    pub seconds: f64,
}

/// No test row may be less likely than this, in nats, where held-out nats have a target: other
/// libraries' unbounded log-scales make single rows cost thousands.
pub const FARTHEST: f64 = 20.0;

/// The head of the table.
pub const HEAD: &str = "\
| workload           | measure        |    mean | worst seed |     target |            | worst point | parameters |   bytes | s/seed | others, and what is asked of `couplet train` |
| ------------------ | -------------- | ------: | ---------: | ---------: | ---------- | ----------: | ---------: | ------: | -----: | --- |";

impl Outcome {
    /// The mean over several workloads of the same seeds.
    pub fn mean(outcomes: &[Outcome]) -> Self {
        let seeds = outcomes.iter().map(|outcome| outcome.figures.len()).min().unwrap_or(0);
        let mean = |seed: usize| {
            outcomes.iter().map(|outcome| outcome.figures[seed]).sum::<f64>()
                / outcomes.len() as f64
        };
        Outcome {
            figures: (0..seeds).map(mean).collect(),
            worst_point: f64::NAN,
            cost: None,
            seconds: outcomes.iter().map(|outcome| outcome.seconds).sum(),
        }
    }

    /// Whether the goal is reached.
    pub fn reaches(&self, goal: &Goal) -> Option<bool> {
        let Goal { measure, target, .. } = goal;
        let near = *measure != Measure::Nats || self.worst_point <= FARTHEST;
        target.map(|target| measure.reaches(self.figure(), target) && near)
    }

    /// The mean over the seeds.
    pub fn figure(&self) -> f64 {
        self.figures.iter().sum::<f64>() / self.figures.len() as f64
    }

    /// A line of the table, in Markdown.
    pub fn line(&self, name: &str, flags: &str, goal: &Goal) -> String {
        let Goal { measure, target, peers } = goal;
        let verdict = match self.reaches(goal) {
            None => "",
            Some(true) => "reached",
            Some(false) => "**missed**",
        };
        let sign = if measure.reaches(0.0, 1.0) { "<=" } else { ">=" };
        let target =
            target.map_or(String::new(), |target| format!("{sign} {}", measure.format(target)));
        let cost = |part: fn(Cost) -> usize| {
            self.cost.map_or(String::new(), |cost| part(cost).to_string())
        };
        let flags = if flags.is_empty() { String::new() } else { format!("; `{flags}`") };
        let worst_point = if *measure == Measure::Auroc {
            String::new()
        } else {
            format!("{:.1}", self.worst_point)
        };
        format!(
            "| {name:<18} | {:<14} | {:>7} | {:>10} | {target:>10} | {verdict:<10} | {worst_point:>11} | {:>10} | {:>7} | {:>6.1} | {peers}{flags} |",
            measure.name(),
            measure.format(self.figure()),
            measure.format(measure.worst(&self.figures)),
            cost(|cost| cost.parameters),
            cost(|cost| cost.flash),
            self.seconds,
        )
    }
}
