//! The log of a training: a JSON object on a line for each look at the held-out rows.

use super::output::is_standard_output;
use crate::{cli::say::print_json, train::Progress};
use anyhow::{Context, Result};
use serde_json::json;
use std::{
    fs::{File, OpenOptions},
    io::Write,
    path::{Path, PathBuf},
};

/// A log that is written while training runs, so that others can read along.
#[derive(Debug)]
pub struct Log {
    path: PathBuf,
    /// None for standard output.
    file: Option<File>,
    /// The number of looks that are written.
    written: usize,
}

impl Log {
    /// Starts a log; with `resume`, goes on with the one that is there.
    ///
    /// # Errors
    ///
    /// The path, and why nothing can be written there.
    pub fn create(path: &Path, resume: bool) -> Result<Self> {
        let open = || {
            let mut options = OpenOptions::new();
            options.create(true).append(resume).write(true).truncate(!resume).open(path)
        };
        let file = if is_standard_output(path) {
            None
        } else {
            Some(open().with_context(|| format!("cannot write {}", path.display()))?)
        };
        // The first look of a training that is resumed is in the log that is there.
        let written = usize::from(resume);
        Ok(Log { path: path.into(), file, written })
    }

    /// Writes the look at the held-out rows that came last, the `look`th, unless it is written.
    ///
    /// # Errors
    ///
    /// The path, and why it cannot be written.
    pub fn write(&mut self, look: usize, progress: Progress) -> Result<()> {
        if look == self.written {
            return Ok(());
        }
        self.written = look;
        let line = json!(progress);
        match &mut self.file {
            Some(file) => writeln!(file, "{line}")
                .with_context(|| format!("cannot write {}", self.path.display())),
            None => print_json(&line),
        }
    }
}
