//! Signals that ask the process to end, so that a training can stop between two steps.

use anyhow::{Context, Result};
use signal_hook::{
    consts::{SIGINT, SIGTERM},
    flag,
};
use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

/// Listens for SIGINT (Ctrl-C) and SIGTERM. The first one is recorded; a second one ends the
/// process at once.
#[derive(Debug)]
pub struct Interrupt {
    exit_code: Arc<AtomicUsize>,
}

impl Interrupt {
    /// Starts to listen.
    ///
    /// # Errors
    ///
    /// The system refuses the signal handlers.
    pub fn listen() -> Result<Self> {
        let interrupted = Arc::new(AtomicBool::new(false));
        let interrupt = Interrupt { exit_code: Arc::default() };
        for signal in [SIGINT, SIGTERM] {
            let exit_code = 128 + signal;
            // The order matters: a signal that finds the flag set is the second one.
            flag::register_conditional_shutdown(signal, exit_code, Arc::clone(&interrupted))
                .and_then(|_| flag::register(signal, Arc::clone(&interrupted)))
                .and_then(|_| {
                    flag::register_usize(
                        signal,
                        Arc::clone(&interrupt.exit_code),
                        exit_code as usize,
                    )
                })
                .context("cannot listen for Ctrl-C")?;
        }
        Ok(interrupt)
    }

    /// The exit code of a process that ends because of the signal: 128 plus the signal's number, as
    /// shells have it. `None` while there was no signal.
    pub fn exit_code(&self) -> Option<u8> {
        u8::try_from(self.exit_code.load(Ordering::Relaxed)).ok().filter(|&code| code > 0)
    }
}
