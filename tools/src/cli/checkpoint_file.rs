//! Keeps a training's checkpoint in a file beside the model: written from time to time, read to go
//! on, removed at the end.

use crate::{
    cli::output::Output,
    train::{Trainer, is_checkpoint},
};
use anyhow::{Context, Result, ensure};
use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

/// From one checkpoint to the next, and at least so many times as long as writing one takes.
const PAUSE: Duration = Duration::from_secs(10);
const TIMES: u32 = 20;

/// The file `MODEL.checkpoint`.
#[derive(Debug)]
pub struct Keeper {
    path: PathBuf,
    output: Output,
    pause: Option<Duration>,
    due: Instant,
    failed: bool,
}

impl Keeper {
    /// Makes sure that the file can be written; nothing is until a checkpoint is due. A given pause
    /// is kept to exactly.
    ///
    /// # Errors
    ///
    /// The path, and why nothing can be written there.
    pub fn create(model: &Path, pause: Option<Duration>) -> Result<Self> {
        let mut path = model.as_os_str().to_owned();
        path.push(".checkpoint");
        let path = PathBuf::from(path);
        let output =
            Output::create_over(&path, is_checkpoint, "move it, or choose another path with -o")?;
        Ok(Keeper {
            output,
            path,
            pause,
            due: Instant::now() + pause.unwrap_or(PAUSE),
            failed: false,
        })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Brings a trainer to where the checkpoint was made.
    ///
    /// # Errors
    ///
    /// The path, and why there is nothing to go on from.
    pub fn resume(&self, trainer: &mut Trainer) -> Result<()> {
        let path = self.path.display();
        ensure!(
            self.path.exists(),
            "there is no {path} to resume from: leave out --resume to start at the first step"
        );
        let bytes =
            fs::read(&self.path).with_context(|| format!("cannot read the checkpoint {path}"))?;
        trainer.resume(&bytes).with_context(|| format!("cannot resume from {path}"))
    }

    /// Writes a checkpoint if it is time. One that cannot be written is tried again when it is time
    /// for the next.
    ///
    /// # Errors
    ///
    /// The path, and why it could not be written; only the first time.
    pub fn keep(&mut self, trainer: &Trainer) -> Result<()> {
        let start = Instant::now();
        if start < self.due {
            return Ok(());
        }
        let written = self.write(trainer);
        self.due = Instant::now() + self.pause.unwrap_or(PAUSE.max(TIMES * start.elapsed()));
        let known = self.failed;
        self.failed |= written.is_err();
        if known { Ok(()) } else { written }
    }

    /// Writes a checkpoint.
    ///
    /// # Errors
    ///
    /// The path, and why it could not be written; then the one before is still there.
    pub fn write(&self, trainer: &Trainer) -> Result<()> {
        self.output.write(&trainer.checkpoint()?)
    }

    /// Removes the file, if there is one.
    ///
    /// # Errors
    ///
    /// The path, and why it stays.
    pub fn remove(&self) -> Result<()> {
        match self.path.exists() {
            true => fs::remove_file(&self.path)
                .with_context(|| format!("cannot remove {}", self.path.display())),
            false => Ok(()),
        }
    }
}
