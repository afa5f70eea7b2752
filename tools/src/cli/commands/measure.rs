use super::info::word;
use crate::{
    cli::args::Measure as Args,
    cli::output::{Output, say},
    convert::rust::kind,
    device::measure::{Build, Measured, Rig},
    device::table,
    model::{Flow, Model},
};
use anyhow::{Context, Result};
use indicatif::ProgressBar;
use std::{fs, path::Path};

const HEAD: &str = "\
| model | core | weights, bytes | code, bytes | stack, bytes | log_prob, instructions | sample, instructions |
| --- | --- | ---: | ---: | ---: | ---: | ---: |";

/// `couplet measure`.
pub fn measure(args: &Args) -> Result<()> {
    let mut rig = Rig::new(Build {
        firmware: args.firmware.clone(),
        opt_level: args.opt_level.clone(),
        asm: args.asm,
    })?;
    if let Some(path) = &args.table {
        return measure_table(path, &mut rig);
    }
    let models: Vec<Model> =
        args.models.iter().map(|path| Model::read(path)).collect::<Result<_>>()?;
    let mut head = Some(HEAD);
    let bar = ProgressBar::new((models.len() * args.target.len()) as u64);
    for model in &models {
        for &target in &args.target {
            let Measured { weights, log_prob_code, code, stack, log_prob, sample } =
                rig.measure(model, target)?;
            let stack = [stack.log_prob, stack.forward, stack.inverse, stack.sample]
                .map(|bytes| bytes.to_string())
                .join(" / ");
            let (shape, core) = (shape(&model.flow), target.name);
            bar.suspend(|| {
                if let Some(head) = head.take() {
                    say!("{head}");
                }
                say!("| {shape} | {core} | {weights} | {log_prob_code} / {code} | {stack} | {log_prob} | {sample} |");
                Ok::<_, anyhow::Error>(())
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
fn measure_table(path: &Path, rig: &mut Rig) -> Result<()> {
    let text =
        fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut lines = table::read(&text).with_context(|| format!("{}", path.display()))?;
    let output = Output::create(path)?;
    let bar = ProgressBar::new(lines.len() as u64);
    for (line, seed) in lines.iter_mut().zip(1..) {
        line.measure(rig, seed)?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    output.write(&table::write(&lines)?)
}
