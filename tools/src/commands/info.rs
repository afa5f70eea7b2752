use crate::{cli::Info, cost::Cost, export::kind, model::Model, output::say};
use anyhow::Result;
use clap::ValueEnum;

/// `couplet info`.
pub fn info(args: &Info) -> Result<()> {
    let model = Model::read(&args.model)?;
    let flow = &model.flow;
    let description = &flow.description;
    let [a, b] = description.split;
    say!("{} over {} features: {}", kind(flow), description.dimension(), description.features.join(", "));
    say!("  standardize   x <- (x - mean) / std");
    for (k, couplet) in flow.couplets.iter().enumerate() {
        let permutation = couplet.permutation.as_ref().map_or(String::new(), |p| format!("features {:?}, then ", p.index));
        let hidden = description.hidden.iter().map(|h| format!(" -> {h}")).collect::<String>();
        say!("  couplet {k:<5} {permutation}{a}{hidden} -> {b}, {b}{hidden} -> {a} ({})", word(description.activation));
    }
    if flow.scale.is_some() {
        say!("  scale         x <- x exp(theta)");
    }
    say!("  base          standard {}", word(description.base));
    let cost = Cost::of(flow);
    say!("parameters             {}", cost.parameters);
    say!("flash                  {} bytes for the exported static", cost.flash);
    say!("stack                  {} bytes of working arrays in log_prob; frames come on top", cost.stack);
    say!("multiply-accumulates   {} for one log_prob", cost.macs);
    for (key, value) in &description.extra {
        say!("{key:<22} {value}");
    }
    Ok(())
}

/// A choice in the word of its flag.
fn word(choice: impl ValueEnum) -> String {
    choice.to_possible_value().map_or_else(String::new, |value| value.get_name().to_string())
}
