//! Files to read: by their path, or standard input.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

/// The path that means standard input.
const STANDARD: &str = "-";

/// Whether a path means standard input.
pub fn is_standard(path: &Path) -> bool {
    path == Path::new(STANDARD)
}

/// Opens a file, or standard input where the path is `-`.
///
/// # Errors
///
/// The system cannot open it.
pub fn open(path: &Path) -> io::Result<File> {
    if is_standard(path) { standard().map(File::from) } else { File::open(path) }
}

/// Reads all bytes of a file, or of standard input where the path is `-`.
///
/// # Errors
///
/// The system cannot read it.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(unix)]
fn standard() -> io::Result<std::os::fd::OwnedFd> {
    std::os::fd::AsFd::as_fd(&io::stdin()).try_clone_to_owned()
}

#[cfg(windows)]
fn standard() -> io::Result<std::os::windows::io::OwnedHandle> {
    std::os::windows::io::AsHandle::as_handle(&io::stdin()).try_clone_to_owned()
}
