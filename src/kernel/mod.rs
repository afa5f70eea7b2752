//! y = max(W x + b, floor), from W in the order of [`crate::packed`]: what a flow spends its time
//! on.
//!
//! Each sum starts at its bias and adds w * x in input order, rounding after the product and after
//! the sum. Rows do not depend on each other: how many are computed side by side changes the time
//! and not the bits.
//!
//! The kernels learn a layer's shape when they run, so that a program holds them once, whatever its
//! models.

mod lanes;
mod registers;
mod rows;

use crate::{
    Real,
    rolled::{keep_rolled, unspecialised},
};
use core::mem;

/// A dense layer with its input.
#[derive(Clone, Copy, Debug)]
pub struct Layer<'a, T> {
    /// W, packed.
    pub weight: &'a [T],
    /// b.
    pub bias: &'a [T],
    /// As many as W has columns.
    pub x: &'a [T],
    /// Outputs below become this.
    pub floor: T,
}

/// The kernel for what the processor has: vectors, registers for single numbers, or no floating
/// point at all.
#[inline(always)]
pub fn portable<T: Real>(layer: &Layer<'_, T>, y: &mut [T]) {
    if cfg!(any(target_abi = "eabihf", target_feature = "f")) {
        registers::affine(layer, y);
    } else if cfg!(target_os = "none") {
        rows::affine(layer, y);
    } else {
        lanes::affine(layer, y);
    }
}

/// The first column by itself, if their number is odd, then pairs of columns, block by block.
///
/// Which blocks a layer has the compiler knows. The functions for them learn the rest when they
/// run.
#[inline(always)]
pub(crate) fn blocks<T: Real>(
    layer: &Layer<'_, T>,
    y: &mut [T],
    outer: impl FnOnce(&[T], &[T], T, &mut [T], T),
    eights: impl FnOnce(&mut Rows<'_, T>),
) {
    let Layer { weight, bias, x, floor } = *layer;
    let (alone, x) = x.as_rchunks();
    let (column, weight) = weight.split_at_checked(alone.len() * bias.len()).unwrap_or_default();
    if let &[x0] = alone {
        outer(column, bias, x0, y, if x.is_empty() { floor } else { T::NEG_INFINITY });
    }
    if !x.is_empty() {
        let count = bias.len();
        let mut rows =
            Rows { weight, x, bias: if alone.is_empty() { bias } else { &[] }, y, floor };
        rows.run(count / 8 * 8, eights);
        rows.run(count % 8 / 4 * 4, four);
        rows.run(count % 4 / 2 * 2, two);
        rows.run(count % 2, one);
    }
}

/// Some rows of a layer, all columns but the one that may be by itself.
pub(crate) struct Rows<'a, T> {
    /// Blocks of them.
    pub(crate) weight: &'a [T],
    pub(crate) x: &'a [[T; 2]],
    /// Where the sums start; if this is empty, at y.
    pub(crate) bias: &'a [T],
    pub(crate) y: &'a mut [T],
    pub(crate) floor: T,
}

impl<T: Real> Rows<'_, T> {
    /// Runs a kernel for the next rows, if it is for any, and steps behind them.
    #[inline(always)]
    fn run(&mut self, count: usize, kernel: impl FnOnce(&mut Rows<'_, T>)) {
        let (Some((weight, weight_behind)), Some((bias, bias_behind)), Some((y, y_behind))) = (
            self.weight.split_at_checked(2 * count * self.x.len()),
            self.bias.split_at_checked(if self.bias.is_empty() { 0 } else { count }),
            mem::take(&mut self.y).split_at_mut_checked(count),
        ) else {
            return;
        };
        (self.weight, self.bias, self.y) = (weight_behind, bias_behind, y_behind);
        if count > 0 {
            kernel(unspecialised(&mut Rows { weight, bias, y, ..*self }));
        }
    }
}

/// A block of four rows.
#[inline(never)]
fn four<T: Real>(rows: &mut Rows<'_, T>) {
    let Rows { weight, x, bias, floor, .. } = *rows;
    let [y] = rows.y.as_chunks_mut().0 else { return };
    let [mut y0, mut y1, mut y2, mut y3] = *bias.first_chunk().unwrap_or(y);
    for (&[u0, u1, u2, u3, v0, v1, v2, v3], &[x0, x1]) in weight.as_chunks().0.iter().zip(x) {
        y0 = y0 + u0 * x0 + v0 * x1;
        y1 = y1 + u1 * x0 + v1 * x1;
        y2 = y2 + u2 * x0 + v2 * x1;
        y3 = y3 + u3 * x0 + v3 * x1;
        keep_rolled();
    }
    *y = [at_least(floor, y0), at_least(floor, y1), at_least(floor, y2), at_least(floor, y3)];
}

/// A block of two rows, four columns at a time.
#[inline(never)]
fn two<T: Real>(rows: &mut Rows<'_, T>) {
    let Rows { weight, x, bias, floor, .. } = *rows;
    let [y] = rows.y.as_chunks_mut().0 else { return };
    let [mut y0, mut y1] = *bias.first_chunk().unwrap_or(y);
    let ((x_fours, x_two), (fours, two)) = (x.as_chunks(), weight.as_chunks());
    for (&[u0, u1, v0, v1, w0, w1, z0, z1], &[[x0, x1], [x2, x3]]) in fours.iter().zip(x_fours) {
        y0 = y0 + u0 * x0 + v0 * x1 + w0 * x2 + z0 * x3;
        y1 = y1 + u1 * x0 + v1 * x1 + w1 * x2 + z1 * x3;
        keep_rolled();
    }
    if let (&[u0, u1, v0, v1], &[[x0, x1]]) = (two, x_two) {
        y0 = y0 + u0 * x0 + v0 * x1;
        y1 = y1 + u1 * x0 + v1 * x1;
    }
    *y = [at_least(floor, y0), at_least(floor, y1)];
}

/// A single row.
#[inline(never)]
fn one<T: Real>(rows: &mut Rows<'_, T>) {
    let Rows { weight, x, bias, floor, .. } = *rows;
    let [y] = &mut *rows.y else { return };
    let mut sum = *bias.first().unwrap_or(y);
    for (&w, &x) in weight.iter().zip(x.as_flattened()) {
        sum += w * x;
        keep_rolled();
    }
    *y = at_least(floor, sum);
}

/// y = max(w x + b, floor), w a single column.
#[inline(never)]
pub(crate) fn outer<T: Real>(column: &[T], bias: &[T], x: T, y: &mut [T], floor: T) {
    let (y, floor) = unspecialised((y, floor));
    let (fours, rest) = y.as_chunks_mut();
    let (bias_fours, bias) = bias.as_chunks();
    let (column_fours, column) = column.as_chunks();
    for ((y, &[b0, b1, b2, b3]), &[w0, w1, w2, w3]) in
        fours.iter_mut().zip(bias_fours).zip(column_fours)
    {
        let (p0, p1, p2, p3) = (w0 * x, w1 * x, w2 * x, w3 * x);
        let (y0, y1, y2, y3) = (b0 + p0, b1 + p1, b2 + p2, b3 + p3);
        *y = [at_least(floor, y0), at_least(floor, y1), at_least(floor, y2), at_least(floor, y3)];
        keep_rolled();
    }
    for ((y, &b), &w) in rest.iter_mut().zip(bias).zip(column) {
        *y = at_least(floor, b + w * x);
        keep_rolled();
    }
}

#[inline(always)]
fn at_least<T: Real>(floor: T, y: T) -> T {
    if y < floor { floor } else { y } // a NaN is not below anything, so it stays
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packed::pack;
    use std::{vec, vec::Vec};

    type Kernel = fn(&Layer<'_, f32>, &mut [f32]);

    /// What a shape is asked of each kernel, with and without a floor.
    fn check(rows: usize, columns: usize) {
        let value = |i: usize| (i as f32 * 0.7).sin();
        let plain: Vec<f32> = (0..columns * rows).map(value).collect();
        let mut weight = vec![0.0; plain.len()];
        pack(&plain, rows, &mut weight);
        let bias: Vec<f32> = (0..rows).map(|row| value(row + 1000)).collect();
        let x: Vec<f32> = (0..columns).map(|column| value(column + 2000)).collect();
        let sum = |row: usize| {
            x.iter()
                .enumerate()
                .fold(bias[row], |sum, (column, x)| sum + plain[column * rows + row] * x)
        };
        for floor in [0.0, f32::NEG_INFINITY] {
            let expected: Vec<u32> = (0..rows)
                .map(|row| if sum(row) < floor { floor } else { sum(row) }.to_bits())
                .collect();
            for kernel in [lanes::affine, registers::affine, rows::affine] as [Kernel; 3] {
                let mut y = vec![7.0; rows];
                kernel(&Layer { weight: &weight, bias: &bias, x: &x, floor }, &mut y);
                let bits: Vec<u32> = y.iter().map(|y| y.to_bits()).collect();
                assert_eq!(bits, expected, "{rows} x {columns}, floor {floor}");
            }
        }
    }

    #[test]
    fn every_kernel_equals_the_sums_written_out_bit_by_bit() {
        let columns: &[usize] =
            if cfg!(miri) { &[1, 2, 5, 8] } else { &[1, 2, 3, 4, 5, 6, 7, 8, 9, 17, 32, 33] };
        for &columns in columns {
            for rows in (0..=17).chain([24, 31, 32, 33, 63, 64, 77, 127, 128]) {
                check(rows, columns);
            }
        }
    }
}
