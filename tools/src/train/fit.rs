use super::{Options, Summary, Trainer, looks::thinned};
use crate::{
    data::split::{Held, Split},
    model::{Description, Model},
};
use anyhow::Result;
use serde_json::{Value, json};

/// Trains a flow on the training rows of a split, and notes in the model how. `go_on` is asked
/// before each step; training ends early when it says no.
///
/// # Errors
///
/// As [`Trainer::new`], [`Trainer::run`] and [`Trainer::best`].
pub fn fit(
    description: Description,
    rows: &[f32],
    split: &Split,
    options: &Options,
    go_on: impl FnMut(&Trainer) -> bool + Send,
) -> Result<(Model, Summary)> {
    let mut trainer = Trainer::new(description, rows, split, options)?;
    trainer.run(go_on)?;
    best_with_notes(&trainer, options)
}

/// The best weights so far, with the notes `seed` and `training` of how they were trained.
///
/// # Errors
///
/// As [`Trainer::best`].
pub fn best_with_notes(trainer: &Trainer, options: &Options) -> Result<(Model, Summary)> {
    let (mut model, summary) = trainer.best()?;
    let mut training = json!({
        "steps": summary.steps_asked,
        "batch": options.batch,
        "lr": options.learning_rate_for(&model.flow.description.hidden),
        "rows": summary.training_rows,
        "held_out_rows": summary.validation_rows,
        "best_step": summary.best_step,
        "held_out_nats": summary.validation,
    });
    if let Some(error) = summary.validation_error {
        training["held_out_error"] = json!(error);
    }
    if summary.steps < summary.steps_asked {
        training["stopped_at"] = json!(summary.steps);
    }
    if summary.weight_decay > 0.0 {
        training["weight_decay"] = json!(summary.weight_decay);
    }
    if summary.rolled_back > 0 {
        training["undone_steps"] = json!(summary.rolled_back);
    }
    let runs: Vec<Value> = trainer
        .trials()
        .map(|(choice, nats)| {
            let mut tried = json!(choice);
            tried["from"] = json!(choice.from.map(|trial| trial + 1)); // counted from 1
            json!({"tried": tried, "held_out_nats": nats})
        })
        .collect();
    if options.open.steps {
        training["budget"] = json!(options.budget);
    }
    if runs.len() > 1 {
        training["runs"] = json!(runs);
    }
    training["looks"] = json!(trainer.looks().map(thinned).collect::<Vec<_>>());
    let notes = &mut model.flow.description.notes;
    notes.seed = Some(json!(options.seed));
    notes.training = Some(training);
    Ok((model, summary))
}

/// The mean negative log-likelihood of the test rows among `rows` in nats, and its standard error,
/// which the note `training` gains; none where there are no test rows.
pub fn test(model: &mut Model, test: &Held, rows: &[f32]) -> Option<(f64, Option<f64>)> {
    if test.rows.is_empty() {
        return None;
    }
    let log_probs = model.log_probs(&test.gather(rows, model.flow.description.width()));
    let each: Vec<f64> = log_probs.iter().map(|&log_prob| -f64::from(log_prob)).collect();
    let (nats, error) = test.mean(&each);
    if let Some(training) = &mut model.flow.description.notes.training {
        training["test_rows"] = json!(test.rows.len());
        training["test_nats"] = json!(nats);
        if let Some(error) = error {
            training["test_error"] = json!(error);
        }
    }
    Some((nats, error))
}
