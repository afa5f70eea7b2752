//! Rows against the model: samples, log_probs, features.

use super::parts::{Section, figures, nats, number, table};
use crate::{
    evaluate::findings::{Findings, Test},
    report::picture::{Picture, Subject},
};
use maud::{Markup, html};
use std::f64::consts::LN_2;

/// The map of a model of two features, and data against samples.
pub fn density(found: &Findings) -> Section {
    let pictures = || -> Vec<Picture> {
        [Subject::Plane, Subject::Pairs].into_iter().flat_map(|it| it.draw(found)).collect()
    };
    let content = found.pairs.as_ref().map(|pairs| {
        let shown = pairs.worst.len();
        let rows = pairs.worst.iter().map(|pair| {
            let [misfit, by_chance] = [pair.misfit, pair.by_chance].map(number);
            vec![pair.features.join(" and "), misfit, by_chance]
        });
        let distances = table(
            "How far samples are from the data",
            true,
            &["features", "distance", "by chance"],
            &rows.collect::<Vec<_>>(),
        );
        html! {
            p {
                @if shown < pairs.all {
                    "The " (shown) " of " (pairs.all) " pairs of features that fit worst. "
                } @else if shown > 1 { "All pairs of features, the one that fits worst first. " }
                "The distance compares " (pairs.rows) " rows with " (pairs.samples)
                " samples over 8 × 8 cells: 0 where they are alike, 1 where they share no cell."
            }
            (figures(&pictures(), &distances))
        }
    });
    let density = || figures(&pictures(), &Markup::default());
    let content = content.or_else(|| found.plane.as_ref().map(|_| density()));
    Section::new("density", "Density and samples", content)
}

/// The log_probs of the test rows.
pub fn log_probs(found: &Findings) -> Section {
    let content = found.test.as_ref().map(|test| {
        let scores = table("On the test rows", true, &["what", "value"], &scores(found, test));
        figures(&Subject::LogProbs.draw(found), &scores)
    });
    Section::new("log-probs", "Log_probs", content)
}

/// The numbers of the log_probs.
fn scores(found: &Findings, test: &Test) -> Vec<Vec<String>> {
    let evaluation = &test.evaluation;
    let score = &evaluation.score;
    let mut rows = Vec::new();
    let mut add = |what: &str, value: String| rows.push(vec![what.to_string(), value]);
    add("rows", test.rows.to_string());
    let of = if evaluation.detection.is_some() { "nats of the normal rows" } else { "nats" };
    add(of, nats(score.nats, Some(score.error)));
    add("bits per dimension", number(score.nats / (found.card.features.len() as f64 * LN_2)));
    add("impossible rows", score.impossible.to_string());
    add("least likely row, nats", number(score.worst));
    add("where it is", test.worst_place.clone());
    if let Some(truth) = evaluation.truth {
        add("true entropy of these rows, nats", number(truth.entropy));
        add("gap to it, nats", number(truth.gap));
    }
    add("rows in a row that are worth one", test.correlation_time.to_string());
    rows
}

/// What each feature tells about the others.
pub fn features(found: &Findings) -> Section {
    let content = found.features.as_ref().map(|features| {
        let rows = features.iter().map(|it| vec![it.feature.clone(), number(it.nats)]);
        let caption = "Nats lost, if a feature is shuffled";
        let rows: Vec<Vec<String>> = rows.collect();
        html! {
            p {
                "If the readings of one feature are shuffled among the rows, rows become less likely by "
                "so many nats in the mean. Where that is 0, the feature is independent of the others."
            }
            (figures(&Subject::Features.draw(found), &table(caption, true, &["feature", "nats"], &rows)))
        }
    });
    Section::new("features", "Features", content)
}
