//! What a training tried, kind by kind.

use super::{say::say, words::word};
use crate::{
    device::cost::Cost,
    model::{Description, MixtureShape},
    report::table::{Format, Table},
    train::{Choice, Trainer},
};
use anyhow::Result;

/// Prints what was tried of each kind of density, where there are several.
pub fn tell(trainer: &Trainer) -> Result<()> {
    let mut kinds: Vec<(Choice, f64)> = Vec::new();
    for (choice, nats) in trainer.trials() {
        match kinds.iter_mut().find(|(other, _)| other.kind == choice.kind) {
            Some(best) if nats < best.1 => *best = (choice, nats),
            Some(_) => (),
            None => kinds.push((choice, nats)),
        }
    }
    if kinds.len() < 2 {
        return Ok(());
    }
    let table = Table::new(Format::Text)
        .left("kind", 44)
        .right("held-out nats", 13)
        .right("bytes", 6)
        .right("multiply-adds", 13);
    say!("{}", table.head())?;
    for (choice, nats) in &kinds {
        let description = trainer.described(choice);
        let Cost { flash, macs, .. } = Cost::of_shape(&description);
        let cells = [kind(&description), format!("{nats:.3}"), flash.to_string(), macs.to_string()];
        say!("{}", table.row(&cells))?;
    }
    Ok(())
}

/// A kind of density, in a few words.
fn kind(description: &Description) -> String {
    let Description { couplets, hidden, base, mixture, marginal, .. } = description;
    let bent = if marginal.is_some() { "marginal, " } else { "" };
    let flow = match couplets {
        0 => String::new(),
        _ => format!("{couplets} couplets of {hidden:?}, "),
    };
    let base = match mixture {
        Some(MixtureShape { components, covariance }) => {
            format!("{components} Gaussians, {}", word(*covariance))
        }
        None => word(*base).to_string(),
    };
    format!("{bent}{flow}{base}")
}
