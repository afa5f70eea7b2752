//! The checkpoint of a training, in a file beside the model: written from time to time, read to
//! resume, removed at the end.

use crate::{
    cli::output::Output,
    train::{Trainer, is_checkpoint},
};
use anyhow::{Context, Result, ensure};
use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

/// The least time from one checkpoint to the next.
const PAUSE: Duration = Duration::from_secs(10);

/// The least pause in units of the time that writing a checkpoint takes: writing takes at most a
/// twentieth of the time.
const PAUSE_PER_WRITE: u32 = 20;

/// The file `MODEL.checkpoint`.
#[derive(Debug)]
pub struct CheckpointFile {
    path: PathBuf,
    output: Output,
    /// The pause that was asked for, if one was.
    pause: Option<Duration>,
    /// When to write the next checkpoint.
    due: Instant,
    /// Whether a checkpoint could not be written.
    failed: bool,
}

impl CheckpointFile {
    /// Makes sure that the file can be written, and writes nothing. If `pause` is given, it is the
    /// exact time from one checkpoint to the next.
    ///
    /// # Errors
    ///
    /// The path, and why nothing can be written there.
    pub fn create(model: &Path, pause: Option<Duration>) -> Result<Self> {
        let mut name = model.as_os_str().to_owned();
        name.push(".checkpoint");
        let path = PathBuf::from(name);
        let hint = "move it, or choose another path with -o";
        let output = Output::create_over(&path, is_checkpoint, hint)?;
        let due = Instant::now() + pause.unwrap_or(PAUSE);
        Ok(CheckpointFile { path, output, pause, due, failed: false })
    }

    /// The path of the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Brings a trainer to the step at which the checkpoint was made.
    ///
    /// # Errors
    ///
    /// The path, and why training cannot be resumed from it.
    pub fn resume(&self, trainer: &mut Trainer) -> Result<()> {
        let path = self.path.display();
        ensure!(
            self.path.exists(),
            "there is no {path} to resume from: leave out --resume to start at the first step"
        );
        let checkpoint =
            fs::read(&self.path).with_context(|| format!("cannot read the checkpoint {path}"))?;
        trainer.resume(&checkpoint).with_context(|| format!("cannot resume from {path}"))
    }

    /// Writes a checkpoint if one is due. After a failure, the next one is due as usual.
    ///
    /// # Errors
    ///
    /// The path, and why it could not be written; only the first time.
    pub fn write_if_due(&mut self, trainer: &Trainer) -> Result<()> {
        let start = Instant::now();
        if start < self.due {
            return Ok(());
        }
        let written = self.write(trainer);
        let pause = self.pause.unwrap_or(PAUSE.max(PAUSE_PER_WRITE * start.elapsed()));
        self.due = Instant::now() + pause;
        let failed_before = self.failed;
        self.failed |= written.is_err();
        if failed_before { Ok(()) } else { written }
    }

    /// Writes a checkpoint.
    ///
    /// # Errors
    ///
    /// The path, and why it could not be written; then the previous checkpoint is still there.
    pub fn write(&self, trainer: &Trainer) -> Result<()> {
        self.output.write(&trainer.checkpoint()?)
    }

    /// Removes the file, if there is one.
    ///
    /// # Errors
    ///
    /// The path, and why it could not be removed.
    pub fn remove(&self) -> Result<()> {
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(error).with_context(|| format!("cannot remove {}", self.path.display()))
            }
            _ => Ok(()),
        }
    }
}
