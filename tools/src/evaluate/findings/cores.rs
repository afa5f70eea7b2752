use crate::{
    device::{estimate::Estimate, target::Target},
    hint::Hinted,
    model::Description,
};
use serde::Serialize;

/// What a log_prob costs on one core.
#[derive(Clone, Debug, Serialize)]
pub struct CoreCost {
    /// The core.
    pub core: &'static str,
    /// The figures, if models of this kind were measured on it.
    pub estimate: Option<Estimate>,
    /// Whether this very shape was measured, so that nothing is estimated.
    pub measured: bool,
    /// Why there are no figures.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

impl CoreCost {
    /// On each core.
    pub fn all(description: &Description) -> Vec<Self> {
        let on = |target: Target| {
            let estimate = Estimate::of(description, target);
            let why = estimate.as_ref().err().map(|error| match error.downcast_ref::<Hinted>() {
                Some(hinted) => hinted.message.clone(),
                None => format!("{error:#}"),
            });
            CoreCost {
                core: target.name,
                measured: Estimate::is_measured(description, target).unwrap_or(false),
                estimate: estimate.ok(),
                why,
            }
        };
        Target::ALL.map(on).to_vec()
    }
}
