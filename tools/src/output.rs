//! Files that are there whole or not at all.

use anyhow::{Context, Result, bail};
use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};
use tempfile::NamedTempFile;

/// A file to come: opened before the long work so that a bad path fails in the first second, written beside its place and
/// renamed into it when it is whole.
#[derive(Debug)]
pub struct Output {
    file: NamedTempFile,
    path: PathBuf,
}

impl Output {
    /// Makes sure that the file can be written.
    ///
    /// # Errors
    ///
    /// The path, and why nothing can be written there.
    pub fn create(path: &Path) -> Result<Self> {
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        if path.is_dir() {
            bail!("cannot write {}: it is a folder", path.display());
        }
        let file = tempfile::Builder::new()
            .prefix(".couplet-")
            .tempfile_in(folder)
            .with_context(|| format!("cannot write {}", path.display()))?;
        Ok(Output { file, path: path.to_path_buf() })
    }

    /// Like [`Output::create`], and an existing file must begin with `mark`.
    ///
    /// # Errors
    ///
    /// As for [`Output::create`]; or there is a file that somebody else wrote.
    pub fn create_over(path: &Path, mark: &str) -> Result<Self> {
        if path.exists() && !fs::read(path).is_ok_and(|bytes| bytes.starts_with(mark.as_bytes())) {
            bail!("{} exists and couplet did not write it: choose another path or give --force", path.display());
        }
        Output::create(path)
    }

    /// Writes the bytes and puts the file in its place.
    ///
    /// # Errors
    ///
    /// The path, and why it could not be written; then nothing is.
    pub fn write(mut self, bytes: &[u8]) -> Result<()> {
        let context = || format!("cannot write {}", self.path.display());
        self.file.write_all(bytes).with_context(context)?;
        self.file.as_file().sync_all().with_context(context)?;
        set_usual_permissions(self.file.as_file()).with_context(context)?;
        self.file.persist(&self.path).with_context(|| format!("cannot write {}", self.path.display()))?;
        Ok(())
    }
}

/// Temporary files are private; what a user asked for is as readable as any other file.
fn set_usual_permissions(file: &fs::File) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        file.set_permissions(fs::Permissions::from_mode(0o644))?;
    }
    Ok(())
}
