//! What a training tried, kind by kind.

use super::{say::say, words::word};
use crate::{
    device::cost::Cost,
    model::{Description, MixtureShape, Transform},
    report::table::{Format, Table},
    train::{Choice, Trainer},
};
use anyhow::Result;

/// Prints what was tried of each kind of density, where there are several: the run that is kept, and
/// of other kinds the best run. `kept` counts runs from 1.
pub fn tell(trainer: &Trainer, kept: usize) -> Result<()> {
    let kept = trainer.trials().nth(kept - 1);
    let mut kinds: Vec<(Choice, f64)> = Vec::new();
    for (choice, nats) in trainer.trials() {
        match kinds.iter_mut().find(|(other, _)| other.kind == choice.kind) {
            Some(best) if nats < best.1 => *best = (choice, nats),
            Some(_) => (),
            None => kinds.push((choice, nats)),
        }
    }
    for (choice, nats) in &mut kinds {
        if let Some(kept) = kept.filter(|(kept, _)| kept.kind == choice.kind) {
            (*choice, *nats) = kept;
        }
    }
    if kinds.len() < 2 {
        return Ok(());
    }
    let table = Table::new(Format::Text)
        .left("kind", 44)
        .right("held-out nats", 13)
        .right("bytes", 6)
        .right("multiply-adds", 13)
        .left("", 4);
    say!("{}", table.head())?;
    for (choice, nats) in &kinds {
        let description = trainer.described(choice);
        let Cost { flash, macs, .. } = Cost::of_shape(&description);
        let mark = if kept.is_some_and(|(kept, _)| kept == *choice) { "kept" } else { "" };
        let figures = [format!("{nats:.3}"), flash.to_string(), macs.to_string()];
        let [nats, flash, macs] = figures;
        say!("{}", table.row(&[kind(&description), nats, flash, macs, mark.into()]))?;
    }
    Ok(())
}

/// A kind of density, in a few words.
fn kind(description: &Description) -> String {
    let Description { couplets, hidden, base, mixture, marginal, .. } = description;
    let bent = if marginal.is_some() { "marginal, " } else { "" };
    let flow = match couplets {
        0 => String::new(),
        _ if matches!(description.transform, Transform::Spline(_)) => {
            format!("{couplets} couplets of splines {hidden:?}, ")
        }
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
