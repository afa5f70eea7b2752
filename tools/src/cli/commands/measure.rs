use crate::{
    cli::{args::MeasureArgs, output::Output, say::say, words::word},
    convert::rust::kind,
    device::{
        estimate::Measurement,
        measure::{Bench, Build, Measured},
    },
    model::{Flow, Model},
    report::table::{Format, Table},
};
use anyhow::{Context, Result};
use indicatif::ProgressBar;
use std::{fs, path::Path};

/// `couplet measure`.
pub fn measure(args: &MeasureArgs) -> Result<()> {
    let mut bench = Bench::new(Build {
        firmware: args.firmware.clone(),
        opt_level: args.opt_level.clone(),
        asm: args.asm,
    })?;
    match &args.table {
        Some(path) => measure_shapes(path, &mut bench),
        None => measure_models(args, &mut bench),
    }
}

/// Prints a table with a row for each model on each core, as they come.
fn measure_models(args: &MeasureArgs, bench: &mut Bench) -> Result<()> {
    let models: Vec<Model> =
        args.models.iter().map(|path| Model::read(path)).collect::<Result<_>>()?;
    let table = Table::new(Format::Markdown)
        .left("model", 0)
        .left("core", 0)
        .right("weights, bytes", 0)
        .right("code, bytes", 0)
        .right("stack, bytes", 0)
        .right("log_prob, instructions", 0)
        .right("sample, instructions", 0);
    let mut head = Some(table.head());
    let bar = ProgressBar::new((models.len() * args.target.len()) as u64);
    for model in &models {
        for &target in &args.target {
            let Measured { weights, log_prob_code, code, stack, log_prob, sample } =
                bench.measure(model, target)?;
            let stacks = [stack.log_prob, stack.forward, stack.inverse, stack.sample];
            let row = table.row(&[
                shape(&model.flow),
                target.name().to_string(),
                weights.to_string(),
                format!("{log_prob_code} / {code}"),
                stacks.map(|bytes| bytes.to_string()).join(" / "),
                log_prob.to_string(),
                sample.to_string(),
            ]);
            bar.suspend(|| {
                head.take().into_iter().chain([row]).try_for_each(|line| say!("{line}"))
            })?;
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    Ok(())
}

/// A flow's shape in a few words.
fn shape(flow: &Flow) -> String {
    let description = &flow.description;
    let widths: Vec<String> = description.hidden.iter().map(ToString::to_string).collect();
    format!(
        "{}, D {}, {} couplings, trunk {}, {}, {}",
        kind(flow),
        description.dimension(),
        2 * description.couplets,
        widths.join("-"),
        word(description.activation),
        word(description.base),
    )
}

/// Measures random models of a table's shapes, and writes the table again.
fn measure_shapes(path: &Path, bench: &mut Bench) -> Result<()> {
    let text =
        fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut lines = Measurement::table(&text).with_context(|| path.display().to_string())?;
    let output = Output::create(path)?;
    let bar = ProgressBar::new(lines.len() as u64);
    for (line, seed) in lines.iter_mut().zip(1..) {
        let Measured { log_prob_code, code, stack, log_prob, sample, .. } =
            bench.measure(&Model::random(line.description()?, seed), line.target)?;
        (line.log_prob_code, line.code) = (log_prob_code, code);
        (line.log_prob_stack, line.sample_stack) = (stack.log_prob, stack.sample);
        (line.log_prob_instructions, line.sample_instructions) = (log_prob, sample);
        bar.inc(1);
    }
    bar.finish_and_clear();
    let mut writer = csv::Writer::from_writer(Vec::new());
    lines.iter().try_for_each(|line| writer.serialize(line))?;
    output.write(&writer.into_inner()?)
}
