//! A model's source text, with the command that writes it again.

use crate::{
    cli::{args::Written, output::is_standard_output, words::word},
    convert::{
        Language, MARK, Origin,
        c::{self, Layout},
        rust,
    },
    model::Model,
};
use anyhow::{Context, Result, bail};
use std::{ffi::OsStr, path::Path};

/// Whether `couplet export` wrote a file of these bytes.
pub fn is_exported(bytes: &[u8]) -> bool {
    bytes.starts_with(MARK.as_bytes())
}

/// The source of the model file at `path`, whose bytes are `file`, under a name. The ending of the
/// output says in which language, unless one is given.
///
/// The command in its header names the files without their folders, so that the source does not
/// depend on where they lie.
///
/// # Errors
///
/// As [`rust::export`] and [`c::export`]; or an ending that no language has.
pub fn source(
    path: &Path,
    file: &[u8],
    model: &Model,
    output: &Path,
    name: &str,
    written: Option<Written>,
) -> Result<String> {
    let language = language(output, written)?;
    let given = written.map_or(String::new(), |written| format!(" --language {}", word(written)));
    let [model_file, source_file] = [path, output].map(file_name);
    let command = format!("couplet export {model_file} -o {source_file} --name {name}{given}");
    let origin = Origin::of_file(file, name, &command);
    match language {
        Language::Rust => rust::export(model, &origin),
        Language::C(form) => c::export(model, &origin, form),
    }
    .with_context(|| format!("cannot export {}", path.display()))
}

/// The files of a library in C for a build system, by their paths in the folder `output`.
///
/// # Errors
///
/// As [`c::export`].
pub fn files(
    path: &Path,
    file: &[u8],
    model: &Model,
    output: &Path,
    name: &str,
    layout: Layout,
) -> Result<Vec<(String, String)>> {
    let [model_file, folder] = [path, output].map(file_name);
    let layout_word = word(layout);
    let command =
        format!("couplet export {model_file} -o {folder} --name {name} --layout {layout_word}");
    layout
        .files(model, &Origin::of_file(file, name, &command))
        .with_context(|| format!("cannot export {}", path.display()))
}

/// The language of a file.
fn language(output: &Path, written: Option<Written>) -> Result<Language> {
    let ending = output.extension().and_then(OsStr::to_str);
    let of_ending = match ending {
        Some("rs") => Some(Language::Rust),
        Some("h") => Some(Language::C(c::Form::Header)),
        Some("c") => Some(Language::C(c::Form::Source)),
        _ => None,
    };
    match (written, of_ending) {
        (None, Some(language)) => Ok(language),
        (None, None) if is_standard_output(output) => Ok(Language::Rust),
        (None, None) => bail!(
            "{}: a model becomes Rust, in a file that ends in .rs, or C, in one that ends in .h or \
             .c: choose one of these endings, or give --language",
            output.display()
        ),
        (Some(Written::Rust), None | Some(Language::Rust)) => Ok(Language::Rust),
        (Some(Written::C), Some(Language::C(form))) => Ok(Language::C(form)),
        (Some(Written::C), None) => Ok(Language::C(c::Form::Header)),
        (Some(written), Some(_)) => bail!(
            "{}: a file of this ending is not {}: choose another ending, or leave --language out",
            output.display(),
            word(written)
        ),
    }
}

fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}
