//! What a calibration promises, in sentences that are true.

use super::realised;
use crate::model::{Episodes, Halves, Promise};

/// Rows that depend on each other for longer than this are no random sample.
pub const INDEPENDENT: f64 = 2.0;

/// One sentence for each rule, and one for what the order of the rows says. "At most" is said only
/// where rows count as independent and their halves agree; else it is "about".
pub fn promise(promise: &Promise) -> Vec<String> {
    let Promise { rows, rank, confidence, rules, correlation_time: time, .. } = promise;
    let [low, high] = realised(*rows as usize, *rank as usize);
    let is_sample = *time <= INDEPENDENT && !promise.halves.is_some_and(|halves| halves.differ);
    let at_most = if is_sample { "at most" } else { "about" };
    let mut said = Vec::new();
    if rules.k > 0 {
        let rate = one_in(f64::from(rows + 1) / f64::from(*rank));
        let with = match confidence {
            Some(part) => format!(
                "{at_most} {} with a confidence of {} %",
                one_in(1.0 / promise.false_alarms),
                100.0 * part
            ),
            None => format!("{at_most} {rate} in the mean over calibrations"),
        };
        let counted = match (rules.k, rules.n) {
            (1, _) => "Of new readings like the calibration rows,".to_string(),
            (k, n) => format!("An alarm takes {k} of {n} readings below the threshold. Of those,"),
        };
        said.push(format!(
            "{counted} {with} are below the threshold; with a confidence of 90 % between {} and {}.",
            one_in(1.0 / low),
            one_in(1.0 / high)
        ));
    }
    if let Some(between) = promise.between_alarms {
        let least = if is_sample { "at least" } else { "about" };
        said.push(format!(
            "The sum of surprises raises an alarm once in {least} {between:.0} readings, with a \
             confidence of {} %.",
            100.0 * confidence.unwrap_or(0.95)
        ));
    }
    if let Some(Episodes { count, readings, rank, .. }) = promise.episodes {
        said.push(format!(
            "Of new episodes like these, of up to {readings} readings, the sum of surprises raises \
             an alarm in at most {:.1} % ({count} episodes, rank {rank}), in the mean over \
             calibrations.",
            100.0 * rank as f64 / (count + 1) as f64
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
        let how = if differ { "differ by more than chance" } else { "agree" };
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
