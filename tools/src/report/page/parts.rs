//! What sections are made of: headings, tables, figures, numbers.

use crate::report::{chart::minus, number::short, picture::Picture};
use maud::{Markup, html};

/// A part of a page with a heading and an anchor.
#[derive(Clone, Debug)]
pub struct Section {
    /// Its anchor.
    pub id: &'static str,
    /// Its heading.
    pub title: &'static str,
    /// What is in it; a section without content is not shown.
    pub content: Markup,
}

impl Section {
    /// A section; without content where there is none.
    pub fn new(id: &'static str, title: &'static str, content: Option<Markup>) -> Self {
        Section { id, title, content: content.unwrap_or_default() }
    }

    /// Its element, with anchors that begin with `prefix`. A model that is one of several has
    /// smaller headings.
    pub fn element(&self, prefix: &str, is_part: bool) -> Markup {
        let id = format!("{prefix}{}", self.id);
        let heading = format!("{id}-title");
        html! {
            section id=(id) aria-labelledby=(heading) {
                @if is_part { h3 id=(heading) { (self.title) } }
                @else { h2 id=(heading) { (self.title) } }
                (self.content)
            }
        }
    }
}

/// A table whose first column names the rows. On a narrow screen it scrolls by itself. The cells of
/// a table of numbers are aligned to the right.
pub fn table(caption: &str, of_numbers: bool, head: &[&str], rows: &[Vec<String>]) -> Markup {
    html! {
        div.scroll role="region" aria-label=(caption) tabindex="0" {
            table.numbers[of_numbers] {
                caption { (caption) }
                thead { tr { @for name in head { th scope="col" { (name) } } } }
                tbody {
                    @for row in rows {
                        tr {
                            @for (i, cell) in row.iter().enumerate() {
                                @if i == 0 { th scope="row" { bdi { (cell) } } }
                                @else { td { bdi { (cell) } } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// With more pictures than this a table stands below them.
const BESIDE: usize = 3;

/// Pictures side by side, each with a caption whose anchor begins with `at`; a table beside them, or
/// below where they are many.
pub fn figures(at: &str, pictures: &[Picture], table: &Markup) -> Markup {
    let is_beside = pictures.len() <= BESIDE;
    let seen = |i: usize| format!("{at}-seen-{i}");
    html! {
        div.figures {
            @for (i, picture) in pictures.iter().enumerate() {
                figure {
                    (picture.element(&seen(i)))
                    figcaption { b { bdi { (picture.title) } } span id=(seen(i)) { (picture.alt) } }
                }
            }
            @if is_beside { (table) }
        }
        @if !is_beside { (table) }
    }
}

/// A number with four digits after the point.
pub fn number(x: f64) -> String {
    if x.is_nan() { "none".into() } else { minus(&short(x)) }
}

/// A number of nats with its standard error.
pub fn nats(nats: f64, error: Option<f64>) -> String {
    match error.filter(|error| error.is_finite()) {
        Some(error) => format!("{} ± {error:.4}", number(nats)),
        None => number(nats),
    }
}

/// A part as a percentage.
pub fn percent(part: f64) -> String {
    format!("{:.2} %", 100.0 * part)
}
