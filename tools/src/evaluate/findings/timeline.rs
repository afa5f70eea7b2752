//! Log_probs row by row, with the detector's alarms and the features that it blames.

use super::test::places;
use crate::{
    data::Table,
    evaluate::blame::{Blame, blame},
    model::{Calibration, Model},
};
use anyhow::Result;
use couplet::{Cause, Detector, Event};
use serde::Serialize;

/// The most spans of a picture.
const SPANS: usize = 240;

/// The most alarms that are told of one by one: blame takes many log_probs.
const TOLD: usize = 20;

/// How many features an alarm names.
const BLAMED: usize = 3;

/// The log_probs of rows in their order.
#[derive(Clone, Debug, Serialize)]
pub struct Timeline {
    /// Spans of rows that follow each other.
    pub spans: Vec<Span>,
    /// How many alarms the detector raised; none where there is no calibration.
    pub alarms: Option<usize>,
    /// The first of them.
    pub told: Vec<Alarm>,
}

/// Rows that follow each other.
#[derive(Clone, Debug, Serialize)]
pub struct Span {
    /// The first row, from 1.
    pub first: usize,
    /// The lowest log_prob, in nats; none where a row is impossible.
    pub lowest: Option<f32>,
    /// The median log_prob; none where half the rows are impossible.
    pub median: Option<f32>,
    /// Whether an alarm was held at one of the rows.
    pub in_alarm: bool,
    /// Anomalies among the rows, by their labels.
    pub anomalies: usize,
}

/// An alarm of the detector.
#[derive(Clone, Debug, Serialize)]
pub struct Alarm {
    /// The row that raised it, from 1.
    pub row: usize,
    /// Where that row is, in words.
    pub place: String,
    /// Why.
    pub cause: &'static str,
    /// The row where the evidence began, from 1.
    pub began: usize,
    /// The row that ended it, from 1; none where it went on to the end.
    pub cleared: Option<usize>,
    /// The log_prob in nats; none where it is negative infinity.
    pub log_prob: Option<f32>,
    /// Its p-value.
    pub p_value: f32,
    /// The features to look at, the most to blame first.
    pub blamed: Vec<Blamed>,
}

/// A feature that is to blame.
#[derive(Clone, Debug, Serialize)]
pub struct Blamed {
    /// The feature.
    pub feature: String,
    /// What it read.
    pub value: f32,
    /// What it should have read.
    pub expected: f32,
}

impl Timeline {
    /// Of rows in their order.
    ///
    /// # Errors
    ///
    /// The calibration is none.
    pub fn of(model: &Model, table: &Table, log_probs: &[f32]) -> Result<Self> {
        let mut in_alarm = vec![false; log_probs.len()];
        let mut timeline = Timeline { spans: Vec::new(), alarms: None, told: Vec::new() };
        if let Some(calibration) = &model.calibration {
            timeline.detect(model, calibration, table, log_probs, &mut in_alarm)?;
        }
        let length = log_probs.len().div_ceil(SPANS).max(1);
        let span = |(i, part): (usize, &[f32])| {
            let rows = i * length..i * length + part.len();
            let mut sorted = part.to_vec();
            sorted.sort_unstable_by(f32::total_cmp);
            let finite = |x: f32| x.is_finite().then_some(x);
            let labels = table.labels.as_ref().map(|labels| &labels[rows.clone()]);
            Span {
                first: rows.start + 1,
                lowest: finite(sorted[0]),
                median: finite(sorted[sorted.len() / 2]),
                in_alarm: in_alarm[rows].contains(&true),
                anomalies: labels.into_iter().flatten().filter(|&&anomaly| anomaly).count(),
            }
        };
        timeline.spans = log_probs.chunks(length).enumerate().map(span).collect();
        Ok(timeline)
    }

    /// Runs the detector over the rows.
    fn detect(
        &mut self,
        model: &Model,
        calibration: &Calibration,
        table: &Table,
        log_probs: &[f32],
        in_alarm: &mut [bool],
    ) -> Result<()> {
        let (device, rules) = (calibration.device()?, calibration.rules()?);
        let (d, width) = (table.dimension(), table.width());
        let mut detector = Detector::new();
        let mut alarms = 0;
        for (row, &log_prob) in log_probs.iter().enumerate() {
            let x = &table.rows[row * width..][..width];
            let is_known = model.flow.context.is_known(&x[d..]);
            let event = detector.push_given(&device, &rules, log_prob, is_known);
            in_alarm[row] = detector.in_alarm();
            match event {
                Some(Event::Alarm { cause, began }) => {
                    alarms += 1;
                    if alarms <= TOLD {
                        self.told.push(Alarm {
                            row: row + 1,
                            place: places(table, row),
                            cause: in_words(cause),
                            began: row + 1 - (began as usize).min(row),
                            cleared: None,
                            log_prob: log_prob.is_finite().then_some(log_prob),
                            p_value: device.p_value(log_prob),
                            blamed: blamed(model, calibration, x)?,
                        });
                    }
                }
                Some(Event::Cleared) if alarms == self.told.len() => {
                    self.told
                        .iter_mut()
                        .last()
                        .into_iter()
                        .for_each(|it| it.cleared = Some(row + 1));
                }
                _ => (),
            }
        }
        self.alarms = Some(alarms);
        Ok(())
    }
}

/// The features that a reading is blamed on.
fn blamed(model: &Model, calibration: &Calibration, x: &[f32]) -> Result<Vec<Blamed>> {
    let Blame { ranked, culprits, expected, .. } = blame(model, calibration, x)?;
    let features = &model.flow.description.features;
    let of = |i: usize| Blamed { feature: features[i].clone(), value: x[i], expected: expected[i] };
    Ok(ranked.into_iter().take(culprits.min(BLAMED)).map(of).collect())
}

/// Why an alarm was raised.
fn in_words(cause: Cause) -> &'static str {
    match cause {
        Cause::Invalid => "an impossible reading",
        Cause::Single => "a reading below the threshold",
        Cause::Repeated => "several readings below the threshold",
        Cause::Sustained => "the sum of surprises",
    }
}
