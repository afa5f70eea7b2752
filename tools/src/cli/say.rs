//! Lines on standard output.

use crate::report::table::{Format, Table};
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

/// Prints a JSON object on one line, for other programs. Numbers that are not finite are null.
///
/// # Errors
///
/// As [`print_line`].
pub fn print_json(object: &serde_json::Value) -> Result<()> {
    say!("{object}")
}

/// Prints names and values, one pair a line; the names are padded to a width.
///
/// # Errors
///
/// As [`print_line`].
pub fn print_list(width: usize, lines: &[[String; 2]]) -> Result<()> {
    let list = Table::new(Format::Text).left("", width).left("", 0);
    lines.iter().try_for_each(|line| say!("{}", list.row(line)))
}

/// Words as a command, quoted for a shell.
pub fn quoted<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    // shlex refuses only words with a NUL, and no process can be given one.
    shlex::try_join(words).unwrap_or_default()
}
