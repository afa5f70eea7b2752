//! The promise, the threshold, and what the alarm does.

use super::parts::{Section, figures, number, percent, table};
use crate::{
    evaluate::{
        alarms::Alarms,
        findings::{Alarm, Findings, PValues, Test},
    },
    report::picture::Subject,
};
use maud::{Markup, html};

/// What the calibration promises.
pub fn promise(found: &Findings) -> Section {
    let content = found.promise.as_ref().map(|promise| {
        let mut rows = vec![
            vec!["threshold".into(), format!("{} nats", number(promise.threshold.into()))],
            vec![
                "its rank".into(),
                format!("{} from below, of {} calibration rows", promise.rank, promise.rows),
            ],
        ];
        rows.extend(promise.limit.map(|limit| {
            vec!["limit of the sum of surprises".into(), format!("{} nats", number(limit.into()))]
        }));
        html! {
            ul.promise { @for sentence in &promise.sentences { li { (sentence) } } }
            (table("The alarm", false, &["what", "value"], &rows))
        }
    });
    Section::new("promise", "The promise", content)
}

/// P-values of normal rows, and whether the promise was kept on them.
pub fn p_values(found: &Findings, prefix: &str) -> Section {
    let p_values = found.test.as_ref().and_then(|test| test.p_values.as_ref());
    let content = p_values.map(|it| {
        let PValues { rows, below, promised, deviations, named, .. } = it;
        let shares = named.iter().map(|share| {
            vec![
                share.p.to_string(),
                format!("{:.5}", share.share),
                format!("± {:.5}", 2.0 * share.deviation),
            ]
        });
        let shares = table(
            "The part of the normal rows with a p-value of at most p. The device rounds p-values up, so a smaller part is no fault. Chance is two standard deviations.",
            true,
            &["p", "part", "chance"],
            &shares.collect::<Vec<_>>(),
        );
        html! {
            p {
                (below) " of " (rows) " normal rows are below the threshold. "
                (format!("{:.1}", promised * *rows as f64)) " were promised in the mean. "
                "These are " (number(deviations.abs())) " standard deviations apart, if rows are "
                "independent."
            }
            (figures(&format!("{prefix}p-values"), &Subject::PValues.draw(found), &shares))
        }
    });
    Section::new("p-values", "P-values", content)
}

/// How well labelled anomalies are found, and how soon.
pub fn detection(found: &Findings, prefix: &str) -> Section {
    let content = found.test.as_ref().filter(|test| test.roc.is_some()).map(|test| {
        let pictures = [Subject::Roc, Subject::Delay].into_iter().flat_map(|it| it.draw(found));
        let head = ["what", "value"];
        let numbers = table("On the labelled test rows", true, &head, &detected(test));
        figures(&format!("{prefix}detection"), &pictures.collect::<Vec<_>>(), &numbers)
    });
    Section::new("detection", "Detection and delay", content)
}

/// The numbers of a detection.
fn detected(test: &Test) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    let mut add = |what: &str, value: String| rows.push(vec![what.to_string(), value]);
    let counted = test.evaluation.counted;
    add("normal rows", counted.to_string());
    add("anomalies", (test.rows - counted).to_string());
    if let Some(detection) = &test.evaluation.detection {
        add("area below the curve (AUROC)", number(detection.auroc));
        add("average precision", number(detection.average_precision));
    }
    let part = |part: usize, of: usize| {
        format!("{part} of {of} ({})", percent(part as f64 / of.max(1) as f64))
    };
    if let Some(Alarms { detected, anomalies, false_alarms, normal, false_events, .. }) =
        &test.alarms
    {
        add("anomalies below the threshold", part(*detected, *anomalies));
        add("normal rows below the threshold", part(*false_alarms, *normal));
        add("alarms of the detector at normal rows", false_events.to_string());
    }
    if let Some(delays) = &test.delays {
        add("stretches of anomalies in alarm", part(delays.found, delays.stretches));
        if let (Some(median), Some(longest)) = (delays.median, delays.longest) {
            add("readings until then, median and most", format!("{median} and {longest}"));
        }
    }
    rows
}

/// The log_probs in the order of the rows, with the alarms and the features to blame.
pub fn timeline(found: &Findings, prefix: &str) -> Section {
    let pictures = Subject::Timeline.draw(found);
    let drawn = found.test.as_ref().filter(|_| !pictures.is_empty());
    let content = drawn.map(|test| {
        let told = &test.timeline.told;
        let caption = match test.timeline.alarms {
            Some(all) if all > told.len() => format!("The first {} of {all} alarms", told.len()),
            _ => "The alarms".to_string(),
        };
        let head = ["row", "cause", "p-value", "look at", "held until"];
        let rows: Vec<Vec<String>> = told.iter().map(row).collect();
        let alarms = html! {
            @if test.timeline.alarms == Some(0) { p { "The detector raised no alarm." } }
            @if !told.is_empty() { (table(&caption, false, &head, &rows)) }
        };
        html! {
            (figures(&format!("{prefix}rows"), &pictures, &Markup::default()))
            (alarms)
        }
    });
    Section::new("rows", "Row by row", content)
}

/// A p-value with two digits that count.
fn two_digits(p: f32) -> String {
    let digits = (1.0 - p.log10().floor()).clamp(2.0, 9.0) as usize;
    format!("{p:.digits$}")
}

/// An alarm as a row of a table.
fn row(alarm: &Alarm) -> Vec<String> {
    let blamed = alarm.blamed.iter().map(|it| {
        format!(
            "{} {} (expected {})",
            it.feature,
            number(it.value.into()),
            number(it.expected.into())
        )
    });
    vec![
        alarm.place.clone(),
        alarm.cause.to_string(),
        two_digits(alarm.p_value),
        blamed.collect::<Vec<_>>().join("; "),
        alarm.cleared.map_or("the end".into(), |row| format!("row\u{a0}{row}")),
    ]
}
