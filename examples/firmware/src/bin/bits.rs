//! Prints the bits of every map of several models, for tests/on_target.rs.

#![no_std]
#![no_main]

#[path = "../bits.rs"]
mod bits;
#[path = "../panic.rs"]
mod panic;

use core::fmt::{Error, Result, Write};
use cortex_m_rt::entry;
use cortex_m_semihosting::{debug, hio};
use heapless::String;

#[entry]
fn main() -> ! {
    let points = env!("COUPLET_POINTS").parse().expect("COUPLET_POINTS is a number");
    let stdout = hio::hstdout().expect("a debugger listens");
    bits::report(points, &mut Lines { stdout, line: String::new() }).expect("lines fit and arrive");
    loop {
        debug::exit(debug::EXIT_SUCCESS);
    }
}

/// Sends whole lines: each transfer stops the processor.
struct Lines {
    stdout: hio::HostStream,
    line: String<512>,
}

impl Write for Lines {
    fn write_str(&mut self, text: &str) -> Result {
        self.line.push_str(text).map_err(|_| Error)?;
        if text.ends_with('\n') {
            self.stdout.write_str(&self.line)?;
            self.line.clear();
        }
        Ok(())
    }
}
