//! The dense kernels of Cortex-M4F, M7 and M33 in assembly, with the bits of the safe one.
//!
//! What the compiler does not do by itself: sixteen rows side by side without spilling sums to the stack.

#![allow(unsafe_code)]

use crate::kernel;
use core::arch::naked_asm;

/// y = max(W x + b, floor), see [`crate::kernel`], in blocks of sixteen, eight, four and single rows.
#[inline(never)]
pub(crate) fn affine<const OUT: usize>(weight: &[[f32; OUT]], bias: &[f32; OUT], x: &[f32], y: &mut [f32; OUT], floor: f32) {
    let columns = weight.len().min(x.len());
    macro_rules! run {
        ($blocks:ident, $from:expr) => {
            let from = $from;
            let (blocks, _) = y.get_mut(from..).unwrap_or_default().as_chunks_mut();
            if !blocks.is_empty() {
                // SAFETY: the rows of these blocks lie in b, and in each of the columns of W.
                unsafe {
                    let (weight, bias) = (weight.as_flattened().as_ptr().add(from), bias.as_ptr().add(from));
                    $blocks(weight, size_of::<[f32; OUT]>(), x.as_ptr(), columns, floor, bias, blocks.as_mut_ptr(), blocks.len());
                }
            }
        };
    }
    run!(sixteens, 0);
    run!(eights, OUT - OUT % 16);
    run!(fours, OUT - OUT % 8);
    run!(ones, OUT - OUT % 4);
}

/// Weights of a column times x, added to the sums: one load, and no instruction waits for the one before.
macro_rules! add {
    ($weights:literal, $x:literal, $($y:literal $w:literal),*) => {
        concat!(
            "vldmia r7!, {{", $weights, "}}\n",
            $("vmul.f32 s", $w, ", s", $w, ", s", $x, "\n",)*
            $("vadd.f32 s", $y, ", s", $y, ", s", $w, "\n",)*
        )
    };
}

/// The sums are s0, ..., the weights s16, ...; r7 steps from column to column.
macro_rules! column {
    (1, $x:literal) => {
        concat!(add!("s16", $x, 0 16), "add r7, r1\n")
    };
    (4, $x:literal) => {
        concat!(add!("s16-s19", $x, 0 16, 1 17, 2 18, 3 19), "add r7, r1\n")
    };
    (8, $x:literal) => {
        concat!(add!("s16-s23", $x, 0 16, 1 17, 2 18, 3 19, 4 20, 5 21, 6 22, 7 23), "add r7, r1\n")
    };
    (16, $x:literal) => {
        concat!(
            add!("s16-s23", $x, 0 16, 1 17, 2 18, 3 19, 4 20, 5 21, 6 22, 7 23),
            add!("s16-s23", $x, 8 16, 9 17, 10 18, 11 19, 12 20, 13 21, 14 22, 15 23),
            "add r7, r1\n"
        )
    };
}

/// A sum below the floor becomes the floor; a NaN is not below anything.
macro_rules! raise {
    ($($y:literal),*) => {
        concat!($("vcmp.f32 s", $y, ", s16\n", "vmrs APSR_nzcv, fpscr\n", "it mi\n", "vmovmi.f32 s", $y, ", s16\n",)*)
    };
}

macro_rules! blocks {
    ($name:ident, $rows:tt, $sums:literal, $bytes:literal, $($y:literal),*) => {
        /// Blocks of rows, one after the other: `weight` and `bias` are those of the first row, `stride` the bytes of a column.
        #[unsafe(naked)]
        unsafe extern "C" fn $name(
            weight: *const f32,      // r0
            stride: usize,           // r1
            x: *const f32,           // r2
            columns: usize,          // r3
            floor: f32,              // s0
            bias: *const f32,        // on the stack
            y: *mut [f32; $rows],    // on the stack
            blocks: usize,           // on the stack, at least 1
        ) {
            naked_asm!(
                ".fpu fpv4-sp-d16",
                "push {{r4, r5, r6, r7, r8, r9, r10, lr}}",
                "add r12, sp, #32",
                "ldm r12, {{r4, r5, r6}}",
                "vpush {{s16-s31}}",
                "vmov r10, s0",
                concat!("sub r1, #", $bytes), // what vldmia has stepped
                "lsr r8, r3, #2",
                "and r9, r3, #3",
                "1:", // a block
                concat!("vldmia r4!, {{", $sums, "}}"),
                "mov r7, r0",
                "mov r12, r2",
                "movs r3, r8",
                "beq 3f",
                "2:", // four columns at a time
                "vldmia r12!, {{s28-s31}}",
                concat!(column!($rows, 28), column!($rows, 29), column!($rows, 30), column!($rows, 31)),
                "subs r3, #1",
                "bne 2b",
                "3:",
                "movs r3, r9",
                "beq 5f",
                "4:", // those that are left
                "vldmia r12!, {{s28}}",
                column!($rows, 28),
                "subs r3, #1",
                "bne 4b",
                "5:",
                "vmov s16, r10",
                raise!($($y),*),
                concat!("vstmia r5!, {{", $sums, "}}"),
                concat!("add r0, #", $bytes),
                "subs r6, #1",
                "bne 1b",
                "vpop {{s16-s31}}",
                "pop {{r4, r5, r6, r7, r8, r9, r10, pc}}",
            )
        }
    };
}
blocks!(ones, 1, "s0", 4, 0);
blocks!(fours, 4, "s0-s3", 16, 0, 1, 2, 3);
blocks!(eights, 8, "s0-s7", 32, 0, 1, 2, 3, 4, 5, 6, 7);
blocks!(sixteens, 16, "s0-s15", 64, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);

/// Two layers of the same input, see [`kernel::side_by_side`]: in assembly if each has one row.
#[inline(always)]
pub(crate) fn side_by_side<const OUT: usize>(
    [v, w]: [&[[f32; OUT]]; 2],
    [a, b]: [&[f32; OUT]; 2],
    x: &[f32],
    [y, z]: [&mut [f32; OUT]; 2],
) {
    let ([y], [z], [a], [b]) = (&mut y[..], &mut z[..], &a[..], &b[..]) else {
        return kernel::side_by_side([v, w], [a, b], x, [y, z]);
    };
    let columns = v.len().min(w.len()).min(x.len());
    let (v, w) = (v.as_flattened().as_ptr(), w.as_flattened().as_ptr());
    let mut sums = [*a, *b];
    // SAFETY: v, w and x have so many elements.
    unsafe { two_rows(v, w, x.as_ptr(), columns, &mut sums) }
    [*y, *z] = sums;
}

/// The products of a column.
macro_rules! scale {
    ($x:literal, $v:literal, $w:literal) => {
        concat!("vmul.f32 s", $v, ", s", $v, ", s", $x, "\n", "vmul.f32 s", $w, ", s", $w, ", s", $x, "\n")
    };
}

/// Added to the sums s0 and s1.
macro_rules! sum {
    ($v:literal, $w:literal) => {
        concat!("vadd.f32 s0, s0, s", $v, "\n", "vadd.f32 s1, s1, s", $w, "\n")
    };
}

#[unsafe(naked)]
unsafe extern "C" fn two_rows(
    v: *const f32,       // r0
    w: *const f32,       // r1
    x: *const f32,       // r2
    columns: usize,      // r3
    sums: &mut [f32; 2], // on the stack
) {
    naked_asm!(
        ".fpu fpv4-sp-d16",
        "push {{r4, lr}}",
        "ldr r12, [sp, #8]",
        "vldmia r12, {{s0-s1}}",
        "lsrs r4, r3, #2",
        "beq 3f",
        "2:", // four columns at a time
        "vldmia r2!, {{s4-s7}}",
        "vldmia r0!, {{s8-s11}}",
        "vldmia r1!, {{s12-s15}}",
        concat!(scale!(4, 8, 12), scale!(5, 9, 13), scale!(6, 10, 14), scale!(7, 11, 15)),
        concat!(sum!(8, 12), sum!(9, 13), sum!(10, 14), sum!(11, 15)),
        "subs r4, #1",
        "bne 2b",
        "3:",
        "ands r3, r3, #3",
        "beq 5f",
        "4:", // those that are left
        "vldmia r2!, {{s4}}",
        "vldmia r0!, {{s8}}",
        "vldmia r1!, {{s12}}",
        concat!(scale!(4, 8, 12), sum!(8, 12)),
        "subs r3, #1",
        "bne 4b",
        "5:",
        "vstmia r12, {{s0-s1}}",
        "pop {{r4, pc}}",
    )
}
