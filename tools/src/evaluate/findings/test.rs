use super::{Delays, Histogram, PValues, Promised, Roc, Timeline};
use crate::{
    data::{Dependence, Seen, Table},
    evaluate::{alarms::Alarms, comparison::Evaluation},
    model::Model,
};
use anyhow::{Result, ensure};
use serde::Serialize;

/// What a model makes of test rows.
#[derive(Clone, Debug, Serialize)]
pub struct Test {
    /// How many rows there are.
    pub rows: usize,
    /// The nats of the normal rows, and how well anomalies are found.
    #[serde(flatten)]
    pub evaluation: Evaluation,
    /// The least likely of the normal rows, in words.
    pub worst_place: String,
    /// How many rows have which log_prob; none where all are impossible.
    pub histogram: Option<Histogram>,
    /// The p-values of the normal rows, if there is a calibration.
    pub p_values: Option<PValues>,
    /// How detection and false alarms go together, if there are labels of both kinds.
    pub roc: Option<Roc>,
    /// What the alarm does, if there is a calibration and there are labels.
    pub alarms: Option<Alarms>,
    /// How soon it does so.
    pub delays: Option<Delays>,
    /// The log_probs in the order of the rows, and the alarms.
    pub timeline: Timeline,
    /// For how many rows a row is followed by others that depend on it: 1 where rows are
    /// independent.
    pub correlation_time: usize,
    /// How many independent rows all rows are worth, about.
    pub worth: f64,
    /// The part of the rows that fitted or chose the model, as far as it can be told.
    pub seen: Option<f64>,
}

/// Fewer rows that a sketch tells of say nothing.
const FEWEST_TOLD: usize = 20;

impl Test {
    /// What a model makes of the rows.
    ///
    /// # Errors
    ///
    /// There is no normal row; or the calibration is none.
    pub fn of(
        model: &Model,
        table: &Table,
        promised: Option<&Promised>,
        seen: impl Fn(&[f32]) -> Option<Seen>,
    ) -> Result<Self> {
        let anomalies = table.labels.iter().flatten().filter(|&&anomaly| anomaly).count();
        ensure!(anomalies < table.len(), "there is no normal row among the {} rows", table.len());
        let labels = table.labels.as_deref().filter(|_| anomalies > 0);
        let log_probs = model.log_probs(&table.rows);
        let evaluation = Evaluation::of(&log_probs, labels, table.log_prob.as_deref())?;
        let threshold = promised.map(|promised| promised.threshold);
        let is_normal = |row: usize| labels.is_none_or(|labels| !labels[row]);
        let normal: Vec<f32> =
            (0..log_probs.len()).filter(|&row| is_normal(row)).map(|row| log_probs[row]).collect();
        let device = model.calibration.as_ref().map(|it| it.device()).transpose()?;
        let alarms = match (&model.calibration, labels) {
            (Some(calibration), Some(labels)) => {
                let known = model.flow.known(&table.rows);
                Some(Alarms::of(calibration, &log_probs, &known, labels)?)
            }
            _ => None,
        };
        let order: Vec<u32> = (0..table.len() as u32).collect();
        let dependence =
            Dependence::of(&table.features_alone(), table.dimension(), &order, &table.counters());
        let seen = seen(&table.rows).filter(|seen| seen.told >= FEWEST_TOLD);
        Ok(Test {
            rows: table.len(),
            worst_place: places(table, evaluation.worst_row),
            histogram: Histogram::of(&log_probs, labels, threshold),
            p_values: device
                .as_ref()
                .zip(promised)
                .and_then(|(device, promised)| PValues::of(device, promised, &normal)),
            roc: labels.map(|labels| Roc::of(&log_probs, labels, threshold)),
            delays: alarms.as_ref().and_then(Delays::of),
            alarms,
            timeline: Timeline::of(model, table, &log_probs)?,
            correlation_time: dependence.time,
            worth: dependence.worth * table.len() as f64,
            seen: seen.map(|Seen { told, seen }| seen as f64 / told as f64),
            evaluation,
        })
    }

    /// By how much a standard error of these rows is larger than that of independent ones, about.
    pub fn dependence(&self) -> f64 {
        (self.rows as f64 / self.worth).sqrt()
    }
}

/// Where a row is, in words.
pub fn places(table: &Table, row: usize) -> String {
    table.places.describe(row)
}
