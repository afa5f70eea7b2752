//! Prints the bits of every map of several models, or digests of these bits. tests/on_target.rs
//! compares them with those of the host.

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
    let [from, to, block] =
        [env!("COUPLET_FROM"), env!("COUPLET_TO"), env!("COUPLET_BLOCK")].map(number);
    let out = &mut Lines { stdout: io::stdout().expect("a debugger listens"), line: String::new() };
    if block > 0 { bits::digests(to, block, out) } else { bits::report(from..to, out) }
        .expect("lines fit and arrive");
    process::exit(0)
}

fn number(text: &str) -> u32 {
    text.parse().expect("COUPLET_FROM, COUPLET_TO and COUPLET_BLOCK are numbers")
}

/// Sends whole lines, since each transfer stops the processor.
struct Lines {
    stdout: Stdout,
    line: String<1024>,
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
