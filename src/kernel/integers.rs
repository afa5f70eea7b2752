//! The kernel of integer layers: sums of 8-bit weights times 15-bit activations in 32 bits.
//!
//! Integer sums have no order, so every kernel has the same bits. Weights lie as w + 128, since a
//! Cortex-M0 loads bytes without a sign at an offset; 128 times the sum of the activations is
//! subtracted in return. About half of the activations behind a relu are 0: they are skipped.
//!
//! Sums wrap on the way, and are right at the end: a layer asserts that its sums fit 32 bits.

use super::codegen::{keep_rolled, unspecialised};
use crate::Fixed;

/// Whether the loop over a block of four rows has just enough registers for itself: Armv7-M and later
/// have them, and atomic instructions, by which the compiler tells them from Armv6-M.
const MANY_REGISTERS: bool = cfg!(all(target_arch = "arm", target_has_atomic = "32"));

/// An integer layer with its input.
#[derive(Clone, Copy, Debug)]
pub struct IntegerLayer<'a> {
    /// W + 128, in the order of [`super::quads`].
    pub weight: &'a [u8],
    /// b, one for each row of W.
    pub bias: &'a [i32],
    /// The input, one for each column of W, from 0 to 2^15 - 1.
    pub x: &'a [u16],
    /// The sum of the input.
    pub sum: i32,
    /// What divides the outputs by a power of 2.
    pub shift: u8,
}

/// What a layer makes of a sum: an activation, or the sum itself for a head.
pub trait Outcome: Copy {
    /// From a sum.
    fn of(sum: i32, shift: u8) -> Self;
    /// What it adds to the sum of a layer's outputs.
    fn size(self) -> i32;
}

impl Outcome for u16 {
    /// clamp(sum >> shift, 0, 2^15 - 1).
    #[inline(always)]
    fn of(sum: i32, shift: u8) -> u16 {
        (sum >> (shift & 31)).clamp(0, (1 << 15) - 1) as u16
    }

    #[inline(always)]
    fn size(self) -> i32 {
        self.into()
    }
}

impl Outcome for Fixed {
    #[inline(always)]
    fn of(sum: i32, _: u8) -> Fixed {
        Fixed::from_bits(sum)
    }

    #[inline(always)]
    fn size(self) -> i32 {
        0
    }
}

/// Writes the outcome of W x + b of each row, and returns their sum.
#[inline(never)] // one copy
pub fn integers<Y: Outcome>(layer: &IntegerLayer<'_>, y: &mut [Y]) -> i32 {
    let IntegerLayer { mut weight, bias, x, sum, shift } = *unspecialised(layer);
    let y = unspecialised(y);
    let offset = sum.wrapping_mul(128);
    let mut total = 0_i32;
    let (y_fours, y_tail) = y.as_chunks_mut::<4>();
    let (bias_fours, bias_tail) = bias.as_chunks::<4>();
    for (y, bias) in y_fours.iter_mut().zip(bias_fours) {
        let Some((block, rest)) = weight.split_at_checked(4 * x.len()) else { break };
        weight = rest;
        let sums = four(block, x, bias.map(|bias| bias.wrapping_sub(offset)));
        for (y, sum) in y.iter_mut().zip(sums) {
            *y = Y::of(sum, shift);
            total = total.wrapping_add(y.size());
        }
        keep_rolled();
    }
    let (y_two, y_one) = y_tail.as_chunks_mut::<2>();
    let (bias_two, bias_one) = bias_tail.as_chunks::<2>();
    if let ([y], [bias], Some((block, rest))) =
        (y_two, bias_two, weight.split_at_checked(2 * x.len()))
    {
        weight = rest;
        *y = two(block, x, bias.map(|bias| bias.wrapping_sub(offset))).map(|sum| Y::of(sum, shift));
        total = y.iter().fold(total, |total, y| total.wrapping_add(y.size()));
    }
    if let ([y], &[bias]) = (y_one, bias_one) {
        *y = Y::of(one(weight, x, bias.wrapping_sub(offset)), shift);
        total = total.wrapping_add(y.size());
    }
    total
}

/// The sums of a block of four rows.
#[inline(always)]
fn four(weight: &[u8], x: &[u16], sums: [i32; 4]) -> [i32; 4] {
    if !MANY_REGISTERS {
        return four_here(weight, x, sums);
    }
    let mut tile = Tile { weight, x, sums };
    four_in_own_frame(&mut tile);
    tile.sums
}

/// A block of four rows.
struct Tile<'a> {
    weight: &'a [u8],
    x: &'a [u16],
    sums: [i32; 4],
}

#[inline(never)] // own frame: the loop has all registers
fn four_in_own_frame(tile: &mut Tile<'_>) {
    tile.sums = four_here(tile.weight, tile.x, tile.sums);
}

#[inline(always)]
fn four_here(block: &[u8], x: &[u16], sums: [i32; 4]) -> [i32; 4] {
    let [mut y0, mut y1, mut y2, mut y3] = sums;
    let ((pairs, x_last), (weight, last)) = (x.as_chunks(), block.as_chunks());
    // The compiler knows nothing of the pointers, so it moves each by itself.
    let (weight, pairs) =
        if MANY_REGISTERS { unspecialised((weight, pairs)) } else { (weight, pairs) };
    for ([u0, u1, v0, v1, u2, u3, v2, v3], &[x0, x1]) in weight.iter().zip(pairs) {
        if x0 != 0 {
            add(&mut y0, u0, x0);
            add(&mut y1, u1, x0);
            add(&mut y2, u2, x0);
            add(&mut y3, u3, x0);
        }
        if x1 != 0 {
            add(&mut y0, v0, x1);
            add(&mut y1, v1, x1);
            add(&mut y2, v2, x1);
            add(&mut y3, v3, x1);
        }
        keep_rolled();
    }
    if let ([u0, u1, u2, u3], &[x]) = (last, x_last) {
        add(&mut y0, u0, x);
        add(&mut y1, u1, x);
        add(&mut y2, u2, x);
        add(&mut y3, u3, x);
    }
    [y0, y1, y2, y3]
}

/// The sums of a block of two rows.
#[inline(always)]
fn two(weight: &[u8], x: &[u16], [mut y0, mut y1]: [i32; 2]) -> [i32; 2] {
    let ((pairs, x_last), (weight, last)) = (x.as_chunks(), weight.as_chunks());
    for ([u0, u1, v0, v1], &[x0, x1]) in weight.iter().zip(pairs) {
        if x0 != 0 {
            add(&mut y0, u0, x0);
            add(&mut y1, u1, x0);
        }
        if x1 != 0 {
            add(&mut y0, v0, x1);
            add(&mut y1, v1, x1);
        }
        keep_rolled();
    }
    if let ([u0, u1], &[x]) = (last, x_last) {
        add(&mut y0, u0, x);
        add(&mut y1, u1, x);
    }
    [y0, y1]
}

/// The sum of one row.
#[inline(always)]
fn one(weight: &[u8], x: &[u16], mut y: i32) -> i32 {
    for (u, &x) in weight.iter().zip(x) {
        add(&mut y, u, x);
        keep_rolled();
    }
    y
}

/// Adds a product. The next weight is not loaded before, since a Cortex-M0 has few registers.
#[inline(always)]
fn add(sum: &mut i32, weight: &u8, x: u16) {
    *sum = sum.wrapping_add(i32::from(*weight).wrapping_mul(i32::from(x)));
    if !MANY_REGISTERS {
        keep_rolled();
    }
}
