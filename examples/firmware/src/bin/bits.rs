//! Prints the bits of every map of several models, for tests/on_target.rs.

#![no_std]
#![no_main]

#[path = "../bits.rs"]
mod bits;

use core::fmt::{Error, Result, Write};
use heapless::String;
use rt::entry;
use semihosting::{
    io::{self, Stdout, Write as _},
    process,
};

#[entry]
fn main() -> ! {
    let points = env!("COUPLET_POINTS").parse().expect("COUPLET_POINTS is a number");
    let stdout = io::stdout().expect("a debugger listens");
    bits::report(points, &mut Lines { stdout, line: String::new() }).expect("lines fit and arrive");
    process::exit(0)
}

/// Sends whole lines: each transfer stops the processor.
struct Lines {
    stdout: Stdout,
    line: String<512>,
}

impl Write for Lines {
    fn write_str(&mut self, text: &str) -> Result {
        self.line.push_str(text).map_err(|_| Error)?;
        if text.ends_with('\n') {
            self.stdout.write_all(self.line.as_bytes()).map_err(|_| Error)?;
            self.line.clear();
        }
        Ok(())
    }
}
