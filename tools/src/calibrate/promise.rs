//! What a calibration promises, in sentences that are true.

use super::realised;
use crate::model::{DriftNote, Episodes, Halves, Promise};

/// Rows that depend on each other for longer than this are no random sample.
pub const INDEPENDENT: f64 = 2.0;

/// What is promised of each rule, of both together, and what the order of the rows says. "At most" is
/// said only where rows count as independent, their halves agree, and nothing follows drift; else it
/// is "about".
pub fn promise(promise: &Promise) -> Vec<String> {
    let Promise { rows, rank, confidence, rules, correlation_time: time, .. } = promise;
    let differ = promise.halves.is_some_and(|halves| halves.differ);
    let is_sample = *time <= INDEPENDENT && !differ;
    let is_exact = is_sample && rules.drift.is_none();
    let [at_most, at_least] = if is_exact { ["at most", "at least"] } else { ["about"; 2] };
    // Only independent rows give a confidence.
    let confident = |part: f64| {
        if is_exact { format!(" with a confidence of {} %", 100.0 * part) } else { String::new() }
    };
    let mut said = Vec::new();
    if rules.k > 0 {
        let below = match confidence {
            Some(part) => format!("{}{}", one_in(1.0 / promise.false_alarms), confident(*part)),
            None => format!(
                "{} in the mean over calibrations",
                one_in(f64::from(rows + 1) / f64::from(*rank))
            ),
        };
        said.push(format!(
            "Of new readings like the calibration rows, {at_most} {below} lie below the threshold."
        ));
        if rules.k > 1 {
            said.push(format!(
                "An alarm takes {} such readings among {}, so alarms are rarer.",
                rules.k, rules.n
            ));
        }
        if is_exact {
            let [low, high] = realised(*rows as usize, *rank as usize);
            said.push(format!(
                "In nine of ten calibrations the true rate of such readings lies between {} and {}.",
                one_in(1.0 / low),
                one_in(1.0 / high)
            ));
        }
    }
    if let Some(between) = promise.between_alarms {
        said.push(format!(
            "The sum of surprises raises an alarm once in {at_least} {between:.0} readings{}.",
            confident(confidence.unwrap_or(0.95))
        ));
        if rules.k == 1 {
            let single = match confidence {
                Some(_) => promise.false_alarms,
                None => f64::from(*rank) / f64::from(rows + 1),
            };
            let together = 1.0 / (single + 1.0 / between);
            said.push(format!(
                "Both rules together raise one in {at_least} {together:.0} readings."
            ));
        }
    }
    if let Some(Episodes { count, readings, rank, .. }) = promise.episodes {
        let at_most = if rules.drift.is_none() { "at most" } else { "about" };
        said.push(format!(
            "Of new episodes like these, of up to {readings} readings, the sum of surprises raises \
             an alarm in {at_most} {:.1} % ({count} episodes, rank {rank}), in the mean over \
             calibrations, if the sum is 0 where an episode begins.",
            100.0 * rank as f64 / (count + 1) as f64
        ));
    }
    if let Some(DriftNote { cap, .. }) = rules.drift {
        said.push(format!(
            "An offset follows drift: a fault that lowers log_probs by less than {cap:.2} nats, and \
             stays, is taken for drift."
        ));
    }
    if *time > INDEPENDENT {
        said.push(format!(
            "The rows depend on each other: {time:.0} in a row are worth one. So single readings \
             come with \"about\"{}.",
            if promise.episodes.is_some() { "" } else { "; whole episodes give an exact promise" }
        ));
    }
    if let Some(Halves { asked, second, first, differ }) = promise.halves
        && !is_sample
    {
        let how = if differ { "differ by more than chance" } else { "agree within chance" };
        said.push(format!(
            "The halves of the rows {how}: a threshold for {} from the first half has {} on the \
             second, one from the second half has {} on the first.",
            one_in(1.0 / asked),
            rate(second),
            rate(first)
        ));
    }
    said
}

/// A rate as 1 in a number of readings.
fn one_in(readings: f64) -> String {
    if readings >= 10.0 { format!("1 in {readings:.0}") } else { format!("1 in {readings:.1}") }
}

fn rate(rate: f64) -> String {
    if rate > 0.0 { one_in(1.0 / rate) } else { "none".into() }
}
