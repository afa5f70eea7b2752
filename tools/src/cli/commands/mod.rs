//! What each subcommand does, one file each.

mod ablation;
mod bench;
mod check;
mod demo;
mod eval;
mod export;
mod info;
mod input;
mod measure;
mod sample;
mod score;
mod split;
mod streams;
mod toy;
mod train;

pub use bench::bench;
pub use check::check;
pub use demo::demo;
pub use eval::eval;
pub use export::export;
pub use info::info;
pub use measure::measure;
pub use sample::sample;
pub use score::score;
pub use toy::toy;
pub use train::train;
