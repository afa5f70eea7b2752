//! What the model costs, and what else would fit into its bytes.

use super::parts::{Section, nats, number, table};
use crate::evaluate::findings::{Beside, CoreCost, Findings};
use maud::html;

/// The costs of a log_prob on each core.
pub fn cores(found: &Findings) -> Section {
    let cost = &found.card.cost;
    let on_any = [
        ("numbers that were trained", cost.parameters),
        ("bytes of flash for the model", cost.flash),
        ("multiply-accumulates of a log_prob", cost.macs),
    ];
    let on_any = on_any.map(|(what, value)| vec![what.to_string(), value.to_string()]);
    let head = ["core", "instructions", "bytes of code", "bytes of stack", "figures are"];
    let rows: Vec<Vec<String>> = found.cores.iter().map(row).collect();
    let is_known = found.cores.iter().any(|it| it.estimate.is_some());
    let why = found.cores.iter().find_map(|it| it.why.as_ref()).filter(|_| is_known);
    let content = html! {
        (table("On any device", true, &["what", "value"], &on_any))
        @if is_known { (table("One log_prob on each core", true, &head, &rows)) }
        @if let Some(why) = why { p.note { "No estimate: " (why) "." } }
    };
    Section::new("cost", "What it costs", Some(content))
}

fn row(cost: &CoreCost) -> Vec<String> {
    let mut cells = vec![cost.core.to_string()];
    match &cost.estimate {
        Some(it) => {
            let figures = [it.log_prob, it.log_prob_code, it.log_prob_stack];
            cells.extend(figures.map(|figure| format!("{figure:.0}")));
            cells.push(if cost.measured { "measured" } else { "estimated" }.into());
        }
        None => cells.extend(["?", "?", "?", "unknown"].map(String::from)),
    }
    cells
}

/// Mixtures of Gaussians of no more bytes beside the model.
pub fn beside(found: &Findings) -> Section {
    let content = found.beside.as_ref().map(|beside| {
        let rows = beside.contenders.iter().map(|it| {
            let name =
                if it.collapsed { format!("{} (collapsed)", it.name) } else { it.name.clone() };
            let score = &it.found.score;
            let area = it.found.detection.map_or("no labels".into(), |it| number(it.auroc));
            vec![
                name,
                nats(score.nats, Some(score.error)),
                number(score.worst),
                area,
                it.bytes.to_string(),
            ]
        });
        html! {
            p { (verdict(beside)) }
            @for text in beside.incomparable() { p { (text) } }
            p {
                "The mixtures were fitted to " (beside.fitted) " of " (beside.training)
                " training rows"
                @if beside.fitted < beside.training { ": a fit to all of them has other nats" }
                "."
                @if !found.card.context.is_empty() {
                    " They do not see the context: theirs is the density of the features alone."
                }
            }
            (table(
                "The model beside mixtures of Gaussians, on the test rows",
                true,
                &["density", "nats", "worst point", "AUROC", "bytes"],
                &rows.collect::<Vec<_>>(),
            ))
        }
    });
    Section::new("beside", "Beside mixtures", content)
}

/// Whether to prefer a mixture.
fn verdict(beside: &Beside) -> String {
    match &beside.better {
        Some(it) => {
            let gain = nats(it.gain, Some(it.error));
            let end = match it.is_sure() {
                true => "prefer that",
                false => "that may be chance, so either will do",
            };
            format!("{} on the test rows, and no larger: {gain} nats better; {end}.", it.name)
        }
        None if beside.incomparable().is_empty() => {
            "No mixture of Gaussians that fits into the bytes of the model is as good.".into()
        }
        None => "Not all of these densities compare.".into(),
    }
}
