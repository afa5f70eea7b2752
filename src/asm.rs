//! Blocks of eight rows on Cortex-M4F, M7 and M33 in assembly, with the bits of [`crate::kernel`].
//!
//! What the compiler does not do by itself: one load for the weights of two columns and one for
//! four x, four columns in a loop.

#![allow(unsafe_code)]

use crate::kernel::{self, Layer, Rows, blocks};
use core::arch::naked_asm;

/// y = max(W x + b, floor).
#[inline(always)]
pub(crate) fn affine(layer: &Layer<'_, f32>, y: &mut [f32]) {
    blocks(layer, y, outer, eights);
}

#[inline(never)]
fn outer(column: &[f32], bias: &[f32], x: f32, y: &mut [f32], floor: f32) {
    let ((columns, column), (biases, bias), (blocks, y)) =
        (column.as_chunks(), bias.as_chunks(), y.as_chunks_mut());
    let count = columns.len().min(biases.len()).min(blocks.len());
    if count > 0 {
        // SAFETY: there are as many weights and biases as these blocks have.
        unsafe {
            outer_of_eight(columns.as_ptr(), biases.as_ptr(), blocks.as_mut_ptr(), count, x, floor)
        }
    }
    if !y.is_empty() {
        kernel::outer(column, bias, x, y, floor);
    }
}

#[inline(never)]
fn eights(rows: &mut Rows<'_, f32>) {
    let Rows { weight, x, bias, y, floor } = rows;
    let (y, _) = y.as_chunks_mut();
    let start = if bias.is_empty() { y.as_ptr() } else { bias.as_ptr().cast() };
    if !y.is_empty()
        && weight.len() >= 16 * x.len() * y.len()
        && (bias.is_empty() || bias.len() >= 8 * y.len())
    {
        // SAFETY: there are as many weights and biases as these blocks have.
        unsafe {
            blocks_of_eight(
                weight.as_ptr(),
                x.as_ptr(),
                x.len(),
                start,
                *floor,
                y.as_mut_ptr(),
                y.len(),
            )
        }
    }
}

/// The products of a column, weights from s$w on, and after them their sums: no instruction waits
/// for the one before.
macro_rules! column {
    ($x:literal, $($y:literal $w:literal),*) => {
        concat!(
            $("vmul.f32 s", $w, ", s", $w, ", s", $x, "\n",)*
            $("vadd.f32 s", $y, ", s", $y, ", s", $w, "\n",)*
        )
    };
}

/// Two columns: the sums are s0, ..., s7, the weights s8, ..., s23.
macro_rules! pair {
    ($x0:literal, $x1:literal) => {
        concat!(
            "vldmia r0!, {{s8-s23}}\n",
            column!($x0, 0 8, 1 9, 2 10, 3 11, 4 12, 5 13, 6 14, 7 15),
            column!($x1, 0 16, 1 17, 2 18, 3 19, 4 20, 5 21, 6 22, 7 23),
        )
    };
}

/// A sum below the floor becomes the floor; a NaN is not below anything.
macro_rules! raise {
    ($($y:literal),*) => {
        concat!($("vcmp.f32 s", $y, ", s28\n", "vmrs APSR_nzcv, fpscr\n", "it mi\n", "vmovmi.f32 s", $y, ", s28\n",)*)
    };
}

/// Blocks of eight rows of a single column.
#[unsafe(naked)]
unsafe extern "C" fn outer_of_eight(
    column: *const [f32; 8], // r0
    bias: *const [f32; 8],   // r1
    y: *mut [f32; 8],        // r2
    blocks: usize,           // r3, at least 1
    x: f32,                  // s0
    floor: f32,              // s1
) {
    naked_asm!(
        ".fpu fpv4-sp-d16",
        "vpush {{s28-s29}}",
        "vmov.f32 s29, s0",
        "vmov.f32 s28, s1",
        "1:",
        "vldmia r1!, {{s0-s7}}",
        "vldmia r0!, {{s8-s15}}",
        column!(29, 0 8, 1 9, 2 10, 3 11, 4 12, 5 13, 6 14, 7 15),
        raise!(0, 1, 2, 3, 4, 5, 6, 7),
        "vstmia r2!, {{s0-s7}}",
        "subs r3, #1",
        "bne 1b",
        "vpop {{s28-s29}}",
        "bx lr",
    )
}

/// Blocks of eight rows, one after the other, whose sums start at `start`.
#[unsafe(naked)]
unsafe extern "C" fn blocks_of_eight(
    weight: *const f32,     // r0
    x: *const [f32; 2],     // r1
    pairs: usize,           // r2
    start: *const [f32; 8], // r3
    floor: f32,             // s0
    y: *mut [f32; 8],       // on the stack
    blocks: usize,          // on the stack, at least 1
) {
    naked_asm!(
        ".fpu fpv4-sp-d16",
        "push {{r4, r5, r6, r7, r8, lr}}",
        "ldrd r4, r5, [sp, #24]",
        "vpush {{s16-s28}}",
        "vmov.f32 s28, s0",
        "lsr r8, r2, #1",
        "1:", // a block
        "vldmia r3!, {{s0-s7}}",
        "mov r6, r1",
        "movs r7, r8",
        "beq 3f",
        "2:", // four columns at a time
        "vldmia r6!, {{s24-s27}}",
        concat!(pair!(24, 25), pair!(26, 27)),
        "subs r7, #1",
        "bne 2b",
        "3:",
        "tst r2, #1",
        "beq 4f",
        "vldmia r6!, {{s24-s25}}", // the two that may be left
        pair!(24, 25),
        "4:",
        raise!(0, 1, 2, 3, 4, 5, 6, 7),
        "vstmia r4!, {{s0-s7}}",
        "subs r5, #1",
        "bne 1b",
        "vpop {{s16-s28}}",
        "pop {{r4, r5, r6, r7, r8, pc}}",
    )
}
