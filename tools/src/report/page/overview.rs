use super::parts::{nats, number};
use crate::evaluate::findings::Findings;
use maud::{Markup, html};

/// Several models in one table, each with a link to its sections.
pub fn overview(all: &[Findings]) -> Markup {
    let head = ["model", "kind", "test nats", "gap", "worst point", "numbers", "bytes of flash"];
    html! {
        div.scroll role="region" aria-label="All models" tabindex="0" {
            table.numbers {
                caption { "All models, on their test rows" }
                thead { tr { @for name in head { th scope="col" { (name) } } } }
                tbody {
                    @for (found, i) in all.iter().zip(1..) {
                        tr {
                            th scope="row" { a href=(format!("#m{i}")) { (found.card.name) } }
                            td { (found.card.kind) }
                            @for cell in figures(found) { td { (cell) } }
                            td { (found.card.cost.parameters) }
                            td { (found.card.cost.flash) }
                        }
                    }
                }
            }
        }
    }
}

/// The nats, the gap and the worst point of a model.
fn figures(found: &Findings) -> [String; 3] {
    let Some(test) = &found.test else { return ["no rows"; 3].map(String::from) };
    let score = &test.evaluation.score;
    let gap = test.evaluation.truth.map_or("unknown".into(), |truth| number(truth.gap));
    [nats(score.nats, Some(score.error)), gap, number(score.worst)]
}
