/// Rows to train on, and rows to measure the model on.
#[derive(Clone, Debug, Default)]
pub struct Split {
    /// The features' names.
    pub features: Vec<String>,
    /// Row by row.
    pub training: Vec<f32>,
    /// Row by row; other rows.
    pub test: Vec<f32>,
    /// The test rows' true log-densities, where they are known.
    pub log_prob: Option<Vec<f64>>,
    /// What kind each test row is of: 0 is normal, others are kinds of anomaly. None where there
    /// are no kinds.
    pub kinds: Vec<usize>,
    /// What published log-likelihoods add to those of raw rows: sum(ln std) where they are of
    /// standardised ones.
    pub log_volume: f64,
}

impl Split {
    /// Without the features that are constant in training, which have no density.
    pub fn without_constants(self) -> Self {
        let d = self.features.len();
        let varies =
            |&i: &usize| self.training.iter().skip(i).step_by(d).any(|&x| x != self.training[i]);
        let kept: Vec<usize> = (0..d).filter(varies).collect();
        let keep = |rows: &[f32]| {
            rows.chunks_exact(d).flat_map(|row| kept.iter().map(|&i| row[i])).collect()
        };
        Split {
            training: keep(&self.training),
            test: keep(&self.test),
            features: kept.iter().map(|&i| self.features[i].clone()).collect(),
            ..self
        }
    }
}
