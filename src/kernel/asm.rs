//! The kernel for Cortex-M4F, M7 and M33 in assembly: blocks of eight rows, with the bits of the
//! other kernels.
//!
//! It does what the compiler does not: one load for the weights of two columns and one for four x,
//! four columns in an iteration.

#![allow(unsafe_code)] // raw pointers for the two functions in assembly

use super::{
    Layer,
    blocks::{self, Tile, walk},
};
use core::arch::naked_asm;

/// y = max(W x + b, floor).
#[inline(always)]
pub(super) fn dense(layer: &Layer<'_, f32>, y: &mut [f32]) {
    walk(layer, y, outer, eights);
}

/// y = max(w x + b, floor), where w is a single column.
#[inline(never)] // one copy
fn outer(column: &[f32], bias: &[f32], x: f32, y: &mut [f32], floor: f32) {
    let (column_blocks, column_tail) = column.as_chunks();
    let (bias_blocks, bias_tail) = bias.as_chunks();
    let (y_blocks, y_tail) = y.as_chunks_mut();
    let count = column_blocks.len().min(bias_blocks.len()).min(y_blocks.len());
    if count > 0 {
        // SAFETY: there are as many weights and biases as these blocks have.
        unsafe {
            outer_of_eight(
                column_blocks.as_ptr(),
                bias_blocks.as_ptr(),
                y_blocks.as_mut_ptr(),
                count,
                x,
                floor,
            )
        }
    }
    if !y_tail.is_empty() {
        blocks::outer(column_tail, bias_tail, x, y_tail, floor);
    }
}

/// Blocks of eight rows.
#[inline(never)] // one copy
fn eights(tile: &mut Tile<'_, f32>) {
    let Tile { weight, x, bias, y, floor } = tile;
    let (y_blocks, _) = y.as_chunks_mut();
    let start = if bias.is_empty() { y_blocks.as_ptr() } else { bias.as_ptr().cast() };
    if !y_blocks.is_empty()
        && weight.len() >= 16 * x.len() * y_blocks.len()
        && (bias.is_empty() || bias.len() >= 8 * y_blocks.len())
    {
        // SAFETY: there are as many weights and biases as these blocks have.
        unsafe {
            blocks_of_eight(
                weight.as_ptr(),
                x.as_ptr(),
                x.len(),
                start,
                *floor,
                y_blocks.as_mut_ptr(),
                y_blocks.len(),
            )
        }
    }
}

/// Eight products of a column, with the weights in s$w, then the eight sums that add them: no
/// instruction waits for the one before.
macro_rules! column {
    ($x:literal, $($y:literal $w:literal),*) => {
        concat!(
            $("vmul.f32 s", $w, ", s", $w, ", s", $x, "\n",)*
            $("vadd.f32 s", $y, ", s", $y, ", s", $w, "\n",)*
        )
    };
}

/// Loads and adds a pair of columns: sums in s0 to s7, weights in s8 to s23.
macro_rules! pair {
    ($x0:literal, $x1:literal) => {
        concat!(
            "vldmia r0!, {{s8-s23}}\n",
            column!($x0, 0 8, 1 9, 2 10, 3 11, 4 12, 5 13, 6 14, 7 15),
            column!($x1, 0 16, 1 17, 2 18, 3 19, 4 20, 5 21, 6 22, 7 23),
        )
    };
}

/// Raises sums below the floor, s28, to it. A NaN is not below anything and stays.
macro_rules! raise {
    ($($y:literal),*) => {
        concat!($(
            "vcmp.f32 s", $y, ", s28\n", "vmrs APSR_nzcv, fpscr\n",
            "it mi\n", "vmovmi.f32 s", $y, ", s28\n",
        )*)
    };
}

/// Blocks of eight rows of a single column: y = max(column x + bias, floor).
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

/// Blocks of eight rows, one after the other, of pairs of columns; sums start at `start`.
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
        "1:", // for each block
        "vldmia r3!, {{s0-s7}}",
        "mov r6, r1",
        "movs r7, r8",
        "beq 3f",
        "2:", // for each four columns
        "vldmia r6!, {{s24-s27}}",
        concat!(pair!(24, 25), pair!(26, 27)),
        "subs r7, #1",
        "bne 2b",
        "3:",
        "tst r2, #1",
        "beq 4f",
        "vldmia r6!, {{s24-s25}}", // the pair that is left, if any
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
