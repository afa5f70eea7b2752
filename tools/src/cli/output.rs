//! What leaves the tool: files that are there whole or not at all, and lines for the reader.

use anyhow::{Context, Result, bail};
use std::{
    fmt, fs,
    io::{self, Write},
    path::{Path, PathBuf},
};
use tempfile::NamedTempFile;

/// A file to come: tried before the long work so that a bad path fails in the first second, written
/// beside its place and renamed into it when it is whole, so that whenever the process or the
/// machine stops, the old file or the new one is there. Through a symbolic link the file it leads
/// to is replaced, and a pipe or a device, such as `/dev/stdout`, is written to and stays what it
/// is.
#[derive(Debug)]
pub struct Output {
    place: Place,
    path: PathBuf,
}

#[derive(Debug)]
enum Place {
    /// A file to come.
    File(PathBuf),
    /// A pipe or a device.
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
                Place::Through(fs::OpenOptions::new().write(true).open(path).with_context(context)?)
            }
            there => {
                let linked = there.is_ok() && path.is_symlink();
                let target = if linked {
                    fs::canonicalize(path).with_context(context)?
                } else {
                    path.to_path_buf()
                };
                remove_leftovers(folder(&target));
                temporary(folder(&target)).with_context(context)?;
                Place::File(target)
            }
        };
        Ok(Output { place, path: path.to_path_buf() })
    }

    /// Like [`Output::create`], and an existing file must be empty or `ours`; else `way_out` ends
    /// the message.
    ///
    /// # Errors
    ///
    /// As for [`Output::create`]; or there is a file that somebody else wrote.
    pub fn create_over(path: &Path, ours: impl Fn(&[u8]) -> bool, way_out: &str) -> Result<Self> {
        if path.is_file() && !fs::read(path).is_ok_and(|bytes| bytes.is_empty() || ours(&bytes)) {
            bail!("{} exists and couplet did not write it: {way_out}", path.display());
        }
        Output::create(path)
    }

    /// The file it will be; none for a pipe or a device.
    pub fn file(&self) -> Option<&Path> {
        match &self.place {
            Place::File(target) => Some(target),
            Place::Through(_) => None,
        }
    }

    /// Writes the bytes and puts the file in its place.
    ///
    /// # Errors
    ///
    /// The path, and why it could not be written; then nothing is.
    pub fn write(&self, bytes: &[u8]) -> Result<()> {
        let context = || format!("cannot write {}", self.path.display());
        match &self.place {
            Place::Through(file) => (&*file).write_all(bytes).with_context(context),
            Place::File(target) => {
                let mut file = temporary(folder(target)).with_context(context)?;
                file.write_all(bytes).with_context(context)?;
                set_usual_permissions(file.as_file()).with_context(context)?;
                file.as_file().sync_all().with_context(context)?;
                file.persist(target).with_context(context)?;
                sync_folder(folder(target));
                Ok(())
            }
        }
    }
}

/// The folder that a file is in.
fn folder(file: &Path) -> &Path {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// What temporary files are called, around letters that tell them apart.
const TEMPORARY: [&str; 2] = [".couplet-", ".part"];

/// A temporary file, locked while it is open, so that it can be told from the leftover of a process
/// that was killed.
fn temporary(folder: &Path) -> io::Result<NamedTempFile> {
    let [prefix, suffix] = TEMPORARY;
    loop {
        let file = tempfile::Builder::new().prefix(prefix).suffix(suffix).tempfile_in(folder)?;
        // Where files cannot be locked, leftovers stay, and this one is safe.
        let _ = file.as_file().lock();
        // Else it was taken for a leftover before it was locked.
        if file.path().exists() {
            return Ok(file);
        }
    }
}

/// Removes temporary files that nobody has open.
fn remove_leftovers(folder: &Path) {
    let [prefix, suffix] = TEMPORARY;
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let ours =
            name.to_str().is_some_and(|name| name.starts_with(prefix) && name.ends_with(suffix));
        if ours
            && entry.file_type().is_ok_and(|there| there.is_file())
            && let Ok(file) = fs::OpenOptions::new().write(true).open(entry.path())
            && file.try_lock().is_ok()
        {
            // Should that fail, the next run tries again.
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Makes a rename outlast a power failure, where folders can be synchronised.
fn sync_folder(folder: &Path) {
    if let Ok(folder) = fs::File::open(folder) {
        let _ = folder.sync_all();
    }
}

/// Refuses an output that is one of the inputs, by whatever path.
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

/// Prints a line. A reader that has seen enough, as `head` has, is no reason to stop.
///
/// # Errors
///
/// Standard output is a file on a full disk, say.
pub fn print_line(line: fmt::Arguments<'_>) -> Result<()> {
    match writeln!(io::stdout(), "{line}") {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(error).context("cannot write to standard output")
        }
        _ => Ok(()),
    }
}

/// `println!` that gives its error to the caller instead of panicking.
macro_rules! say {
    ($($line:tt)*) => {
        $crate::cli::output::print_line(format_args!($($line)*))?
    };
}
pub(crate) use say;

/// Temporary files are private; what a user asked for is as readable as any other file.
fn set_usual_permissions(file: &fs::File) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        file.set_permissions(fs::Permissions::from_mode(0o644))?;
    }
    Ok(())
}
