use super::Description;
use anyhow::{Result, ensure};
use couplet::{Drift, Rules, ranks};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The number of entries in the table of a calibration: 256 bytes of flash.
pub const TABLE: usize = 32;

/// The number of typical values of each feature.
pub const TYPICAL: usize = 17;

/// What a model's log_probs of normal rows look like, and when to raise an alarm: what `couplet
/// calibrate` adds to a model file.
#[derive(Clone, Debug, PartialEq)]
pub struct Calibration {
    /// The log_probs of the table's ranks, ascending, in nats.
    pub log_probs: [f32; TABLE],
    /// The surprise of each, descending, in nats.
    pub surprises: [f32; TABLE],
    /// \[[`TYPICAL`]\]\[D\]: quantiles of each feature over the calibration rows.
    pub typical: Vec<Vec<f32>>,
    /// What is promised, and of how many rows.
    pub promise: Promise,
}

/// What a calibration promises, as the metadata of a model file says it under the key
/// `calibration`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Promise {
    /// The identity of the model that it belongs to: see [`super::Model::identity`].
    pub model: String,
    /// n, the number of calibration rows.
    pub rows: u32,
    /// k, the rank of the threshold among them.
    pub rank: u32,
    /// The rate of false alarms that was asked for, of single readings.
    pub false_alarms: f64,
    /// The confidence with which this model keeps it; none where it is kept in the mean over
    /// calibrations.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub confidence: Option<f64>,
    /// When the detector raises the alarm.
    pub rules: RulesNote,
    /// The mean number of readings between two alarms of the sum, at least.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub between_alarms: Option<f64>,
    /// What is promised of episodes.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub episodes: Option<Episodes>,
    /// How many rows follow each other until they are independent: 1 where they are.
    pub correlation_time: f64,
    /// The rates of the first half's threshold on the second half, and the other way round.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub halves: Option<Halves>,
}

/// The detector's rules, with infinite limits left out.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RulesNote {
    /// What is taken off each surprise, in nats.
    pub reference: f32,
    /// The limit of the sum, in nats; 0 where there is no sum.
    pub limit: f32,
    /// The sum down to which an alarm is held, in nats.
    pub release: f32,
    /// How many of the last n readings below the threshold raise the alarm; 0 where none do.
    pub k: u8,
    /// n.
    pub n: u8,
    /// How many missing readings in a row are silence.
    pub silence: u32,
    /// The offset against drift.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub drift: Option<DriftNote>,
}

/// A slow offset against drift.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct DriftNote {
    /// The rate of alarms that it steers to.
    pub rate: f32,
    /// The step of a reading, in nats.
    pub step: f32,
    /// The largest offset, in nats.
    pub cap: f32,
}

/// What is promised of episodes: of R, at most rank in R + 1 raise an alarm.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Episodes {
    /// R, the number of episodes that the limit comes from.
    pub count: usize,
    /// The most readings of such an episode.
    pub readings: usize,
    /// The part of the episodes that may raise an alarm.
    pub false_alarms: f64,
    /// The rank of the limit among the largest sums of the episodes, counted from the top.
    pub rank: usize,
}

/// How a threshold from one half of the rows does on the other half.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Halves {
    /// The rate that was asked for.
    pub asked: f64,
    /// The rate on the second half, by the first one's threshold.
    pub second: f64,
    /// The rate on the first half, by the second one's threshold.
    pub first: f64,
    /// Whether they differ by more than chance.
    pub differ: bool,
}

impl Calibration {
    /// The tensors' names in the model file.
    pub const LOG_PROBS: &'static str = "calibration.log_probs";
    /// The surprises of the table.
    pub const SURPRISES: &'static str = "calibration.surprises";
    /// The quantiles of the features.
    pub const TYPICAL: &'static str = "calibration.typical";

    /// As the device has it.
    ///
    /// # Errors
    ///
    /// It is not one: see [`couplet::Calibration::check`].
    pub fn device(&self) -> Result<couplet::Calibration<f32, TABLE>> {
        let Calibration { log_probs, surprises, promise: Promise { rows, rank, .. }, .. } = self;
        let model = u64::from_str_radix(&self.promise.model, 16)?;
        let entry = ranks::<TABLE>(*rows, *rank).iter().position(|entry| entry == rank);
        let threshold = log_probs[entry.unwrap_or(0)]; // a table has the threshold's rank
        let calibration =
            couplet::Calibration::new(model, threshold, *log_probs, *surprises, *rows);
        calibration.check(model)?;
        // Of rows with one log_prob the table has the first rank.
        ensure!(calibration.threshold_rank() <= *rank, "its threshold is not of rank {rank}");
        Ok(calibration)
    }

    /// The rules as the device has them.
    ///
    /// # Errors
    ///
    /// They are none: see [`Rules::check`].
    pub fn rules(&self) -> Result<Rules<f32>> {
        let RulesNote { reference, limit, release, k, n, silence, drift } = self.promise.rules;
        let drift = drift.map(|DriftNote { rate, step, cap }| Drift { rate, step, cap });
        let rules = Rules { reference, limit, release, k, n, silence, drift };
        rules.check()?;
        Ok(rules)
    }

    /// Refuses what is no calibration of a model of this identity and so many features.
    pub(super) fn validated(self, identity: &str, d: usize) -> Result<Self> {
        ensure!(
            self.promise.model == identity,
            "its calibration is of the model {}, and this is {identity}: calibrate it again",
            self.promise.model
        );
        ensure!(
            self.typical.len() == TYPICAL && self.typical.iter().all(|row| row.len() == d),
            "its calibration is of another number of features: calibrate it again"
        );
        self.device()?;
        self.rules()?;
        Ok(self)
    }
}

/// What tells a density from all others: the first 8 bytes of the SHA-256 of its shape and its
/// tensors, as 16 hexadecimal digits. Notes do not count.
pub(super) fn identity<'a>(
    description: &Description,
    tensors: impl Iterator<Item = (&'a str, &'a [u8])>,
) -> Result<String> {
    let shape = Description { notes: super::Notes::default(), ..description.clone() };
    let mut hash = Sha256::new();
    hash.update(shape.to_json()?);
    for (name, bytes) in tensors {
        hash.update(name);
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    }
    Ok(hash.finalize()[..8].iter().map(|byte| format!("{byte:02x}")).collect())
}
