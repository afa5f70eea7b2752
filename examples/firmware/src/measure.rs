//! What an evaluation costs: executed instructions and bytes of stack.

#![allow(unsafe_code)] // two blocks of assembly, and reading what one of them wrote

use core::{arch::asm, hint::black_box};
use cortex_m::peripheral::{SYST, syst::SystClkSource};

/// SysTick, and how many instructions a tick is.
pub struct Counter {
    ticks_of_known: u32,
}

/// The instructions of `known()`, but for a few.
const KNOWN: u32 = 2_000_000;

/// A loop of two instructions.
fn known() {
    // SAFETY: counts a register down.
    unsafe { asm!("2:", "subs {n}, {n}, #1", "bne 2b", n = inout(reg) KNOWN / 2 => _, options(nomem, nostack)) }
}

impl Counter {
    /// Starts SysTick and measures a loop of a known number of instructions.
    pub fn new(mut syst: SYST) -> Self {
        syst.set_clock_source(SystClkSource::Core);
        syst.set_reload(0x00ff_ffff);
        syst.clear_current();
        syst.enable_counter();
        while SYST::get_current() == 0 {}
        Counter { ticks_of_known: ticks(known) }
    }

    /// The instructions that `f` executes, where all of them take the same time, as in QEMU.
    pub fn instructions(&self, f: impl FnOnce()) -> u32 {
        (u64::from(ticks(f)) * u64::from(KNOWN) / u64::from(self.ticks_of_known)) as u32
    }
}

/// The ticks of SysTick that `f` takes, below 2^24: on most boards these are cycles of the core.
pub fn ticks(f: impl FnOnce()) -> u32 {
    let start = SYST::get_current();
    f();
    start.wrapping_sub(SYST::get_current()) & 0x00ff_ffff
}

/// The bytes of stack that `f` uses, up to 4 KiB: paints what is free below the stack pointer and looks where paint is left.
///
/// Not while interrupts are enabled, whose frames would count.
#[inline(never)]
pub fn stack_bytes(f: fn()) -> usize {
    const PAINT: u32 = 0xa5c3_5a3c;
    const WORDS: usize = 1024;
    let top: *const u32;
    // SAFETY: writes only below the stack pointer, where nothing lives, and memory.x leaves more than 4 KiB there.
    unsafe {
        asm!(
            "mov {top}, sp",
            "mov {to}, sp",
            "2:",
            "subs {to}, {to}, #4",
            "str {paint}, [{to}]",
            "subs {words}, {words}, #1",
            "bne 2b",
            top = out(reg) top,
            to = out(reg) _,
            paint = in(reg) PAINT,
            words = inout(reg) WORDS => _,
        );
    }
    black_box(f)();
    // SAFETY: reads the words that were painted.
    (1..=WORDS).rev().find(|&word| unsafe { top.sub(word).read_volatile() } != PAINT).map_or(0, |word| word * size_of::<u32>())
}
