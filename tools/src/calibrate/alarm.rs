use super::{dependence, episodes, halves, limit, rank, rows_needed};
use crate::{
    data::features_of,
    model::{Calibration, DriftNote, Episodes, Model, Promise, RulesNote, TABLE, TYPICAL},
};
use anyhow::{Context, Result, ensure};
use std::collections::BTreeMap;

/// The quantiles of each feature that attribution resets to.
///
/// Every fourth is one of .05, .25, .5, .75 and .95: those that attribution tries first.
const QUANTILES: [f64; TYPICAL] = [
    0.05, 0.1, 0.15, 0.2, 0.25, 0.3125, 0.375, 0.4375, 0.5, 0.5625, 0.625, 0.6875, 0.75, 0.8, 0.85,
    0.9, 0.95,
];

/// The most rows that a calibration has.
pub const MOST_ROWS: usize = couplet::MAX_ROWS as usize;

/// The confidence of the sum's limit where none is asked for.
const CONFIDENCE: f64 = 0.95;

/// The part of the episodes whose rows make the table. The others make the limit, so that its
/// promise is exact.
const OF_TABLE: usize = 3;

/// What is asked of an alarm.
#[derive(Clone, Debug, PartialEq)]
pub struct Wishes {
    /// The rate of false alarms of single readings.
    pub false_alarms: f64,
    /// The confidence that this model keeps it; none keeps it in the mean over calibrations.
    pub confidence: Option<f64>,
    /// The mean number of readings between alarms of the sum; none is 1 / `false_alarms`.
    pub between_alarms: Option<f64>,
    /// The part of the episodes that may raise an alarm.
    pub episodes: Option<f64>,
    /// Whether single readings raise an alarm: k of n below the threshold.
    pub readings: Option<[u8; 2]>,
    /// What the sum takes off each surprise, in nats; none leaves the sum out.
    pub reference: Option<f32>,
    /// How many missing readings in a row are silence.
    pub silence: u32,
    /// An offset against drift: the part of the log_probs' standard deviation that is its cap.
    pub drift: Option<f32>,
}

/// The rows of normal readings, in the order in which they were measured.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a> {
    /// The log_probs, in nats.
    pub log_probs: &'a [f32],
    /// The rows one after another, features and context of each.
    pub rows: &'a [f32],
    /// The episode of each row, where rows have some.
    pub episodes: Option<&'a [u32]>,
}

/// The calibration of a model by normal rows that it never saw.
///
/// # Errors
///
/// Too few rows or episodes, with the number that is needed; a log_prob that is not finite, with
/// its row; a limit that does not exist.
pub fn calibrate(model: &Model, rows: &Rows<'_>, wishes: &Wishes) -> Result<Calibration> {
    let count = rows.log_probs.len();
    ensure!(count <= MOST_ROWS, "{count} rows; a calibration takes at most {MOST_ROWS}");
    if let Some(row) = rows.log_probs.iter().position(|log_prob| !log_prob.is_finite()) {
        anyhow::bail!("row {} of the {count} has no finite log_prob: it is not normal", row + 1);
    }
    let (of_table, others) = rows.parts(wishes)?;
    wishes.refuse_a_sum_that_never_rises(of_table.len())?;
    let table = Table::new(model, &of_table, wishes)?;
    let (episodes, of_sum) = match (wishes.reference, wishes.episodes) {
        (Some(reference), Some(part)) => {
            let (noted, limit) = by_episodes(&table, reference, part, &others)?;
            (Some(noted), limit)
        }
        (Some(reference), None) => (None, by_run_length(&table, reference, wishes)?),
        (None, _) => (None, 0.0),
    };
    let [k, n] = wishes.readings.unwrap_or([0, 1]);
    let time = dependence(rows.log_probs, table.device.threshold);
    let promise = Promise {
        model: model.identity()?,
        rows: table.device.rows,
        rank: table.rank,
        false_alarms: wishes.false_alarms,
        confidence: wishes.confidence,
        rules: RulesNote {
            reference: wishes.reference.unwrap_or(2.0),
            limit: of_sum,
            release: of_sum / 2.0,
            k,
            n,
            silence: wishes.silence,
            drift: wishes.drift.map(|cap| drift(rows.log_probs, cap, wishes.false_alarms)),
        },
        between_alarms: match wishes.reference {
            Some(_) if wishes.episodes.is_none() => Some(wishes.between()),
            _ => None,
        },
        episodes,
        correlation_time: time,
        halves: halves(rows.log_probs, wishes.false_alarms, time),
    };
    let (d, width) = (model.flow.description.dimension(), model.flow.description.width());
    Ok(Calibration {
        log_probs: table.device.log_probs,
        surprises: table.device.surprises,
        typical: typical(&features_of(rows.rows, width, d), d),
        promise,
    })
}

impl Wishes {
    /// Refuses so few rows that no threshold keeps the rate.
    ///
    /// # Errors
    ///
    /// The number of rows that is needed.
    pub fn refuse_too_few(&self, rows: usize) -> Result<()> {
        let Wishes { false_alarms, confidence, .. } = *self;
        ensure!(
            rank(rows, false_alarms, confidence) > 0,
            "{rows} rows are too few for a rate of false alarms of {false_alarms}{}: give at least \
             {}",
            confidence.map_or(String::new(), |part| format!(" with a confidence of {part}")),
            rows_needed(false_alarms, confidence)
        );
        Ok(())
    }

    /// Refuses a reference above all surprises of a table of so many rows.
    fn refuse_a_sum_that_never_rises(&self, rows: usize) -> Result<()> {
        let most = ((rows + 1) as f64).ln();
        if let Some(reference) = self.reference {
            ensure!(
                f64::from(reference) < most,
                "a reference of {reference} nats is too large: with {rows} rows a surprise is at \
                 most {most:.2}, so the sum would never rise"
            );
        }
        Ok(())
    }

    /// The mean number of readings between alarms of the sum.
    fn between(&self) -> f64 {
        self.between_alarms.unwrap_or(1.0 / self.false_alarms)
    }
}

impl Rows<'_> {
    /// The log_probs that make the table, and the episodes that make the limit of the sum.
    fn parts(&self, wishes: &Wishes) -> Result<(Vec<f32>, Vec<Vec<f32>>)> {
        let (Some(part), Some(numbers)) = (wishes.episodes, self.episodes) else {
            return Ok((self.log_probs.to_vec(), Vec::new()));
        };
        let mut episodes: BTreeMap<u32, Vec<f32>> = BTreeMap::new();
        for (number, &log_prob) in numbers.iter().zip(self.log_probs) {
            episodes.entry(*number).or_default().push(log_prob);
        }
        let mut episodes: Vec<Vec<f32>> = episodes.into_values().collect();
        let needed = rows_needed(part, None);
        let all = needed + needed.div_ceil(OF_TABLE - 1);
        ensure!(
            episodes.len() >= all,
            "{} episodes are too few for alarms in at most {part} of them: give at least {all}, or \
             allow more false alarms",
            episodes.len()
        );
        let others = episodes.split_off((episodes.len() / OF_TABLE).min(episodes.len() - needed));
        Ok((episodes.concat(), others))
    }
}

/// The table from log_prob to surprise.
struct Table {
    device: couplet::Calibration<f32, TABLE>,
    rank: u32,
}

impl Table {
    fn new(model: &Model, log_probs: &[f32], wishes: &Wishes) -> Result<Self> {
        let Wishes { false_alarms, confidence, .. } = *wishes;
        let rank = match wishes.episodes {
            // Single readings raise no alarm.
            Some(_) => rank(log_probs.len(), false_alarms, None).max(1),
            None => {
                wishes.refuse_too_few(log_probs.len())?;
                rank(log_probs.len(), false_alarms, confidence)
            }
        };
        let mut sorted = log_probs.to_vec();
        sorted.sort_by(f32::total_cmp);
        let identity = u64::from_str_radix(&model.identity()?, 16)?;
        let rank = u32::try_from(rank)?;
        let device = couplet::Calibration::of_sorted(identity, &sorted, rank)?;
        Ok(Table { device, rank })
    }
}

/// The limit for independent rows.
fn by_run_length(table: &Table, reference: f32, wishes: &Wishes) -> Result<f32> {
    let rows = table.device.rows;
    let ranks = couplet::ranks::<TABLE>(rows, table.rank);
    let confidence = wishes.confidence.unwrap_or(CONFIDENCE);
    let found = limit(&ranks, rows, reference.into(), wishes.between(), confidence);
    let found = found.with_context(|| {
        format!(
            "no limit of the sum keeps {} readings between alarms with a reference of {reference}: \
             a larger reference does",
            wishes.between()
        )
    })?;
    Ok((found as f32).next_up()) // no rounding below it
}

/// The limit for whole episodes, and what it promises.
fn by_episodes(
    table: &Table,
    reference: f32,
    part: f64,
    others: &[Vec<f32>],
) -> Result<(Episodes, f32)> {
    let count = others.len();
    let rank = rank(count, part, None);
    let slices: Vec<&[f32]> = others.iter().map(Vec::as_slice).collect();
    let sums = episodes::largest_sums(&table.device, reference, &slices);
    let found = episodes::limit(sums, rank).context("no episode has a sum")?;
    let readings = others.iter().map(Vec::len).max().unwrap_or(0);
    // A limit of 0 would leave the sum out.
    let limit = found.max(f32::MIN_POSITIVE);
    Ok((Episodes { count, readings, false_alarms: part, rank }, limit))
}

/// The offset against drift: steps of a fiftieth of the log_probs' standard deviation.
fn drift(log_probs: &[f32], cap: f32, rate: f64) -> DriftNote {
    let count = log_probs.len() as f64;
    let mean = log_probs.iter().map(|&x| f64::from(x)).sum::<f64>() / count;
    let square = log_probs.iter().map(|&x| (f64::from(x) - mean).powi(2)).sum::<f64>() / count;
    let std = square.sqrt() as f32;
    DriftNote { rate: rate as f32, step: 0.02 * std, cap: cap * std }
}

/// Quantiles of each feature, values that occurred: row q is quantile q of all features.
fn typical(rows: &[f32], d: usize) -> Vec<Vec<f32>> {
    let sorted: Vec<Vec<f32>> = (0..d)
        .map(|i| {
            let mut values: Vec<f32> = rows.iter().skip(i).step_by(d).copied().collect();
            values.sort_by(f32::total_cmp);
            values
        })
        .collect();
    let at = |values: &[f32], part: f64| {
        values[((part * values.len() as f64).ceil() as usize).clamp(1, values.len()) - 1]
    };
    QUANTILES.iter().map(|&part| sorted.iter().map(|values| at(values, part)).collect()).collect()
}
