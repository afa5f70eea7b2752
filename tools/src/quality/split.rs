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
    /// What published log-likelihoods add to those of raw rows: sum(ln std) where they are of standardised ones.
    pub log_volume: f64,
}
