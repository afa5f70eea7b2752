use crate::{
    cli::{
        args::{MeasureArgs, Written},
        output::Output,
        say::{print_json, say},
        words::word,
    },
    device::{
        measure::{Build, Measured, Rig},
        table,
    },
    model::{FeatureMap, Flow, Model},
    report::table::{Format, Table},
};
use anyhow::{Context, Result};
use indicatif::ProgressBar;
use serde_json::json;
use std::{fs, path::Path};

/// `couplet measure`.
pub fn measure(args: &MeasureArgs) -> Result<()> {
    let mut rig = Rig::new(Build {
        firmware: args.firmware.clone(),
        opt_level: args.opt_level.clone(),
        asm: args.asm,
        in_c: args.language == Written::C,
    })?;
    match &args.table {
        Some(path) => measure_shapes(path, &mut rig),
        None => measure_models(args, &mut rig),
    }
}

/// Prints a table with a row for each model on each core, as they come.
fn measure_models(args: &MeasureArgs, rig: &mut Rig) -> Result<()> {
    let models: Vec<Model> =
        args.models.iter().map(|path| Model::read(path)).collect::<Result<_>>()?;
    let columns = Table::new(Format::Markdown)
        .left("model", 0)
        .left("core", 0)
        .right("weights, bytes", 0)
        .right("code, bytes", 0)
        .right("stack, bytes", 0)
        .right("log_prob, instructions", 0)
        .right("sample, instructions", 0);
    let mut head = Some(columns.head());
    let mut objects = Vec::new();
    let bar = ProgressBar::new((models.len() * args.target.len()) as u64);
    for (model, path) in models.iter().zip(&args.models) {
        for &target in &args.target {
            let measured = rig.measure(model, target)?;
            let Measured { weights, log_prob_code, code, stack, log_prob, sample } = measured;
            objects.push(json!({"model": path, "core": target.word, "cost": measured}));
            let stacks = [stack.log_prob, stack.forward, stack.inverse, stack.sample];
            let row = columns.row(&[
                shape(&model.flow) + if args.language == Written::C { ", in C" } else { "" },
                target.name.to_string(),
                weights.to_string(),
                format!("{log_prob_code} / {code}"),
                stacks.map(|bytes| bytes.to_string()).join(" / "),
                log_prob.to_string(),
                sample.to_string(),
            ]);
            if !args.json {
                bar.suspend(|| {
                    head.take().into_iter().chain([row]).try_for_each(|line| say!("{line}"))
                })?;
            }
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    if args.json { print_json(&json!({ "measured": objects })) } else { Ok(()) }
}

/// A flow's shape in a few words.
fn shape(flow: &Flow) -> String {
    let description = &flow.description;
    let widths: Vec<String> = description.hidden.iter().map(ToString::to_string).collect();
    format!(
        "{}, D {}, {} couplings, trunk {}, {}, {}",
        flow.description.transform.flow(),
        description.dimension(),
        2 * description.couplets,
        widths.join("-"),
        word(description.activation),
        word(description.base),
    )
}

/// Measures random models of a table's shapes, and writes the table again.
fn measure_shapes(path: &Path, rig: &mut Rig) -> Result<()> {
    let text =
        fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut lines = table::read(&text).with_context(|| path.display().to_string())?;
    let output = Output::create(path)?;
    let bar = ProgressBar::new(lines.len() as u64);
    for (line, seed) in lines.iter_mut().zip(1..) {
        line.measure(rig, seed)?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    output.write(&table::write(&lines)?)
}
