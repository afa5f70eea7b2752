use crate::{
    cli::{
        args::QuantizeArgs,
        output::{Output, is_model, keep_inputs},
        progress::spinner,
        quantization::{Loss, note},
        rows::read_raw,
        say::{print_json, print_list, quoted, say},
    },
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
    let loss = Loss::of(&model, &quantized, &rows.rows);
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
