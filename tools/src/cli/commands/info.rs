use crate::{
    cli::args::Info, cli::output::say, convert::rust::kind, device::clock::Clock,
    device::cost::Cost, device::estimate::Estimate, device::target::Target,
    model::{FeatureMap, Layer, Model, Network},
};
use anyhow::Result;
use clap::ValueEnum;

/// `couplet info`.
pub fn info(args: &Info) -> Result<()> {
    let model = Model::read(&args.model)?;
    let flow = &model.flow;
    let description = &flow.description;
    say!(
        "{} over {} features: {}",
        kind(flow),
        description.dimension(),
        description.features.join(", ")
    );
    say!("  {:<24} x <- (x - mean) / std", "standardize");
    for layer in &flow.layers {
        say!("  {:<24} {}", layer.name(), described(layer));
    }
    say!("  {:<24} standard {}", "base", word(description.base));
    let cost = Cost::of(flow);
    say!("parameters             {}", cost.parameters);
    say!("flash                  {} bytes for the exported static", cost.flash);
    if args.target.is_none() {
        say!(
            "stack                  {} bytes of working arrays in log_prob; frames come on top",
            cost.stack
        );
    }
    say!("multiply-accumulates   {} for one log_prob", cost.macs);
    if let Some(target) = args.target {
        estimated(&Estimate::of(description, target)?, target, args.clock)?;
    }
    for (key, value) in &description.notes.entries()? {
        say!("{key:<22} {value}");
    }
    Ok(())
}

/// What a layer does, in one line.
fn described(layer: &Layer) -> String {
    match layer {
        Layer::Permutation(permutation) => format!("x <- x{:?}", permutation.index),
        Layer::Coupling(coupling) => {
            let Network { trunk, .. } = &coupling.network;
            let hidden: String =
                trunk.layers.iter().map(|layer| format!(" -> {}", layer.outputs)).collect();
            let (inputs, outputs) = (coupling.conditions(), coupling.transformed());
            let (transform, activation) = (coupling.transform.name(), word(trunk.activation));
            format!("{transform}, {inputs}{hidden} -> {outputs} ({activation})")
        }
        Layer::Scale(_) => "x <- x exp(theta)".into(),
    }
}

/// What the model is expected to cost on a core.
fn estimated(estimate: &Estimate, target: Target, clock: Option<Clock>) -> Result<()> {
    say!(
        "estimated for a {}, at opt-level 3, flash, stack and instructions within {} %:",
        target.name,
        Estimate::PERCENT
    );
    say!(
        "  code                 {:.0} bytes for log_prob, {:.0} for all maps",
        estimate.log_prob_code,
        estimate.code
    );
    say!(
        "  stack                {:.0} bytes in log_prob, {:.0} in sample",
        estimate.log_prob_stack,
        estimate.sample_stack
    );
    say!(
        "  instructions         {:.0} for one log_prob, {:.0} for one sample",
        estimate.log_prob,
        estimate.sample
    );
    if let Some(Clock(hertz)) = clock {
        let cycles = target.cycles_per_instruction;
        let microseconds = |instructions: f64| instructions * cycles / hertz * 1e6;
        let [log_prob, sample] = [microseconds(estimate.log_prob), microseconds(estimate.sample)];
        say!(
            "  time                 {log_prob:.0} us for one log_prob, {sample:.0} us for one sample,"
        );
        say!(
            "                       if an instruction takes {cycles} cycles: an estimate, without waiting for flash"
        );
    }
    Ok(())
}

/// A choice in the word of its flag.
pub fn word(choice: impl ValueEnum) -> String {
    choice.to_possible_value().map_or_else(String::new, |value| value.get_name().to_string())
}
