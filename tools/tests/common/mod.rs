//! What the tests share: the tool in a folder of its own, model files to take apart, the
//! repository's files.

#![allow(
    dead_code,
    unused_imports,
    reason = "each test is a crate of its own and uses its part of this"
)]

mod browser;
pub mod c;
mod emulated;
mod file;
mod folder;
mod random;

pub use browser::{Browser, View};
pub use emulated::can_run;
pub use file::File;
pub use folder::{Folder, Run, rows, scattered};
pub use random::random;

use std::path::{Path, PathBuf};

/// A path from the root of the repository.
pub fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// The bytes of a file of the repository.
#[track_caller]
pub fn committed(path: &str) -> Vec<u8> {
    let path = repository(path);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A model of the repository.
#[track_caller]
pub fn model(path: &str) -> couplet_tools::model::Model {
    couplet_tools::model::Model::from_bytes(&committed(path))
        .unwrap_or_else(|error| panic!("{path}: {error:#}"))
}

/// The number behind these words on a line of their own.
#[track_caller]
pub fn number(text: &str, words: &str) -> f64 {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(words))
        .unwrap_or_else(|| panic!("no {words} in {text}"));
    line.split_whitespace()
        .next()
        .and_then(|word| word.parse().ok())
        .unwrap_or_else(|| panic!("no number in {line}"))
}
