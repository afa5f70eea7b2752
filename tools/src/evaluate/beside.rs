//! Mixtures of Gaussians beside a flow: no larger, fitted to the same rows.

use super::{
    baseline::{self, Mixture},
    comparison::{Contender, Evaluation},
};
use crate::{device::cost::Cost, model::Flow};
use anyhow::Result;

/// The seed of the mixtures, whose results hardly depend on it.
const SEED: u64 = 1;

/// One Gaussian, and the best mixture that takes no more bytes than the flow, if one does. They are
/// fitted to training rows. `report` is called with each number of Gaussians before it is tried.
///
/// # Errors
///
/// A constant column.
pub fn mixtures(flow: &Flow, rows: &[f32], report: impl FnMut(usize)) -> Result<Vec<Mixture>> {
    let features = &flow.description.features;
    let one = baseline::fit(features, rows, 1, SEED)?;
    let mixture = baseline::choose(features, rows, Cost::of(flow).flash, SEED, report)?;
    Ok([Some(one), mixture].into_iter().flatten().collect())
}

impl Contender {
    /// A flow, with what was found of it on rows.
    pub fn flow(flow: &Flow, found: Evaluation) -> Self {
        Contender { name: "flow".into(), bytes: Cost::of(flow).flash, collapsed: false, found }
    }

    /// A mixture on rows.
    ///
    /// # Errors
    ///
    /// There are labels, and all are alike.
    pub fn mixture(mixture: &Mixture, rows: &[f32], labels: Option<&[bool]>) -> Result<Self> {
        let count = mixture.components.len();
        let name =
            if count == 1 { "one Gaussian".to_string() } else { format!("{count} Gaussians") };
        let found = Evaluation::of(&mixture.log_probs(rows), labels, None)?;
        Ok(Contender { name, bytes: mixture.bytes(), collapsed: mixture.is_collapsed(), found })
    }
}
