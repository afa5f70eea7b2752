//! A model as C: what the text computes is written in C beside this page. A pure function from a
//! model to text.

pub mod alarm;
pub mod monitor;
mod number;
mod numbers;
mod template;
pub mod windows;
