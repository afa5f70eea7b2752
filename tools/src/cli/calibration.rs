//! Calibrates a model, and says what is promised.

use super::{args::AlarmArgs, say::say};
use crate::{
    calibrate::{INDEPENDENT, Rows, calibrate, promise},
    data::{Seen, Sketch},
    hint::{Hint, Hinted},
    model::{Calibration, Model, Promise},
};
use anyhow::{Result, ensure};

/// So few rows that were seen may be chance.
const FEW: f64 = 0.02;

/// Fewer rows that the sketch tells of say nothing.
const FEWEST_TOLD: usize = 20;

/// Refuses rows that the model was trained on, and warns where it cannot be told, or where some were
/// seen.
///
/// # Errors
///
/// Most of the rows are training rows.
pub fn refuse_seen(model: &Model, rows: &[f32], name: &str) -> Result<()> {
    let training = model.flow.description.notes.training.as_ref();
    let sketch = training.and_then(|training| training.get("row_sketch"));
    let sketch: Option<Sketch> =
        sketch.and_then(|sketch| serde_json::from_value(sketch.clone()).ok());
    let width = model.flow.description.width();
    let told = sketch.as_ref().map(|sketch| (sketch, sketch.seen(rows, width)));
    let Some((sketch, Seen { told, seen })) = told.filter(|(_, found)| found.told >= FEWEST_TOLD)
    else {
        eprintln!(
            "warning: the model cannot tell whether it saw the rows of {name}: make sure that it was \
             not trained on them, or the promise is void"
        );
        return Ok(());
    };
    let part = seen as f64 / told as f64;
    let percent = format!("{:.0} % of the rows of {name}", 100.0 * part);
    // New rows repeat as many values as the rows of the training do among each other.
    let repeats = sketch.repeats();
    ensure!(
        part <= (1.0 + repeats) / 2.0,
        Hinted::new(format!("{percent} fitted or chose the model"), Hint::UnseenRows)
    );
    if part > FEW + repeats {
        eprintln!(
            "warning: {percent} equal rows that fitted or chose the model: if they are the same rows, \
             the promise is void"
        );
    }
    Ok(())
}

/// The calibration of a model by rows with their log_probs.
///
/// # Errors
///
/// A flag out of its range, or as [`calibrate`].
pub fn calibrated(
    model: &Model,
    rows: &[f32],
    groups: Option<&[u32]>,
    args: &AlarmArgs,
) -> Result<Calibration> {
    let wishes = args.wishes()?;
    let width = model.flow.description.width();
    let count = rows.len() / width;
    let cut: Option<Vec<u32>> =
        args.episode_rows.map(|length| (0..count).map(|row| (row / length) as u32).collect());
    // The last stretch, if it is no whole episode, would be an easier one.
    let whole = args.episode_rows.map_or(count, |length| count / length * length);
    let episodes = cut.as_deref().or(groups).map(|numbers| &numbers[..whole]);
    let rows = &rows[..whole * width];
    let known = model.flow.known(rows);
    let kept = |row: &usize| known[*row];
    let unknown = (0..whole).filter(|row| !known[*row]).count();
    if unknown > 0 {
        eprintln!(
            "{unknown} of {whole} rows have a context that training never saw: the device does not \
             judge such readings, so they do not count"
        );
    }
    let episodes: Option<Vec<u32>> =
        episodes.map(|episodes| (0..whole).filter(kept).map(|row| episodes[row]).collect());
    let rows: Vec<f32> =
        (0..whole).filter(kept).flat_map(|row| &rows[row * width..][..width]).copied().collect();
    let log_probs = model.log_probs(&rows);
    let rows = Rows { log_probs: &log_probs, rows: &rows, episodes: episodes.as_deref() };
    let calibration = calibrate(model, &rows, &wishes)?;
    calibration.device()?;
    calibration.rules()?;
    Ok(calibration)
}

/// Prints the threshold and the limit, and what is promised.
///
/// # Errors
///
/// Standard output cannot be written.
pub fn tell(calibration: &Calibration) -> Result<()> {
    let device = calibration.device()?;
    let rules = calibration.rules()?;
    let rows = device.rows;
    say!(
        "threshold  {} nats, the {} lowest of {rows} rows",
        device.threshold,
        ordinal(device.threshold_rank())
    )?;
    if rules.limit > 0.0 {
        say!("sum        limit {} nats, reference {}", rules.limit, rules.reference)?;
    }
    for sentence in promise(&calibration.promise) {
        say!("{sentence}")?;
    }
    let Promise { correlation_time, episodes, .. } = calibration.promise;
    if correlation_time > INDEPENDENT && episodes.is_none() {
        say!("Say what an episode is by --episodes COLUMN or --episode-rows ROWS.")?;
    }
    Ok(())
}

fn ordinal(n: u32) -> String {
    let ending = match (n % 10, n % 100) {
        (1, tens) if tens != 11 => "st",
        (2, tens) if tens != 12 => "nd",
        (3, tens) if tens != 13 => "rd",
        _ => "th",
    };
    format!("{n}{ending}")
}
