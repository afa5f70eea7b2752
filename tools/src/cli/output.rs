//! Files that are written whole or not at all, and streams.

use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, Read, Seek, Write},
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
/// If the path is a symbolic link, the file that it leads to is replaced. A pipe or a device is
/// written to and not replaced; so is whatever standard output leads to, by the name `-` or
/// `/dev/stdout`. A reader that has seen enough of a stream and closes it, as `head` does, is no
/// error.
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
    /// Standard output, which is written to.
    Standard,
}

/// The path that means standard input or standard output.
pub const STANDARD: &str = "-";

/// Other names of standard output.
const STANDARD_OUTPUT: [&str; 3] = ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"];

/// Whether a path names standard output.
pub fn is_standard_output(path: &Path) -> bool {
    path == Path::new(STANDARD) || STANDARD_OUTPUT.iter().any(|name| path == Path::new(name))
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
            _ if is_standard_output(path) => Place::Standard,
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
        let replaces = path.is_file() && !is_standard_output(path);
        if replaces && !fs::read(path).is_ok_and(|bytes| bytes.is_empty() || ours(&bytes)) {
            bail!("{} exists and couplet did not write it: {hint}", path.display());
        }
        Output::create(path)
    }

    /// Like [`Output::create`], for what is no model: refuses to replace one.
    ///
    /// # Errors
    ///
    /// As [`Output::create`]; or a model is there.
    pub fn create_beside_models(path: &Path) -> Result<Self> {
        keep_models(path)?;
        Output::create(path)
    }

    /// The path of the file, links resolved; `None` for a pipe or a device.
    pub fn file(&self) -> Option<&Path> {
        match &self.place {
            Place::File(target) => Some(target),
            Place::Through(_) | Place::Standard => None,
        }
    }

    /// Writes the bytes and renames the file to its path.
    ///
    /// # Errors
    ///
    /// The path, and why it could not be written; then an old file is as it was.
    pub fn write(&self, bytes: &[u8]) -> Result<()> {
        self.write_by(|sink| Ok(sink.write_all(bytes)?))
    }

    /// Lets a function write the bytes piece by piece, then renames the file to its path.
    ///
    /// # Errors
    ///
    /// As [`Output::write`], or what the function returns; then too an old file is as it was.
    pub fn write_by(&self, write: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<()> {
        match &self.place {
            Place::Through(file) => self.stream(file, write),
            Place::Standard => self.stream(io::stdout().lock(), write),
            Place::File(target) => self.replace(target, write),
        }
    }

    /// Replaces a file, or writes it in place where it cannot be replaced.
    fn replace(
        &self,
        target: &Path,
        write: impl FnOnce(&mut dyn Write) -> Result<()>,
    ) -> Result<()> {
        let context = || format!("cannot write {}", self.path.display());
        let there = fs::metadata(target).ok();
        let file = match temporary(folder(target)) {
            Err(_) if there.is_some() => {
                // What is there stays until all is known.
                let mut file = tempfile::tempfile().with_context(context)?;
                self.fill(&file, write)?;
                return copy(&mut file, target).with_context(context);
            }
            file => file.with_context(context)?,
        };
        self.fill(file.as_file(), write)?;
        if let Some(there) = &there {
            file.as_file().set_permissions(there.permissions()).with_context(context)?;
        }
        file.as_file().sync_all().with_context(context)?;
        match file.persist(target) {
            Err(mut refused) if there.is_some() => {
                copy(refused.file.as_file_mut(), target).with_context(context)?;
            }
            file => {
                file.with_context(context)?;
                sync_folder(folder(target));
            }
        }
        Ok(())
    }

    /// Writes to a stream, until its reader closes it.
    fn stream(
        &self,
        stream: impl Write,
        write: impl FnOnce(&mut dyn Write) -> Result<()>,
    ) -> Result<()> {
        match self.fill(stream, write) {
            Err(error) if is_closed(&error) => Ok(()),
            written => written,
        }
    }

    fn fill(
        &self,
        file: impl Write,
        write: impl FnOnce(&mut dyn Write) -> Result<()>,
    ) -> Result<()> {
        let mut buffered = BufWriter::with_capacity(BUFFER, Named { file, path: &self.path });
        write(&mut buffered)?;
        Ok(buffered.flush()?)
    }
}

/// Makes sure that a file can be written, and leaves everything as it is.
fn try_to_write(target: &Path) -> io::Result<()> {
    if target.exists() {
        // If a temporary file is refused, this file is written in place.
        return OpenOptions::new().write(true).open(target).map(drop);
    }
    let folder = folder(target);
    if !folder.is_dir() {
        let message = format!("there is no folder {}", folder.display());
        return Err(io::Error::new(io::ErrorKind::NotFound, message));
    }
    temporary(folder)?;
    match fs::symlink_metadata(target) {
        // The name may be too long, though a temporary one is not.
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        // Nothing is there, or a link that leads nowhere and will be replaced.
        _ => Ok(()),
    }
}

/// The size of a buffer in bytes.
const BUFFER: usize = 1 << 16;

/// A writer whose errors say which file cannot be written.
struct Named<'a, W> {
    file: W,
    path: &'a Path,
}

impl<W: Write> Named<'_, W> {
    fn name<T>(&self, written: io::Result<T>) -> io::Result<T> {
        written.map_err(|error| {
            let name = match self.path.display().to_string() {
                name if name == STANDARD => "to standard output".into(),
                name => name,
            };
            io::Error::new(error.kind(), format!("cannot write {name}: {error}"))
        })
    }
}

impl<W: Write> Write for Named<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes);
        self.name(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        let flushed = self.file.flush();
        self.name(flushed)
    }
}

/// Whether the reader of a stream has closed it.
fn is_closed(error: &anyhow::Error) -> bool {
    let kind = match error.root_cause().downcast_ref::<csv::Error>().map(csv::Error::kind) {
        Some(csv::ErrorKind::Io(error)) => Some(error.kind()),
        _ => error.root_cause().downcast_ref::<io::Error>().map(io::Error::kind),
    };
    kind == Some(io::ErrorKind::BrokenPipe)
}

/// Writes the bytes of a temporary file into the file that it could not replace.
fn copy(temporary: &mut File, target: &Path) -> io::Result<()> {
    temporary.rewind()?;
    let mut file = OpenOptions::new().write(true).truncate(true).open(target)?;
    io::copy(temporary, &mut file)?;
    file.sync_all()
}

/// Whether two paths, where there may be no files yet, lead to one place.
pub fn are_same(a: &Path, b: &Path) -> bool {
    let place = |path: &Path| {
        Some((fs::canonicalize(folder(path)).ok()?, path.file_name()?.to_os_string()))
    };
    a == b || place(a).is_some_and(|a| place(b) == Some(a))
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

/// The longest header of a model file in bytes: it has a few hundred for each tensor.
const LONGEST_HEADER: u64 = 1 << 24;

/// Whether a file that begins with these bytes is a model of couplet, of whatever format. Its header
/// is among them.
pub fn is_model(bytes: &[u8]) -> bool {
    let header = || -> Option<Value> {
        let (length, rest) = bytes.split_first_chunk()?;
        let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
        serde_json::from_slice(rest.get(..length)?).ok()
    };
    header().is_some_and(|header| header["__metadata__"].get("couplet").is_some())
}

/// Refuses an output that would replace a model.
///
/// # Errors
///
/// The output, if a model is there.
pub fn keep_models(output: &Path) -> Result<()> {
    // The header alone, which begins with its length: the file may be long.
    let start = || -> io::Result<Vec<u8>> {
        let mut file = File::open(output)?;
        let mut length = [0; 8];
        file.read_exact(&mut length)?;
        let mut bytes = length.to_vec();
        file.take(u64::from_le_bytes(length).min(LONGEST_HEADER)).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    if output.is_file() && start().is_ok_and(|bytes| is_model(&bytes)) {
        bail!("cannot write {}: it is a model; choose another path", output.display());
    }
    Ok(())
}

/// Refuses an output that is one of the inputs, even by another path.
///
/// # Errors
///
/// The output, if writing it would replace an input.
pub fn keep_inputs(inputs: &[&Path], output: &Path) -> Result<()> {
    let output = if is_standard_output(output) { Path::new(STANDARD_OUTPUT[0]) } else { output };
    if let Ok(place) = fs::canonicalize(output)
        && place.is_file()
        && inputs.iter().any(|input| fs::canonicalize(input).is_ok_and(|input| input == place))
    {
        bail!("cannot write {}: it is the input; choose another path with -o", output.display());
    }
    Ok(())
}
