//! What an evaluation costs: executed instructions and bytes of stack.

#![allow(unsafe_code)] // blocks of assembly, and reading what one of them wrote

use core::hint::black_box;

/// Counts instructions by the clock of the core.
pub struct Counter {
    /// How many ticks the known number of instructions takes.
    ticks_of_known: u32,
}

/// How many instructions the loop has that the clock is compared with.
const KNOWN: u32 = 2_000_000;

impl Counter {
    /// Starts the clock and measures a loop of a known number of instructions.
    pub fn start() -> Self {
        on_core::start();
        Counter { ticks_of_known: ticks(|| on_core::count_down(KNOWN / 2)) }
    }

    /// How many instructions `f` executes. On a core, unlike in QEMU, instructions take different
    /// times: use [`ticks`].
    pub fn instructions(&self, f: impl FnOnce()) -> u32 {
        (u64::from(ticks(f)) * u64::from(KNOWN) / u64::from(self.ticks_of_known)) as u32
    }
}

/// The ticks of the clock while `f` runs: on most boards cycles of the core. At most 2^24 on a
/// Cortex-M, then it starts again at zero.
pub fn ticks(f: impl FnOnce()) -> u32 {
    let start = on_core::now();
    f();
    on_core::now().wrapping_sub(start) & on_core::MASK
}

/// The bytes of stack that `f` uses, at most those of `words` words. Writes a pattern below the
/// stack pointer, calls `f`, and finds the last word that has changed.
///
/// Interrupts must be disabled, or their frames count too.
#[inline(never)]
pub fn stack_bytes(words: usize, f: &mut dyn FnMut()) -> usize {
    const PAINT: u32 = 0xa5c3_5a3c;
    // SAFETY: the caller has this much memory below the stack pointer, and nothing lives there.
    let top = unsafe { on_core::paint(PAINT, words) };
    black_box(f)();
    // SAFETY: reads the words that were painted.
    (1..=words)
        .rev()
        .find(|&word| unsafe { top.sub(word).read_volatile() } != PAINT)
        .map_or(0, |word| word * size_of::<u32>())
}

#[cfg(target_arch = "arm")]
mod on_core {
    use core::arch::asm;
    use cortex_m::peripheral::{Peripherals, SYST, syst::SystClkSource};

    /// The bits that SysTick counts.
    pub const MASK: u32 = 0x00ff_ffff;

    /// Starts SysTick.
    pub fn start() {
        // SAFETY: nothing else in this program uses SysTick.
        let mut syst = unsafe { Peripherals::steal() }.SYST;
        syst.set_clock_source(SystClkSource::Core);
        syst.set_reload(MASK);
        syst.clear_current();
        syst.enable_counter();
        while SYST::get_current() == 0 {}
    }

    /// The ticks so far. SysTick counts down.
    pub fn now() -> u32 {
        SYST::get_current().wrapping_neg()
    }

    /// Executes `2 * n` instructions.
    pub fn count_down(n: u32) {
        // SAFETY: counts a register down.
        unsafe {
            asm!("2:", "subs {n}, {n}, #1", "bne 2b", n = inout(reg) n => _, options(nomem, nostack))
        }
    }

    /// Writes `paint` to words below the stack pointer, and returns the stack pointer.
    #[inline(always)]
    pub unsafe fn paint(paint: u32, words: usize) -> *const u32 {
        let top;
        // SAFETY: the caller says that nothing lives there.
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
                paint = in(reg) paint,
                words = inout(reg) words => _,
            );
        }
        top
    }
}

#[cfg(target_arch = "riscv32")]
mod on_core {
    use core::arch::asm;

    /// The bits of the counter that are read.
    pub const MASK: u32 = u32::MAX;

    /// Nothing: the counter of instructions runs from reset on.
    pub fn start() {}

    /// The instructions so far.
    pub fn now() -> u32 {
        let now;
        // SAFETY: reads a counter.
        unsafe { asm!("csrr {now}, minstret", now = out(reg) now, options(nomem, nostack)) }
        now
    }

    /// Executes `2 * n` instructions.
    pub fn count_down(n: u32) {
        // SAFETY: counts a register down.
        unsafe {
            asm!("2:", "addi {n}, {n}, -1", "bnez {n}, 2b", n = inout(reg) n => _, options(nomem, nostack))
        }
    }

    /// Writes `paint` to words below the stack pointer, and returns the stack pointer.
    #[inline(always)]
    pub unsafe fn paint(paint: u32, words: usize) -> *const u32 {
        let top;
        // SAFETY: the caller says that nothing lives there.
        unsafe {
            asm!(
                "mv {top}, sp",
                "mv {to}, sp",
                "2:",
                "addi {to}, {to}, -4",
                "sw {paint}, 0({to})",
                "addi {words}, {words}, -1",
                "bnez {words}, 2b",
                top = out(reg) top,
                to = out(reg) _,
                paint = in(reg) paint,
                words = inout(reg) words => _,
            );
        }
        top
    }
}
