use crate::{
    cli::{
        args::QuantizeArgs,
        output::{Output, is_model, keep_inputs},
        progress::spinner,
        rows::read_raw,
        say::{print_json, print_list, quoted, say},
    },
    data::Sketch,
    device::cost::Cost,
    model::Model,
    quantize::{Quantized, quantize as integers},
};
use anyhow::{Context, Result, ensure};
use serde_json::json;

/// The width of a result's name.
const NAME: usize = 19;

/// `couplet quantize`.
pub fn quantize(args: &QuantizeArgs) -> Result<()> {
    let model = Model::read(&args.model)?;
    keep_inputs(&[&args.model, &args.data], &args.output)?;
    ensure!(
        !args.reading.dequantize,
        "--dequantize: integers are chosen for readings as the device sees them, so leave it out"
    );
    let rows = read_raw(&args.data, &args.reading, &model.flow.description, &None)?;
    let name = args.data.display().to_string();
    let output = Output::create_over(&args.output, is_model, "choose another path with -o")?;
    let spinner = spinner("choosing integers".into());
    let Quantized { model: mut quantized, saturated, rows: used } =
        integers(&model, &rows.rows).with_context(|| format!("cannot quantise by {name}"))?;
    spinner.finish_and_clear();
    let loss = Loss::of(&model.log_probs(&rows.rows), &quantized.log_probs(&rows.rows));
    let [before, after] = [&model, &quantized].map(|model| Cost::of(&model.flow).flash);
    note(&mut quantized, &model, &rows.rows, saturated, used, &loss)?;
    output.write(&quantized.to_bytes()?)?;
    if args.json {
        return print_json(&json!({
            "model": args.output, "rows": rows.len(), "saturated": saturated, "loss": loss,
            "flash": after, "flash_before": before,
        }));
    }
    let Loss { all, best } = loss;
    let d = model.flow.description.dimension() as f64;
    print_list(
        NAME,
        &[
            ["rows".into(), format!("{}, {used} of them chose the integers", rows.len())],
            ["nats lost".into(), format!("{all:+.4}, {:+.4} a feature", all / d)],
            ["on the best 99 %".into(), format!("{best:+.4}, {:+.4} a feature", best / d)],
            ["inputs that saturate".into(), format!("{:.3} %", 100.0 * saturated)],
            ["flash".into(), format!("{after} bytes instead of {before}")],
        ],
    )?;
    if model.calibration.is_some() {
        eprintln!(
            "the calibration is dropped, since the scores are others: {}",
            quoted(["couplet", "calibrate", &args.output.to_string_lossy(), "NORMAL.csv"])
        );
    }
    say!("next: {}", quoted(["couplet", "check", &args.output.to_string_lossy()]))
}

/// What integers cost in nats, in the mean over the rows.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub struct Loss {
    /// Over all rows.
    pub all: f64,
    /// Over the 99 % that are most probable for either flow: far rows say nothing of the density.
    pub best: f64,
}

impl Loss {
    /// From the log_probs of rows by the trained flow and by that of integers.
    pub fn of(before: &[f32], after: &[f32]) -> Self {
        Loss {
            all: mean(before, 1.0) - mean(after, 1.0),
            best: mean(before, 0.99) - mean(after, 0.99),
        }
    }
}

/// The mean of the largest part.
fn mean(log_probs: &[f32], part: f64) -> f64 {
    let mut sorted: Vec<f64> = log_probs.iter().map(|&it| it.into()).collect();
    sorted.sort_by(|a, b| b.total_cmp(a));
    let count = ((sorted.len() as f64 * part) as usize).max(1);
    sorted.iter().take(count).sum::<f64>() / count as f64
}

/// Notes where the integers come from, and which rows chose them.
fn note(
    quantized: &mut Model,
    trained: &Model,
    rows: &[f32],
    saturated: f64,
    used: usize,
    loss: &Loss,
) -> Result<()> {
    let width = quantized.flow.description.width();
    let of = trained.identity()?;
    let notes = &mut quantized.flow.description.notes;
    notes.calibration = None;
    let note = json!({ "of": of, "rows": used, "saturated": saturated, "nats_lost": loss });
    notes.unknown.insert("quantization".into(), note);
    let sketch = Sketch::of(rows, width);
    let training = notes.training.get_or_insert_with(|| json!({}));
    let seen = training.get("row_sketch").cloned();
    let seen: Option<Sketch> = seen.and_then(|seen| serde_json::from_value(seen).ok());
    let seen = seen.map_or(sketch.clone(), |seen| seen.with(&sketch));
    training["row_sketch"] = serde_json::to_value(seen)?;
    Ok(())
}
