//! When a calibrated model raises the alarm on labelled rows.

use crate::model::Calibration;
use anyhow::Result;
use couplet::{Detector, Event};
use serde::Serialize;

/// How an alarm does on rows of which it is known which are anomalies.
#[derive(Clone, Debug, Serialize)]
pub struct Alarms {
    /// Anomalies below the threshold.
    pub detected: usize,
    /// Anomalies.
    pub anomalies: usize,
    /// Normal rows below the threshold.
    pub false_alarms: usize,
    /// Normal rows.
    pub normal: usize,
    /// For each stretch of anomalies in which no alarm was held from before, how many readings came
    /// before the detector was in alarm, from 0; none where it never was.
    pub delays: Vec<Option<usize>>,
    /// Stretches of anomalies at whose beginning an earlier alarm was still held.
    pub in_alarm_already: usize,
    /// How many alarms the detector raised at normal rows.
    pub false_events: usize,
    /// Rows that the detector does not judge, since training never saw their context. No other count
    /// has them.
    pub not_judged: usize,
}

/// Whether [`Detector::push_given`] judges a reading.
fn is_judged(log_prob: f32, is_known: bool) -> bool {
    is_known || !log_prob.is_finite()
}

impl Alarms {
    /// Of the log_probs of rows in the order in which they were measured, and whether the context of
    /// each is known. The detector is the device's.
    ///
    /// # Errors
    ///
    /// The calibration is none.
    pub fn of(
        calibration: &Calibration,
        log_probs: &[f32],
        known: &[bool],
        labels: &[bool],
    ) -> Result<Self> {
        let (device, rules) = (calibration.device()?, calibration.rules()?);
        let count = |anomaly: bool, below: bool| {
            let rows = labels.iter().zip(log_probs).zip(known);
            let judged = rows.filter(|&((_, &x), &known)| is_judged(x, known));
            judged
                .filter(|&((&label, &x), _)| label == anomaly && (!below || device.is_anomaly(x)))
                .count()
        };
        let mut detector = Detector::new();
        let (mut delays, mut false_events, mut in_alarm_already) = (Vec::new(), 0, 0);
        // Where the stretch began that waits for its alarm.
        let mut since = None;
        for (row, ((&label, &log_prob), &known)) in
            labels.iter().zip(log_probs).zip(known).enumerate()
        {
            let was_in_alarm = detector.in_alarm();
            let event = detector.push_given(&device, &rules, log_prob, known);
            let is_alarm = matches!(event, Some(Event::Alarm { .. }));
            if label && (row == 0 || !labels[row - 1]) {
                if was_in_alarm {
                    in_alarm_already += 1;
                } else {
                    delays.push(None);
                    since = Some(row);
                }
            }
            if !label {
                since = None;
            }
            if let Some(start) = since.take_if(|_| detector.in_alarm())
                && let Some(delay) = delays.last_mut()
            {
                *delay = Some(row - start);
            }
            false_events += usize::from(is_alarm && !label);
        }
        Ok(Alarms {
            detected: count(true, true),
            anomalies: count(true, false),
            false_alarms: count(false, true),
            normal: count(false, false),
            delays,
            in_alarm_already,
            false_events,
            not_judged: log_probs
                .iter()
                .zip(known)
                .filter(|&(&x, &known)| !is_judged(x, known))
                .count(),
        })
    }

    /// The median delay of the stretches that were found, in readings.
    pub fn median_delay(&self) -> Option<usize> {
        let mut found: Vec<usize> = self.delays.iter().flatten().copied().collect();
        found.sort_unstable();
        found.get(found.len() / 2).copied()
    }
}
