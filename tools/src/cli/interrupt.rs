//! Ctrl-C and the request to end, so that long work can stop between two of its steps.

use anyhow::{Context, Result};
use signal_hook::{
    consts::{SIGINT, SIGTERM},
    flag,
};
use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

/// Listens for SIGINT (Ctrl-C) and SIGTERM. The first one is taken note of; a second one ends the
/// process at once.
#[derive(Debug)]
pub struct Interrupt {
    exit_code: Arc<AtomicUsize>,
}

impl Interrupt {
    /// From now on.
    ///
    /// # Errors
    ///
    /// The system does not let a process listen.
    pub fn listen() -> Result<Self> {
        let interrupted = Arc::new(AtomicBool::new(false));
        let interrupt = Interrupt { exit_code: Arc::default() };
        for signal in [SIGINT, SIGTERM] {
            let exit_code = 128 + signal;
            // In this order: a signal that finds the flag set is the second one.
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

    /// What the process is to end with, as a shell counts: 128 and the signal's number; none as
    /// long as there was no signal.
    pub fn exit_code(&self) -> Option<u8> {
        u8::try_from(self.exit_code.load(Ordering::Relaxed)).ok().filter(|&code| code > 0)
    }
}
