//! What the model is, and what to doubt.

use super::parts::{Section, figures, nats, table};
use crate::{
    evaluate::findings::{Card, Findings, Training},
    report::picture::Subject,
};
use maud::html;
use serde_json::Value;

/// The model in a sentence or two.
pub fn summary(found: &Findings) -> String {
    let Card { kind, features, context, cost, training, .. } = &found.card;
    let comma = if context.is_empty() { "" } else { "," };
    let mut said = format!(
        "{kind}{comma} over {} features: {} numbers, {} bytes of flash.",
        features.len(),
        cost.parameters,
        cost.flash
    );
    if let Some(test) = &found.test {
        let score = &test.evaluation.score;
        let of = test.evaluation.counted;
        said += &match score.nats.is_finite() {
            true => format!(" {} nats on {of} test rows.", nats(score.nats, Some(score.error))),
            false => format!(" All of {of} test rows are impossible for it."),
        };
    } else if let (Some(held_out), Some(rows)) = (training.held_out_nats, training.held_out_rows) {
        let held_out = nats(held_out, training.held_out_error);
        said += &format!(" {held_out} nats on {rows} held-out rows.");
    }
    said
}

/// What the model is.
pub fn card(found: &Findings, prefix: &str) -> Section {
    let card = &found.card;
    let mut rows = vec![
        vec!["kind".to_string(), card.kind.clone()],
        vec!["identity".into(), card.identity.clone()],
        vec![format!("{} features", card.features.len()), card.features.join(", ")],
    ];
    rows.extend(card.shape.iter().map(|(key, value)| vec![key.replace('_', " "), in_words(value)]));
    let trained = trained(&card.training);
    let head = ["what", "value"];
    let tables = html! {
        (table("The shape, as the model file has it", false, &head, &rows))
        @if !trained.is_empty() { (table("The training", false, &head, &trained)) }
    };
    let content = figures(&format!("{prefix}model"), &Subject::Training.draw(found), &tables);
    Section::new("model", "The model", Some(content))
}

/// A value of the model file.
fn in_words(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(in_words).collect::<Vec<_>>().join(", "),
        Value::Object(entries) => {
            let entries = entries.iter().map(|(key, value)| format!("{key} {}", in_words(value)));
            entries.collect::<Vec<_>>().join(", ")
        }
        Value::Bool(yes) => if *yes { "yes" } else { "no" }.into(),
        other => other.to_string(),
    }
}

/// How the model was trained, as far as its file says.
fn trained(training: &Training) -> Vec<Vec<String>> {
    let held_out = training.held_out_nats.map(|it| nats(it, training.held_out_error));
    let test = training.test_nats.map(|it| nats(it, training.test_error));
    let entries = [
        ("rows trained on", training.rows.map(|it| it.to_string())),
        ("rows held out, which chose the weights", training.held_out_rows.map(|it| it.to_string())),
        ("their nats", held_out),
        ("rows held out that chose nothing", training.test_rows.map(|it| it.to_string())),
        ("their nats", test),
        ("steps of the kept run", training.steps.map(|it| it.to_string())),
        ("stopped at step", training.stopped_at.map(|it| it.to_string())),
    ];
    let known = entries.into_iter().filter_map(|(what, value)| Some(vec![what.into(), value?]));
    known.collect()
}

/// What to doubt.
pub fn doubts(found: &Findings) -> Section {
    let content = html! {
        @if found.doubts.is_empty() {
            p { "Nothing that can be told from what was given." }
        } @else {
            ul.doubts {
                @for doubt in &found.doubts { li { b { (doubt.about) } (doubt.text) } }
            }
        }
    };
    Section::new("doubts", "What to doubt", Some(content))
}

/// What the page does not show, and why.
pub fn missing(found: &Findings) -> Section {
    let list = || html! { ul { @for text in &found.missing { li { (text) } } } };
    let content = (!found.missing.is_empty()).then(list);
    Section::new("missing", "What is missing", content)
}
