//! A model as C: one file that any compiler of C99 or C++11 takes, with the crate's bits. A pure
//! function from a model to text.
//!
//! What the file computes is written in C beside this page. `parts.rs` says which files a model needs,
//! `template.rs` gives those that are a model's own its name, and `data.rs` writes its numbers. What
//! stands around the model comes by way of `around.rs`.

mod alarm;
mod around;
mod arrays;
mod data;
mod export;
mod features;
mod layout;
mod monitor;
mod number;
mod parts;
mod template;
mod windows;

pub use export::{Form, export};
pub use layout::{Layout, MARK as LAYOUT_MARK};
