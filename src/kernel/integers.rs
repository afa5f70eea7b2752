//! The kernel of integer layers: sums of 8-bit weights times 15-bit activations in 32 bits.
//!
//! Integer sums have no order, so every kernel has the same bits. Weights lie as w + 128, since a
//! Cortex-M0 loads bytes without a sign at an offset; 128 times the sum of the activations is
//! subtracted in return. About half of the activations behind a relu are 0: they are skipped.
//!
//! Sums wrap on the way, and are right at the end: a layer asserts that its sums fit 32 bits.

use super::codegen::{keep_rolled, unspecialised};

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
}

/// Writes `outcome(W x + b)` of each row.
#[inline(always)]
pub fn integers<Y>(layer: &IntegerLayer<'_>, y: &mut [Y], outcome: impl Fn(i32) -> Y) {
    let IntegerLayer { weight, bias, x, sum } = *layer;
    let (pairs, last) = x.as_chunks();
    let Some((mut weight, column)) = weight.split_at_checked(2 * pairs.len() * bias.len()) else {
        return;
    };
    // A last column without a neighbour comes with the bias.
    let last = i32::from(last.first().copied().unwrap_or_default());
    let offset = sum.wrapping_mul(128);
    let mut start = bias.iter().enumerate().map(|(row, &bias)| {
        let weight = i32::from(column.get(row).copied().unwrap_or_default());
        bias.wrapping_sub(offset).wrapping_add(weight.wrapping_mul(last))
    });
    let (fours, tail) = y.as_chunks_mut::<4>();
    for y in fours {
        let mut sums = [0; 4];
        sums.iter_mut().for_each(|sum| *sum = start.next().unwrap_or_default());
        if let Some((block, rest)) = weight.split_at_checked(8 * pairs.len()) {
            four(block.as_chunks().0, pairs, &mut sums);
            weight = rest;
        }
        for (y, &sum) in y.iter_mut().zip(&sums) {
            *y = outcome(sum);
        }
        keep_rolled();
    }
    let (twos, tail) = tail.as_chunks_mut::<2>();
    for y in twos {
        let mut sums = [0; 2];
        sums.iter_mut().for_each(|sum| *sum = start.next().unwrap_or_default());
        if let Some((block, rest)) = weight.split_at_checked(4 * pairs.len()) {
            two(block.as_chunks().0, pairs, &mut sums);
            weight = rest;
        }
        for (y, &sum) in y.iter_mut().zip(&sums) {
            *y = outcome(sum);
        }
    }
    for y in tail {
        let start = start.next().unwrap_or_default();
        *y = outcome(one(weight.as_chunks().0, pairs, start));
    }
}

/// Adds a block of four rows.
#[inline(never)] // one copy
fn four(weight: &[[u8; 8]], x: &[[u16; 2]], sums: &mut [i32; 4]) {
    let (weight, x) = unspecialised((weight, x));
    let [mut y0, mut y1, mut y2, mut y3] = *sums;
    for (&[u0, u1, v0, v1, u2, u3, v2, v3], &[x0, x1]) in weight.iter().zip(x) {
        if x0 != 0 {
            y0 = add(y0, u0, x0);
            y1 = add(y1, u1, x0);
            y2 = add(y2, u2, x0);
            y3 = add(y3, u3, x0);
        }
        if x1 != 0 {
            y0 = add(y0, v0, x1);
            y1 = add(y1, v1, x1);
            y2 = add(y2, v2, x1);
            y3 = add(y3, v3, x1);
        }
        keep_rolled();
    }
    *sums = [y0, y1, y2, y3];
}

/// Adds a block of two rows.
#[inline(never)] // one copy
fn two(weight: &[[u8; 4]], x: &[[u16; 2]], sums: &mut [i32; 2]) {
    let (weight, x) = unspecialised((weight, x));
    let [mut y0, mut y1] = *sums;
    for (&[u0, u1, v0, v1], &[x0, x1]) in weight.iter().zip(x) {
        if x0 != 0 {
            y0 = add(y0, u0, x0);
            y1 = add(y1, u1, x0);
        }
        if x1 != 0 {
            y0 = add(y0, v0, x1);
            y1 = add(y1, v1, x1);
        }
        keep_rolled();
    }
    *sums = [y0, y1];
}

/// The sum of one row.
#[inline(never)] // one copy
fn one(weight: &[[u8; 2]], x: &[[u16; 2]], start: i32) -> i32 {
    let (weight, x) = unspecialised((weight, x));
    let mut y = start;
    for (&[u, v], &[x0, x1]) in weight.iter().zip(x) {
        y = add(add(y, u, x0), v, x1);
        keep_rolled();
    }
    y
}

#[inline(always)]
fn add(sum: i32, weight: u8, x: u16) -> i32 {
    sum.wrapping_add(i32::from(weight).wrapping_mul(i32::from(x)))
}
