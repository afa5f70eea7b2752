use crate::{data::features_of, model::ContextColumn};
use std::borrow::Cow;

/// Rows to train on, and other rows to test the model on.
#[derive(Clone, Debug, Default)]
pub struct Fold {
    /// The names of the D features.
    pub features: Vec<String>,
    /// The columns of the context.
    pub context: Vec<ContextColumn>,
    /// The training rows one after another: the features and the context of each.
    pub training: Vec<f32>,
    /// The test rows one after another, likewise.
    pub test: Vec<f32>,
    /// The true log-density of each test row in nats, if it is known.
    pub log_prob: Option<Vec<f64>>,
    /// The kind of each test row: 0 is normal, other numbers are kinds of anomaly. Empty if there
    /// are no kinds.
    pub kinds: Vec<usize>,
    /// Added to log-likelihoods in raw units to compare them with figures that were published for
    /// standardized data: sum(ln std), else 0; in nats.
    pub log_volume: f64,
}

impl Fold {
    /// The numbers of a row.
    pub fn width(&self) -> usize {
        let inputs = self.context.iter().map(|column| column.inputs().len());
        self.features.len() + inputs.sum::<usize>()
    }

    /// Rows without their context.
    pub fn features_of<'a>(&self, rows: &'a [f32]) -> Cow<'a, [f32]> {
        features_of(rows, self.width(), self.features.len())
    }

    /// Leaves out the features that are constant in the training rows, since they have no density.
    /// There is no context.
    pub fn without_constants(self) -> Self {
        let d = self.features.len();
        let varies =
            |&i: &usize| self.training.iter().skip(i).step_by(d).any(|&x| x != self.training[i]);
        let kept: Vec<usize> = (0..d).filter(varies).collect();
        let keep = |rows: &[f32]| {
            rows.chunks_exact(d).flat_map(|row| kept.iter().map(|&i| row[i])).collect()
        };
        Fold {
            training: keep(&self.training),
            test: keep(&self.test),
            features: kept.iter().map(|&i| self.features[i].clone()).collect(),
            ..self
        }
    }
}
