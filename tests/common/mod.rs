//! What the tests share.

#![allow(
    dead_code,
    unused_imports,
    reason = "each test is a crate of its own and uses its part of this"
)]

mod models;
mod parts;
mod random;
mod reference;
mod statistics;

pub use models::*;
pub use parts::{Part, Source, build, point, reweighted, student};
pub use random::{Random, random, rng};
pub use reference::{Reference, model};
pub use statistics::{chi_square, kolmogorov_smirnov};
