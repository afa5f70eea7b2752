//! Files that are written whole or not at all.

use anyhow::{Context, Result, bail};
use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};
use tempfile::NamedTempFile;

/// A file to write.
///
/// [`create`](Output::create) tries whether the path can be written, so that a bad path fails
/// before the long work. [`write`](Output::write) writes a temporary file beside the path and
/// renames it: whenever the process or the machine stops, the old file or the new one is there. A
/// new file has the permissions that the umask leaves, and a file that is replaced keeps its own.
///
/// A file that cannot be replaced, because it is mounted or its folder is read-only, is written in
/// place.
///
/// If the path is a symbolic link, the file that it leads to is replaced. A pipe or a device, such
/// as `/dev/stdout`, is written to and not replaced.
#[derive(Debug)]
pub struct Output {
    place: Place,
    path: PathBuf,
}

#[derive(Debug)]
enum Place {
    /// A file, which will be replaced.
    File(PathBuf),
    /// A pipe or a device, which is written to.
    Through(fs::File),
}

impl Output {
    /// Makes sure that the file can be written.
    ///
    /// # Errors
    ///
    /// The path, and why nothing can be written there.
    pub fn create(path: &Path) -> Result<Self> {
        let context = || format!("cannot write {}", path.display());
        let place = match fs::metadata(path) {
            Ok(there) if there.is_dir() => bail!("{}: it is a folder", context()),
            Ok(there) if !there.is_file() => {
                Place::Through(OpenOptions::new().write(true).open(path).with_context(context)?)
            }
            there => {
                let linked = there.is_ok() && path.is_symlink();
                let target = if linked {
                    fs::canonicalize(path).with_context(context)?
                } else {
                    path.to_path_buf()
                };
                remove_leftovers(folder(&target));
                try_to_write(&target).with_context(context)?;
                Place::File(target)
            }
        };
        Ok(Output { place, path: path.to_path_buf() })
    }

    /// Like [`Output::create`], and refuses a file that is neither empty nor `ours`; then `hint`
    /// ends the message.
    ///
    /// # Errors
    ///
    /// As [`Output::create`]; or couplet did not write the file that is there.
    pub fn create_over(path: &Path, ours: impl Fn(&[u8]) -> bool, hint: &str) -> Result<Self> {
        if path.is_file() && !fs::read(path).is_ok_and(|bytes| bytes.is_empty() || ours(&bytes)) {
            bail!("{} exists and couplet did not write it: {hint}", path.display());
        }
        Output::create(path)
    }

    /// The path of the file, links resolved; `None` for a pipe or a device.
    pub fn file(&self) -> Option<&Path> {
        match &self.place {
            Place::File(target) => Some(target),
            Place::Through(_) => None,
        }
    }

    /// Writes the bytes and renames the file to its path.
    ///
    /// # Errors
    ///
    /// The path, and why it could not be written; then an old file is as it was.
    pub fn write(&self, bytes: &[u8]) -> Result<()> {
        let context = || format!("cannot write {}", self.path.display());
        match &self.place {
            Place::Through(file) => (&*file).write_all(bytes),
            Place::File(target) => replace(target, bytes),
        }
        .with_context(context)
    }
}

/// Makes sure that a file can be written, and leaves everything as it is.
fn try_to_write(target: &Path) -> io::Result<()> {
    if target.exists() {
        // If a temporary file is refused, this file is written in place.
        OpenOptions::new().write(true).open(target).map(drop)
    } else {
        temporary(folder(target))?;
        if target.is_symlink() {
            return Ok(()); // It leads nowhere and will be replaced.
        }
        // The name may be too long, though a temporary one is not.
        OpenOptions::new().write(true).create_new(true).open(target)?;
        fs::remove_file(target)
    }
}

/// Replaces a file, or writes it in place where it cannot be replaced.
fn replace(target: &Path, bytes: &[u8]) -> io::Result<()> {
    let there = fs::metadata(target).ok();
    let mut file = match temporary(folder(target)) {
        Err(_) if there.is_some() => return overwrite(target, bytes),
        file => file?,
    };
    file.write_all(bytes)?;
    if let Some(there) = &there {
        file.as_file().set_permissions(there.permissions())?;
    }
    file.as_file().sync_all()?;
    match file.persist(target) {
        Err(_) if there.is_some() => overwrite(target, bytes),
        file => {
            file?;
            sync_folder(folder(target));
            Ok(())
        }
    }
}

/// Writes a file in place.
fn overwrite(target: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).truncate(true).open(target)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// The folder of a file.
fn folder(file: &Path) -> &Path {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Start and end of a temporary file's name; random letters come between.
const TEMPORARY: [&str; 2] = [".couplet-", ".part"];

/// A temporary file, with the permissions that the umask leaves. It is locked while it is open,
/// which tells it from the leftover of a process that was killed.
fn temporary(folder: &Path) -> io::Result<NamedTempFile> {
    let [prefix, suffix] = TEMPORARY;
    loop {
        let mut builder = tempfile::Builder::new();
        builder.prefix(prefix).suffix(suffix);
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let file = builder.tempfile_in(folder)?;
        // Without locks, leftovers are not removed, and this file is safe too.
        let _ = file.as_file().lock();
        // Another process may have removed it as a leftover before it was locked.
        if file.path().exists() {
            return Ok(file);
        }
    }
}

/// Removes temporary files that no process has open.
fn remove_leftovers(folder: &Path) {
    let [prefix, suffix] = TEMPORARY;
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let ours =
            name.to_str().is_some_and(|name| name.starts_with(prefix) && name.ends_with(suffix));
        if ours
            && entry.file_type().is_ok_and(|there| there.is_file())
            && let Ok(file) = OpenOptions::new().write(true).open(entry.path())
            && file.try_lock().is_ok()
        {
            // If that fails, the next run tries again.
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Makes a rename survive a power failure, if the system can synchronise folders.
fn sync_folder(folder: &Path) {
    if let Ok(folder) = fs::File::open(folder) {
        let _ = folder.sync_all();
    }
}

/// Refuses an output that is one of the inputs, even by another path.
///
/// # Errors
///
/// The output, if writing it would replace an input.
pub fn keep_inputs(inputs: &[&Path], output: &Path) -> Result<()> {
    if let Ok(place) = fs::canonicalize(output)
        && place.is_file()
        && inputs.iter().any(|input| fs::canonicalize(input).is_ok_and(|input| input == place))
    {
        bail!("cannot write {}: it is the input; choose another path with -o", output.display());
    }
    Ok(())
}
