//! A model's Rust source, with the command that writes it again.

use crate::{
    convert::{Origin, rust},
    model::Model,
};
use anyhow::{Context, Result};
use std::path::Path;

/// Whether `couplet export` wrote a file of these bytes.
pub fn is_exported(bytes: &[u8]) -> bool {
    bytes.starts_with(rust::MARK.as_bytes())
}

/// The Rust source of the model file at `path`, whose bytes are `file`, as a static called `name`.
///
/// The command in its header names the files without their folders, so that the source does not
/// depend on where they lie.
///
/// # Errors
///
/// As [`rust::export`].
pub fn source(
    path: &Path,
    file: &[u8],
    model: &Model,
    output: &Path,
    name: &str,
) -> Result<String> {
    let command =
        format!("couplet export {} -o {} --name {name}", file_name(path), file_name(output));
    rust::export(model, &Origin::of_file(file, name, &command))
        .with_context(|| format!("cannot export {}", path.display()))
}

fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}
