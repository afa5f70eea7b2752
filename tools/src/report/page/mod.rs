//! A report as one page of HTML that needs no network and no script. It computes nothing: all
//! numbers are those of [`Findings`](crate::evaluate::findings::Findings).

mod alarm;
mod card;
mod cost;
mod document;
mod model;
mod overview;
mod parts;
mod rows;

pub use document::{Lead, is_page, page};
