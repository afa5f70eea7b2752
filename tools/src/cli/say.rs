//! Lines on standard output.

use anyhow::{Context, Result};
use std::{
    fmt,
    io::{self, ErrorKind, Write},
};

/// `println!` that returns its error instead of panicking.
macro_rules! say {
    ($($line:tt)*) => {
        $crate::cli::say::print_line(format_args!($($line)*))
    };
}
pub(crate) use say;

/// Prints a line. It is no error that the reader has seen enough and closed the pipe, as `head`
/// does.
///
/// # Errors
///
/// Standard output cannot be written to: it is a file on a full disk, for example.
pub fn print_line(line: fmt::Arguments<'_>) -> Result<()> {
    match writeln!(io::stdout(), "{line}") {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.context("cannot write to standard output"),
    }
}
