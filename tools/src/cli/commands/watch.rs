use crate::{
    cli::{
        args::WatchArgs,
        hint,
        say::{print_json, say},
        windows,
        words::word,
    },
    data::{Chunk, Passed, Reading, Stream, seconds},
    evaluate::blame::{Blame, blame},
    model::{Calibration, Model, TABLE},
};
use anyhow::{Context, Result, ensure};
use couplet::{Detector, Event, Rules};
use serde_json::json;

/// A longer gap, in readings, is a clock that was set.
const LONGEST: f64 = 1e6;

/// How many features an event names.
const BLAMED: usize = 3;

/// `couplet watch`.
pub fn watch(args: &WatchArgs) -> Result<()> {
    let model = Model::read(&args.model)?;
    let calibration = model.calibration.as_ref().with_context(|| {
        format!(
            "{} has no threshold yet: `couplet calibrate` finds it by normal rows",
            args.model.display()
        )
    })?;
    ensure!(
        !args.reading.drop_missing,
        "--drop-missing: the device raises an alarm at a missing value, so leave the flag out"
    );
    ensure!(
        !args.reading.dequantize,
        "--dequantize: the device adds no noise, so leave the flag out"
    );
    ensure!(
        args.period.is_none_or(|period| period > 0.0 && period.is_finite()),
        "--period must be positive"
    );
    let reading = Reading::from(&args.reading);
    let keep: Vec<String> = args.time.iter().chain(&args.episodes).cloned().collect();
    let description = &model.flow.description;
    let stream = Stream::open(&args.data, &reading, description, &keep)?.one_by_one();
    windows::warn(stream.comment(), &args.data.display().to_string(), description)?;
    let mut watcher = Watcher {
        model: &model,
        calibration,
        device: calibration.device()?,
        rules: calibration.rules()?,
        detector: Detector::new(),
        alarms: 0,
        not_judged: 0,
        before: None,
        episode: None,
        args,
    };
    let Passed { missing, notes } = stream.read(|chunk| watcher.take(chunk))?;
    notes.iter().for_each(|note| eprintln!("{}", hint::words(note)));
    missing.iter().for_each(|missing| eprintln!("{}: {missing}", args.data.display()));
    let Watcher { detector, alarms, not_judged, .. } = watcher;
    eprintln!(
        "{} readings, {} of them not finite, {} missing{}; {alarms} alarms{}",
        detector.readings(),
        detector.invalid(),
        detector.missed(),
        match not_judged {
            0 => String::new(),
            count => format!(", {count} of a context that training never saw and not judged"),
        },
        if detector.in_alarm() { ", the last one goes on" } else { "" }
    );
    Ok(())
}

/// The detector on a stream.
struct Watcher<'a> {
    model: &'a Model,
    calibration: &'a Calibration,
    device: couplet::Calibration<f32, TABLE>,
    rules: Rules<f32>,
    detector: Detector<f32>,
    alarms: usize,
    /// Readings of a context that training never saw.
    not_judged: usize,
    /// The time of the reading before, in seconds.
    before: Option<f64>,
    /// What says which episode goes on.
    episode: Option<String>,
    args: &'a WatchArgs,
}

/// Where an event happened.
struct Place<'a> {
    row: usize,
    time: Option<&'a str>,
}

impl Watcher<'_> {
    /// Takes a reading.
    fn take(&mut self, chunk: &Chunk) -> Result<()> {
        let description = &self.model.flow.description;
        let (d, width) = (description.dimension(), description.width());
        let log_probs = self.model.log_probs(&chunk.rows);
        for (i, (&row, &log_prob)) in chunk.numbers.iter().zip(&log_probs).enumerate() {
            let kept = chunk.kept.len() / chunk.numbers.len();
            let mut kept = chunk.kept[i * kept..][..kept].iter();
            let time = self.args.time.as_ref().and_then(|_| kept.next().map(String::as_str));
            if let Some(episode) = kept.next()
                && self.episode.as_ref() != Some(episode)
            {
                self.detector.restart();
                self.episode = Some(episode.clone());
            }
            let place = Place { row, time };
            self.wait(&place)?;
            let row = &chunk.rows[i * width..][..width];
            let is_known = self.model.flow.context.is_known(&row[d..]);
            let event = self.detector.push_given(&self.device, &self.rules, log_prob, is_known);
            self.not_judged += usize::from(self.detector.is_unfamiliar());
            if let Some(event) = event {
                self.report(&place, event, Some((log_prob, row)))?;
            }
        }
        Ok(())
    }

    /// Counts the readings that did not come before this one.
    fn wait(&mut self, place: &Place<'_>) -> Result<()> {
        let (Some(period), Some(time)) = (self.args.period, place.time) else { return Ok(()) };
        let Some(now) = seconds(time) else {
            eprintln!(
                "warning: row {}: `{time}` is no time, so no reading counts as missing",
                place.row
            );
            self.before = None;
            return Ok(());
        };
        let passed: f64 = self.before.map_or(1.0, |before| (now - before) / period);
        self.before = Some(now);
        if !(0.0..=LONGEST).contains(&passed) {
            eprintln!(
                "warning: row {}: the clock jumps to {time}, so no reading counts as missing",
                place.row
            );
            return Ok(());
        }
        for _ in 1..passed.round() as u64 {
            if let Some(event) = self.detector.missing(&self.rules) {
                self.report(place, event, None)?;
            }
        }
        Ok(())
    }

    /// Prints an event; of an alarm also which features made the reading improbable.
    fn report(
        &mut self,
        place: &Place<'_>,
        event: Event,
        reading: Option<(f32, &[f32])>,
    ) -> Result<()> {
        let Place { row, time } = place;
        let at = time.map_or(String::new(), |time| format!(", {time}"));
        let (what, details) = match event {
            Event::Alarm { cause, began } => {
                self.alarms += 1;
                let (log_prob, x) = reading.context("an alarm without a reading")?;
                let p = self.device.p_value(log_prob);
                let Blame { ranked, culprits, expected, .. } =
                    blame(self.model, self.calibration, x)?;
                let features = &self.model.flow.description.features;
                let blamed = ranked.into_iter().take(culprits.min(BLAMED));
                let first = row - (began as usize).min(row - 1);
                if self.args.json {
                    let blamed = blamed.map(
                        |i| json!({"feature": features[i], "value": x[i], "expected": expected[i]}),
                    );
                    return print_json(&json!({
                        "row": row,
                        "time": time,
                        "event": "alarm",
                        "cause": word(cause),
                        "began": first,
                        "log_prob": log_prob,
                        "p_value": p,
                        "blame": blamed.collect::<Vec<_>>(),
                    }));
                }
                let blamed: Vec<String> = blamed
                    .map(|i| format!("{} {} (expected {})", features[i], x[i], expected[i]))
                    .collect();
                let since =
                    if first < *row { format!(", since row {first}") } else { String::new() };
                ("ALARM", format!(": {}{since}, p {p}: {}", word(cause), blamed.join(", ")))
            }
            Event::Cleared => ("cleared", String::new()),
            Event::Silent => ("silent", ": readings stay out".into()),
            Event::Drifted => ("drifted", ": the offset is at its cap".into()),
            Event::Unfamiliar => {
                let (_, row) = reading.context("an unfamiliar reading without a reading")?;
                let which = self.model.flow.outside(row).join(", ");
                ("unfamiliar", format!(": {which}, so no reading is judged"))
            }
        };
        if self.args.json {
            return print_json(&json!({"row": row, "time": time, "event": what}));
        }
        say!("row {row}{at} {what}{details}")
    }
}
