//! What a reader should doubt: what the figures rest on, and where they do not agree.

use super::{FEW_NATS, Findings, Given, PValues, Test, Training};
use crate::{
    calibrate::INDEPENDENT,
    data::{Dequantization, Sketch, Standardization, judge},
    evaluate::comparison::Contender,
    model::Model,
};
use serde::Serialize;

/// Fewer training rows than this are few, and fewer than one for each parameter.
const FEW_ROWS: usize = 1000;

/// Of fewer rows than this it can't be told whether columns follow from each other.
const FEWEST_JUDGED: usize = 20;

/// A threshold that rests on fewer calibration rows below it hardly holds for this one model.
const FEW_BELOW: u32 = 5;

/// Figures that differ by more standard errors than this differ by more than chance.
const CHANCE: f64 = 3.0;

/// A larger standard error of the nats leaves much open.
const LARGE_ERROR: f64 = 0.1;

/// So few rows that were seen may be chance.
const FEW_SEEN: f64 = 0.02;

/// A pair of features fits badly where so much of the distance is not chance.
const MISFIT: f64 = 0.05;

/// The most features or pairs that a doubt names.
const NAMED: usize = 5;

/// Something to doubt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Doubt {
    /// What it is about, in a word or two.
    pub about: &'static str,
    /// The doubt, in a sentence or two.
    pub text: String,
}

/// All doubts, those about the rows first.
pub fn all(found: &Findings, model: &Model, given: Given<'_>) -> Vec<Doubt> {
    let mut doubts = Vec::new();
    let mut add = |about: &'static str, texts: Vec<String>| {
        doubts.extend(texts.into_iter().map(|text| Doubt { about, text }));
    };
    add("few rows", of_training(&found.card.training, found.card.cost.parameters));
    add("values", of_values(given));
    add("alarm", of_alarm(found, model));
    found.test.iter().for_each(|test| add("test rows", of_test(test, &found.card.training, model)));
    add("fit", of_fit(found));
    add("features", of_features(found));
    add("other densities", of_others(found));
    doubts
}

/// Few training rows, and a held-out figure that leaves much open.
fn of_training(training: &Training, parameters: usize) -> Vec<String> {
    let mut texts = Vec::new();
    match training.rows {
        Some(rows) if rows < FEW_ROWS || rows < parameters => texts.push(format!(
            "The model learned {parameters} numbers from {rows} rows: more rows may change it."
        )),
        Some(_) => (),
        None => texts.push("The model file does not say how many rows it learned from.".into()),
    }
    match (training.held_out_nats, training.held_out_error) {
        (Some(nats), Some(error)) if error > LARGE_ERROR => texts.push(format!(
            "The held-out rows are few: their {nats:.3} nats have a standard error of {error:.3}."
        )),
        (Some(_), None) => texts
            .push("The held-out rows are one unit, so their nats have no standard error.".into()),
        _ => (),
    }
    texts.extend(training.stopped_at.map(|step| {
        format!("The training was stopped at step {step}: more steps may lead to a better model.")
    }));
    texts
}

/// What the judge of rows says of ties, far values and the like.
fn of_values(given: Given<'_>) -> Vec<String> {
    let Some(table) = given.training.or(given.test) else { return Vec::new() };
    if table.len() < FEWEST_JUDGED {
        return Vec::new(); // any few rows lie in a line
    }
    let mut table = table.clone();
    if let (None, Some(noisy)) = (given.training, given.noisy) {
        table.rows = noisy.to_vec();
    }
    match judge(&mut table, Standardization::Mean, None) {
        Ok(judgement) => judgement.warnings.iter().map(|it| sentence(&it.message)).collect(),
        Err(error) => vec![sentence(&error.to_string())],
    }
}

/// A message as a sentence.
fn sentence(message: &str) -> String {
    let mut chars = message.chars();
    let first = chars.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", chars.as_str())
}

/// What the promise rests on.
fn of_alarm(found: &Findings, model: &Model) -> Vec<String> {
    let (Some(promise), Some(calibration)) = (&found.promise, &model.calibration) else {
        return vec!["The model has no threshold, so nothing is promised of false alarms.".into()];
    };
    let mut texts = Vec::new();
    if promise.rank < FEW_BELOW {
        texts.push(format!(
            "The threshold is the log_prob of calibration row {} from below, of {}: another \
             calibration would have another one.",
            promise.rank, promise.rows
        ));
    }
    let noted = &calibration.promise;
    if noted.correlation_time > INDEPENDENT {
        texts.push(format!(
            "The calibration rows depend on each other: {:.0} in a row are worth one.",
            noted.correlation_time
        ));
    }
    if noted.halves.is_some_and(|halves| halves.differ) {
        texts.push("The two halves of the calibration rows differ by more than chance.".into());
    }
    texts
}

/// What the figures on the test rows rest on, and whether they agree with the training and with the
/// promise.
fn of_test(test: &Test, training: &Training, model: &Model) -> Vec<String> {
    let mut texts = Vec::new();
    let score = &test.evaluation.score;
    if score.error > LARGE_ERROR || test.evaluation.counted < 2 {
        let rows =
            if test.evaluation.detection.is_some() { "normal test rows" } else { "test rows" };
        texts.push(match test.evaluation.counted {
            1 => format!("There is one of the {rows}: its nats say nothing of others."),
            counted => format!(
                "The {rows} leave much open: the nats of {counted} have a standard error of {:.3}.",
                score.error
            ),
        });
    }
    if test.correlation_time > 1 {
        texts.push(format!(
            "The test rows depend on each other: {} in a row are worth one, so {} rows count as about \
             {:.0}, and standard errors are too small.",
            test.correlation_time, test.rows, test.worth
        ));
    }
    // New rows repeat as many rows of the training as these repeat each other.
    let repeats = training.row_sketch.as_ref().map_or(0.0, Sketch::repeats);
    if let Some(seen) = test.seen.filter(|&seen| seen > FEW_SEEN + repeats) {
        texts.push(format!(
            "{:.0} % of the test rows equal rows that fitted or chose the model: the nats are too \
             good.",
            100.0 * seen
        ));
    }
    if score.impossible > 0 {
        texts.push(format!(
            "{} of {} rows are impossible for the model. No mean counts them.",
            score.impossible, test.evaluation.counted
        ));
    }
    texts.extend(match test.noise || !has_noise(model) {
        true => differs(test, training),
        false => training.held_out_nats.map(|nats| {
            format!(
                "The training added noise to rounded features, and the test rows have none: their nats \
                 do not compare with the {nats:.3} of the held-out rows."
            )
        }),
    });
    let is_beyond = |it: &&PValues| it.deviations.abs() > CHANCE * test.dependence();
    texts.extend(test.p_values.as_ref().filter(is_beyond).map(|it| {
        format!(
            "{} of {} normal test rows are below the threshold, where {:.1} were promised. That is more \
             than chance explains: the rows are not like those of the calibration.",
            it.below,
            it.rows,
            it.promised * it.rows as f64
        )
    }));
    texts
}

/// Whether the training added noise to a feature.
fn has_noise(model: &Model) -> bool {
    let noted = Dequantization::noted(&model.flow.description).ok().flatten();
    noted.is_some_and(|noise| noise.steps.iter().any(|&step| step > 0.0))
}

/// Whether the nats of the test rows differ from those of the held-out rows by more than chance.
fn differs(test: &Test, training: &Training) -> Option<String> {
    let (nats, score) = (training.held_out_nats?, &test.evaluation.score);
    let error = training.held_out_error.unwrap_or(0.0).hypot(test.dependence() * score.error);
    let apart = (score.nats - nats).abs();
    let is_told = test.evaluation.counted > 1;
    (is_told && apart > CHANCE * error && apart > 0.01).then(|| {
        format!(
            "The test rows have {:.3} nats, the held-out rows of the training {nats:.3}: that is more \
             than chance explains. The test rows are of another kind, or the held-out rows were too \
             like the training rows.",
            score.nats
        )
    })
}

/// Pairs of features whose samples are unlike the rows.
fn of_fit(found: &Findings) -> Vec<String> {
    let Some(pairs) = &found.pairs else { return Vec::new() };
    let bad = pairs.worst.iter().filter(|pair| pair.excess() > MISFIT);
    let names: Vec<String> = bad.map(|pair| pair.features.join(" and ")).collect();
    if names.is_empty() {
        return Vec::new();
    }
    vec![format!("Samples are unlike the rows in {}.", listed(&names, "; "))]
}

/// Features that are tied to nothing.
fn of_features(found: &Findings) -> Vec<String> {
    let features = found.features.iter().flat_map(|it| &it.features);
    let idle = features.filter(|it| it.nats < FEW_NATS).map(|it| it.feature.clone());
    let names: Vec<String> = idle.collect();
    match names.len() {
        0 => Vec::new(),
        count => vec![format!(
            "{} {} hardly tied to {}: limits of {} own would do as well.",
            listed(&names, ", "),
            if count == 1 { "is" } else { "are" },
            found.card.others(),
            if count == 1 { "its" } else { "their" }
        )],
    }
}

/// A mixture that is better.
fn of_others(found: &Findings) -> Vec<String> {
    let contenders = found.beside.iter().flat_map(|beside| &beside.contenders);
    let better = found.beside.as_ref().and_then(|beside| beside.better.as_ref());
    let named = contenders.filter(|it| better.is_some_and(|better| better.name == it.name));
    let text = |it: &Contender| {
        format!(
            "There is a density as good or better on the test rows, and no larger: {}, {:.3} nats in {} \
             bytes.",
            it.name, it.found.score.nats, it.bytes
        )
    };
    named.map(text).collect()
}

/// The first of some names.
fn listed(names: &[String], between: &str) -> String {
    let shown = names[..names.len().min(NAMED)].join(between);
    match names.len().checked_sub(NAMED) {
        None | Some(0) => shown,
        Some(more) => format!("{shown} and {more} more"),
    }
}
