//! Rows against the model: samples, log_probs, features.

use super::parts::{Section, figures, nats, number, table};
use crate::{
    evaluate::findings::{Findings, Test},
    report::picture::{Picture, Subject},
};
use maud::{Markup, html};
use std::f64::consts::LN_2;

/// The map of a model of two features, and rows against samples.
pub fn density(found: &Findings, prefix: &str) -> Section {
    let pictures = || -> Vec<Picture> {
        [Subject::Plane, Subject::Pairs].into_iter().flat_map(|it| it.draw(found)).collect()
    };
    let at = format!("{prefix}density");
    let content = found.pairs.as_ref().zip(found.rows).map(|(pairs, kind)| {
        let shown = pairs.worst.len();
        let rows = pairs.worst.iter().map(|pair| {
            let [misfit, by_chance] = [pair.misfit, pair.by_chance].map(number);
            vec![pair.features.join(" and "), misfit, by_chance]
        });
        let distances = table(
            &format!("How far samples are from the {kind}"),
            true,
            &["features", "distance", "by chance"],
            &rows.collect::<Vec<_>>(),
        );
        html! {
            p {
                @if shown < pairs.all {
                    "The " (shown) " of " (pairs.all) " pairs of features that fit worst. "
                } @else if shown > 1 { "All pairs of features, the one that fits worst first. " }
                "The distance compares " (pairs.rows) " " (kind) " with " (pairs.samples)
                " samples over 8 × 8 cells: 0 where they are alike, 1 where they share no cell."
            }
            (figures(&at, &pictures(), &distances))
        }
    });
    let density = || figures(&at, &pictures(), &Markup::default());
    let content = content.or_else(|| found.plane.as_ref().map(|_| density()));
    Section::new("density", "Density and samples", content)
}

/// The log_probs of the test rows.
pub fn log_probs(found: &Findings, prefix: &str) -> Section {
    let content = found.test.as_ref().map(|test| {
        let scores = table("On the test rows", true, &["what", "value"], &scores(found, test));
        html! {
            @if test.noise {
                p {
                    "The nats are of the test rows with the noise of the training. Alarms, p-values, "
                    "detection and the pictures of log_probs are of the rows as the device reads them."
                }
            }
            (figures(&format!("{prefix}log-probs"), &Subject::LogProbs.draw(found), &scores))
        }
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
    add("impossible rows", score.impossible.to_string());
    if score.nats.is_finite() {
        add("bits per dimension", number(score.nats / (found.card.features.len() as f64 * LN_2)));
        let worst = if score.worst.is_finite() { number(score.worst) } else { "impossible".into() };
        add("least likely row, nats", worst);
        add("where it is", test.worst_place.clone());
    }
    if let Some(truth) = evaluation.truth {
        add("true entropy of these rows, nats", number(truth.entropy));
        add("gap to it, nats", number(truth.gap));
    }
    add("dependent rows that count as one", test.correlation_time.to_string());
    rows
}

/// What each feature tells about the others and the context.
pub fn features(found: &Findings, prefix: &str) -> Section {
    let content = found.features.as_ref().zip(found.rows).map(|(shuffles, kind)| {
        let rows = shuffles.features.iter().map(|it| vec![it.feature.clone(), number(it.nats)]);
        let rows: Vec<Vec<String>> = rows.collect();
        let caption = "Nats lost, if a feature is shuffled";
        let lost = table(caption, true, &["feature", "nats"], &rows);
        html! {
            p {
                "If the readings of one feature are shuffled among " (shuffles.rows) " " (kind)
                ", these become less likely by so many nats in the mean. Where that is 0, the feature is "
                "independent of " (found.card.others()) "."
            }
            (figures(&format!("{prefix}features"), &Subject::Features.draw(found), &lost))
        }
    });
    Section::new("features", "Features", content)
}
