use crate::{calibrate::Wishes, cli::words::words};
use anyhow::{Result, ensure};
use clap::{Args, Command, FromArgMatches};

/// The flags that say what is asked of an alarm.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Alarm")]
pub struct AlarmArgs {
    /// Rate of false alarms: the part of normal readings that may lie below the threshold
    #[arg(long, value_name = "RATE", default_value_t = 1e-3)]
    pub false_alarms: f64,
    /// Confidence that this model keeps the rates, as .95 [default: the rate of single readings is
    /// kept in the mean over calibrations, that of the sum with .95]
    #[arg(long, value_name = "PART")]
    pub confidence: Option<f64>,
    /// Mean number of readings between two false alarms of the sum of surprises, at least [default:
    /// 1 / RATE]
    #[arg(long, value_name = "READINGS")]
    pub between_alarms: Option<f64>,
    /// What raises an alarm: single readings, the sustained sum of surprises, or both
    #[arg(long, value_name = "WHICH", value_parser = words::<Raised>(), default_value = "both")]
    pub rules: Raised,
    /// How many of how many readings below the threshold raise an alarm. An alarm is held until as
    /// many readings as the second number are normal
    #[arg(long, value_name = "K/N", value_parser = readings, default_value = "1/5")]
    pub readings: [u8; 2],
    /// What the sum takes off each surprise, in nats: 1.5 finds small faults, 3 finds large ones
    /// sooner
    #[arg(long, value_name = "NATS", default_value_t = 2.0)]
    pub reference: f32,
    /// Missing readings in a row that count as silence; 0 is never
    #[arg(long, value_name = "READINGS", default_value_t = 3)]
    pub silence: u32,
    /// Let a slow offset of the log_probs follow drift, by up to this many of their standard
    /// deviations [default: none]
    #[arg(long, value_name = "STDS")]
    pub drift: Option<f32>,
    /// Column that says which rows are one episode, as a run, a shift or a day: the promise of the
    /// sum is then one of whole episodes, whose rows may depend on each other
    #[arg(long, value_name = "COLUMN")]
    pub episodes: Option<String>,
    /// Rows of an episode, where no column says it: the rows are cut into episodes of this length
    #[arg(long, value_name = "ROWS", conflicts_with = "episodes")]
    pub episode_rows: Option<usize>,
    /// Part of the episodes that may raise a false alarm [default: 0.05]
    #[arg(long, value_name = "PART")]
    pub episode_false_alarms: Option<f64>,
}

impl Default for AlarmArgs {
    /// What no flag asks for.
    fn default() -> Self {
        let matches = Self::augment_args(Command::new("alarm")).get_matches_from(["alarm"]);
        Self::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
    }
}

/// What raises an alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Raised {
    /// Single readings.
    Single,
    /// The sum of surprises.
    Sustained,
    /// Both.
    Both,
}

impl AlarmArgs {
    /// As a value of the library.
    ///
    /// # Errors
    ///
    /// The first flag that is out of its range.
    pub fn wishes(&self) -> Result<Wishes> {
        let AlarmArgs { false_alarms, confidence, between_alarms, reference, .. } = *self;
        let is_part = |part: f64| part > 0.0 && part < 1.0;
        ensure!(
            is_part(false_alarms) && false_alarms <= 0.5,
            "--false-alarms {false_alarms} must be above 0 and at most 0.5"
        );
        ensure!(
            confidence.is_none_or(|part| (0.5..1.0).contains(&part)),
            "--confidence must be from 0.5 to below 1"
        );
        ensure!(
            between_alarms.is_none_or(|readings| (2.0..=1e7).contains(&readings)),
            "--between-alarms must be from 2 to 10000000 readings"
        );
        ensure!(
            reference > 1.0 && reference <= 10.0,
            "--reference {reference} must be above 1, the mean surprise of normal readings, and at \
             most 10"
        );
        ensure!(
            self.drift.is_none_or(|cap| cap > 0.0 && cap <= 10.0),
            "--drift must be above 0 and at most 10 standard deviations"
        );
        ensure!(self.episode_rows != Some(0), "--episode-rows must be at least 1");
        let by_episodes = self.episodes.is_some() || self.episode_rows.is_some();
        let part = self.episode_false_alarms.unwrap_or(0.05);
        ensure!(
            is_part(part) && part <= 0.5,
            "--episode-false-alarms {part} must be above 0 and at most 0.5"
        );
        ensure!(
            by_episodes || self.episode_false_alarms.is_none(),
            "--episode-false-alarms: say what an episode is by --episodes COLUMN or --episode-rows"
        );
        ensure!(
            !by_episodes || between_alarms.is_none(),
            "--between-alarms: with episodes the promise is one of episodes, --episode-false-alarms"
        );
        ensure!(
            !by_episodes || self.rules != Raised::Single,
            "--rules single: the promise of episodes is one of the sum; give --rules sustained"
        );
        let defaults = AlarmArgs::default();
        ensure!(
            self.rules != Raised::Single
                || between_alarms.is_none() && reference == defaults.reference,
            "--rules single: --between-alarms and --reference are of the sum; give --rules both"
        );
        let takes_single = self.rules != Raised::Sustained && !by_episodes;
        ensure!(
            takes_single || self.readings == defaults.readings,
            "--readings: single readings raise no alarm with {}",
            if by_episodes { "episodes" } else { "--rules sustained" }
        );
        ensure!(
            !by_episodes || confidence.is_none(),
            "--confidence: the promise of episodes is one in the mean over calibrations"
        );
        // Single readings would break the promise of episodes.
        let single = self.rules == Raised::Single || self.rules == Raised::Both && !by_episodes;
        Ok(Wishes {
            false_alarms,
            confidence,
            between_alarms,
            episodes: by_episodes.then_some(part),
            readings: single.then_some(self.readings),
            reference: (self.rules != Raised::Single).then_some(reference),
            silence: self.silence,
            drift: self.drift,
        })
    }
}

/// `K/N` with 1 <= K <= N <= 32.
fn readings(text: &str) -> Result<[u8; 2], String> {
    let parts = text.split_once('/').map(|(k, n)| (k.parse(), n.parse()));
    match parts {
        Some((Ok(k), Ok(n))) if 1 <= k && k <= n && n <= 32 => Ok([k, n]),
        _ => Err("it must be K/N, from 1/1 to 32/32".into()),
    }
}
