use crate::{
    cli::{args::InfoArgs, say::say, words::word},
    convert::rust::kind,
    device::{
        cost::Cost,
        estimate::Estimate,
        target::{Clock, Target},
    },
    model::Model,
};
use anyhow::Result;

/// `couplet info`.
pub fn info(args: &InfoArgs) -> Result<()> {
    let model = Model::read(&args.model)?;
    let flow = &model.flow;
    let description = &flow.description;
    let [a, b] = description.split;
    say!(
        "{} over {} features: {}",
        kind(flow),
        description.dimension(),
        description.features.join(", ")
    )?;
    say!("  standardize   x <- (x - mean) / std")?;
    for (k, couplet) in flow.couplets.iter().enumerate() {
        let permutation = couplet
            .permutation
            .as_ref()
            .map_or(String::new(), |p| format!("features {:?}, then ", p.index));
        let hidden = description.hidden.iter().map(|h| format!(" -> {h}")).collect::<String>();
        say!(
            "  couplet {k:<5} {permutation}{a}{hidden} -> {b}, {b}{hidden} -> {a} ({})",
            word(description.activation)
        )?;
    }
    if flow.scale.is_some() {
        say!("  scale         x <- x exp(theta)")?;
    }
    say!("  base          standard {}", word(description.base))?;
    let cost = Cost::of(flow);
    say!("parameters             {}", cost.parameters)?;
    say!("flash                  {} bytes for the exported static", cost.flash)?;
    if args.target.is_none() {
        say!(
            "stack                  {} bytes of working arrays in log_prob; frames come on top",
            cost.stack
        )?;
    }
    say!("multiply-accumulates   {} for one log_prob", cost.macs)?;
    if let Some(target) = args.target {
        print_estimate(&Estimate::of(description, target)?, target, args.clock)?;
    }
    for (key, value) in &description.extra {
        say!("{key:<22} {value}")?;
    }
    Ok(())
}

/// Prints the estimated cost on a core.
fn print_estimate(estimate: &Estimate, target: Target, clock: Option<Clock>) -> Result<()> {
    say!(
        "estimated for a {}, at opt-level 3, flash, stack and instructions within {} %:",
        target.name(),
        Estimate::PERCENT
    )?;
    say!(
        "  code                 {:.0} bytes for log_prob, {:.0} for all maps",
        estimate.log_prob_code,
        estimate.code
    )?;
    say!(
        "  stack                {:.0} bytes in log_prob, {:.0} in sample",
        estimate.log_prob_stack,
        estimate.sample_stack
    )?;
    say!(
        "  instructions         {:.0} for one log_prob, {:.0} for one sample",
        estimate.log_prob,
        estimate.sample
    )?;
    if let Some(Clock(hertz)) = clock {
        let cycles = target.cycles_per_instruction();
        let microseconds = |instructions: f64| instructions * cycles / hertz * 1e6;
        let [log_prob, sample] = [microseconds(estimate.log_prob), microseconds(estimate.sample)];
        say!(
            "  time                 {log_prob:.0} us for one log_prob, {sample:.0} us for one sample,"
        )?;
        say!(
            "                       if an instruction takes {cycles} cycles: an estimate, without waiting for flash"
        )?;
    }
    Ok(())
}
