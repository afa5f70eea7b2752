use super::{card::summary, model::sections, overview::overview, parts::Section};
use crate::{
    evaluate::findings::Findings,
    report::chart::{PALETTE, STYLE, Tone},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// The program that writes pages, as their head says.
const GENERATOR: &str = "couplet report";

/// Nothing is loaded but what the page itself holds.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/// A picture at the head of a page of several models, as PNG.
#[derive(Clone, Copy, Debug)]
pub struct Lead<'a> {
    /// The bytes.
    pub png: &'a [u8],
    /// What it shows, in few words.
    pub title: &'a str,
    /// What there is to see.
    pub caption: &'a str,
}

/// A page that shows models. The same findings give the same bytes.
pub fn page(title: &str, lead: Option<Lead<'_>>, all: &[Findings]) -> String {
    let is_part = all.len() > 1;
    let prefix = |i: usize| if is_part { format!("m{i}-") } else { String::new() };
    let models = all.iter().zip(1..).map(|(found, i)| sections(found, &prefix(i)));
    let models: Vec<Vec<Section>> = models.collect();
    let entries: Vec<(String, &str)> = if is_part {
        let names = all.iter().map(|found| found.card.name.as_str());
        names.zip(1..).map(|(name, i)| (format!("m{i}"), name)).collect()
    } else {
        models.iter().flatten().map(|section| (section.id.to_string(), section.title)).collect()
    };
    let html = html! {
        (DOCTYPE)
        html lang="en" {
            (head(title))
            body {
                a.skip href="#main" { "Skip to the report" }
                header {
                    h1 { bdi { (title) } }
                    @if let [only] = all { p.lead { (summary(only)) } }
                }
                nav aria-label="Contents" {
                    ul { @for (id, entry) in &entries { li { a href={ "#" (id) } { (entry) } } } }
                }
                main id="main" {
                    @if is_part { (overview(all)) }
                    @if let Some(lead) = lead { (picture(lead)) }
                    @for ((found, model), i) in all.iter().zip(&models).zip(1..) {
                        @let parts = html! {
                            @for section in model { (section.element(&prefix(i), is_part)) }
                        };
                        @if is_part {
                            section id=(format!("m{i}")) {
                                h2 { bdi { (found.card.name) } }
                                p.lead { (summary(found)) }
                                (parts)
                            }
                        } @else { (parts) }
                    }
                }
                footer {
                    p {
                        "Written by couplet " (env!("CARGO_PKG_VERSION"))
                        ". Log_probs are in nats (natural logarithms). Nats are the mean of −log_prob, "
                        "so lower is better; a standard error stands behind ±."
                    }
                }
            }
        }
    };
    html.into_string()
}

/// Whether a file is such a page.
pub fn is_page(bytes: &[u8]) -> bool {
    let start = String::from_utf8_lossy(&bytes[..bytes.len().min(1000)]);
    start.starts_with("<!DOCTYPE html>") && start.contains(GENERATOR)
}

fn head(title: &str) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="generator" content=(GENERATOR);
            meta http-equiv="Content-Security-Policy" content=(POLICY);
            meta name="color-scheme" content="light dark";
            title { (title) }
            style { (PreEscaped(style())) }
        }
    }
}

/// The style sheet, with light colours and, where the reader's system is dark, dark ones. Paper is
/// light.
fn style() -> String {
    let tones = |of: fn(&Tone) -> &'static str| -> String {
        PALETTE.iter().map(|tone| format!("--{}:{};", tone.name, of(tone))).collect()
    };
    let (light, dark) = (tones(|tone| tone.light), tones(|tone| tone.dark));
    format!(
        ":root{{{light}}}\n@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}\n{STYLE}{}",
        include_str!("style.css")
    )
}

fn picture(lead: Lead<'_>) -> Markup {
    let source = format!("data:image/png;base64,{}", BASE64_STANDARD.encode(lead.png));
    html! {
        figure.wide {
            img src=(source) alt=(lead.title) aria-describedby="lead";
            figcaption id="lead" { (lead.caption) }
        }
    }
}
