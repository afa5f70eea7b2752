use crate::{
    calibrate::promise,
    cli::{
        args::CalibrateArgs,
        calibration::{calibrated, refuse_seen, tell},
        output::{Output, is_model, keep_inputs},
        progress::spinner,
        rows::{mention_labels, read_raw},
        say::{print_json, quoted, say},
    },
    model::Model,
};
use anyhow::{Context, Result, bail, ensure};
use serde_json::json;

/// `couplet calibrate`.
pub fn calibrate(args: &CalibrateArgs) -> Result<()> {
    args.alarm.wishes()?; // before anything is read
    let mut model = Model::read(&args.model)?;
    let path = args.output.as_ref().unwrap_or(&args.model);
    keep_inputs(&[&args.data], path)?;
    let description = &model.flow.description;
    ensure!(
        !args.reading.dequantize,
        "--dequantize: the device adds no noise, so leave the flag out"
    );
    let rows = read_raw(&args.data, &args.reading, description, &args.alarm.episodes)?;
    let name = args.data.display().to_string();
    ensure!(
        rows.labels.iter().flatten().all(|&anomaly| !anomaly),
        "{name} has anomalies by its labels: give normal rows only"
    );
    mention_labels(&rows, &args.data, "the rows count as normal, all of them");
    refuse_seen(&model, &rows.rows, &name)?;
    let log_probs = model.log_probs(&rows.rows);
    if let Some(row) = log_probs.iter().position(|log_prob| !log_prob.is_finite()) {
        bail!(
            "{name}, {}: {} is impossible for the model: repair or remove the row, if it is not \
             normal",
            rows.places.describe(row),
            rows.show(row)
        );
    }
    let output = Output::create_over(path, is_model, "choose another path with -o, or remove it")?;
    let groups = rows.groups.as_ref().map(|groups| groups.rows.as_slice());
    let spinner = spinner("calibrating".into());
    let calibration = calibrated(&model, &rows.rows, groups, &args.alarm)
        .with_context(|| format!("cannot calibrate by {name}"))?;
    spinner.finish_and_clear();
    let device = calibration.device()?;
    model.calibration = Some(calibration.clone());
    output.write(&model.to_bytes()?)?;
    if args.json {
        return print_json(&json!({
            "model": path,
            "threshold": device.threshold,
            "promise": calibration.promise,
            "sentences": promise(&calibration.promise),
        }));
    }
    tell(&calibration)?;
    say!("{} is calibrated", path.display())?;
    say!("next: {}", quoted(["couplet", "watch", &path.to_string_lossy(), "STREAM.csv"]))
}
