//! What integers cost, and where they come from.

use crate::{data::Sketch, model::Model};
use anyhow::Result;
use serde_json::json;

/// What integers cost in nats, in the mean over the rows.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub struct Loss {
    /// Over all rows.
    pub all: f64,
    /// Over the 99 % that are most probable for either flow: far rows say nothing of the density.
    pub best: f64,
}

impl Loss {
    /// Of rows, by the trained flow and by that of integers.
    pub fn of(trained: &Model, integers: &Model, rows: &[f32]) -> Self {
        let [before, after] = [trained, integers].map(|model| model.log_probs(rows));
        let [before, after] = [&before, &after];
        Loss {
            all: mean(before, 1.0) - mean(after, 1.0),
            best: mean(before, 0.99) - mean(after, 0.99),
        }
    }
}

/// The mean of the largest part.
fn mean(log_probs: &[f32], part: f64) -> f64 {
    let mut sorted: Vec<f64> = log_probs.iter().map(|&it| it.into()).collect();
    sorted.sort_by(|a, b| b.total_cmp(a));
    let count = ((sorted.len() as f64 * part) as usize).max(1);
    sorted.iter().take(count).sum::<f64>() / count as f64
}

/// Notes where the integers come from, and which rows chose them.
///
/// # Errors
///
/// None that is known of.
pub fn note(
    quantized: &mut Model,
    trained: &Model,
    rows: &[f32],
    saturated: f64,
    used: usize,
    loss: &Loss,
) -> Result<()> {
    let width = quantized.flow.description.width();
    let of = trained.identity()?;
    let notes = &mut quantized.flow.description.notes;
    notes.calibration = None;
    let note = json!({ "of": of, "rows": used, "saturated": saturated, "nats_lost": loss });
    notes.unknown.insert("quantization".into(), note);
    let sketch = Sketch::of(rows, width);
    let training = notes.training.get_or_insert_with(|| json!({}));
    let seen = training.get("row_sketch").cloned();
    let seen: Option<Sketch> = seen.and_then(|seen| serde_json::from_value(seen).ok());
    let seen = seen.map_or(sketch.clone(), |seen| seen.with(&sketch));
    training["row_sketch"] = serde_json::to_value(seen)?;
    Ok(())
}
