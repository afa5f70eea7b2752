//! Compiler taming: what keeps the code of a program small and its instructions few on a device.
//!
//! # The problem
//!
//! Shapes are const generics, so the compiler knows every length, and makes one copy of a function
//! for each shape: it inlines, specialises, and writes loops out. On a desktop that is speed; in
//! the flash of a microcontroller ten couplings would be ten copies. And at opt-level z it joins a
//! product and its sum to one VMLA (the bits are the same: VMLA rounds both), which takes three
//! cycles on a Cortex-M4F where VMUL and VADD take two.
//!
//! # The tools
//!
//! | tool | what it does | a use says |
//! | --- | --- | --- |
//! | `#[inline(never)]` | one function for each shape, or one at all | `one copy` |
//! | `#[inline(never)]` | what it keeps on the stack is gone when it returns | `own frame` |
//! | [`unspecialised`] | the callee does not learn lengths: one copy for all shapes | the name |
//! | [`keep_rolled`] | in the body of a loop: the loop is not unrolled | the name |
//! | [`rolled`] | a slice whose loop is not unrolled, above eight elements | the name |
//! | `black_box(T::ZERO)` | zeros are stored one by one, not by memset | `no memset` |
//! | a product that outlives its loop | VMUL and VADD, not VMLA | `no VMLA` |
//! | sixteen arguments | they lie in s0 to s15, so one VLDM loads them all | `one VLDM` |
//!
//! All but `#[inline(never)]` and the kernels' shape work on devices alone (`target_os = "none"`).
//! None changes a bit: each changes which instructions compute the same sums, in the same order.
//!
//! # What notices when one goes
//!
//! At opt-level 3, two tests of the repository that measure the README's figures again, within 2 %:
//! `tests/on_target.rs` (instructions and stack of the firmware) and `tools/tests/measure.rs` (code,
//! stack and instructions of five models). At s and z, where VMLA comes from, no test compares
//! figures: `tools/benches/cortex_m/table.py` prints them beside C. Bits are compared at every level
//! by `tests/on_target.rs`.

use core::hint::black_box;

/// In the body of a loop, keeps the compiler from unrolling it.
#[inline(always)]
pub(crate) fn keep_rolled() {
    if cfg!(target_os = "none") {
        black_box(());
    }
}

/// Hides a value from the optimiser, so that its callee is not specialised for each shape.
#[inline(always)]
pub(crate) fn unspecialised<T>(value: T) -> T {
    if cfg!(target_os = "none") { black_box(value) } else { value }
}

/// A slice to loop over: above eight elements its length is hidden, so that the loop is not
/// unrolled. Up to eight, unrolling takes no more code.
#[inline(always)]
pub(crate) fn rolled<T>(values: &mut [T]) -> &mut [T] {
    if values.len() > 8 { unspecialised(values) } else { values }
}
