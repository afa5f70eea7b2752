//! Products with a triangle, in place, and back: y_i = d_i x_i + sum over j < i of W_ij x_j.
//!
//! Rows come in blocks of four, which share each x. The rows that are left over are the first ones,
//! so that every block is whole. Weights lie in the order of [`super::triangle_order`].

use super::{
    codegen::{keep_rolled, unspecialised},
    triangle_order::below,
};
use crate::Real;
use core::mem;

/// Whether floating-point registers hold the weights of four columns.
const HAS_REGISTERS: bool =
    cfg!(any(not(target_os = "none"), target_abi = "eabihf", target_feature = "f"));

/// y_i = d_i x_i + sum over j < i of W_ij x_j, the products in the order of j.
///
/// From the last row to the first, so that each row finds the x before it as they were.
#[inline(never)] // one copy
pub(crate) fn multiply<T: Real>(x: &mut [T], diagonal: &[T], weight: &[T]) {
    let (mut x, mut weight) = (x, weight);
    if HAS_REGISTERS && x.len() >= 8 {
        // The rows that are left over, and the first block: fewer than four columns come before it.
        let rest = x.len() % 4 + 4;
        let Some((blocks, weights)) = split_end(weight, below(rest)) else { return };
        let Some((&[a0, a1, a2, a3, b0, b1, b2, b3, c0, c1, c2, c3, d0, d1, d2, d3], blocks)) =
            blocks.split_first_chunk()
        else {
            return;
        };
        let walk = &mut Walk { x, diagonal, weight: blocks };
        wide(a0, a1, a2, a3, b0, b1, b2, b3, c0, c1, c2, c3, d0, d1, d2, d3, unspecialised(walk));
        let Some(rows) = x.get_mut(..rest) else { return };
        (x, weight) = (rows, weights);
    }
    narrow(x, diagonal, weight);
}

/// The blocks that [`wide`] computes, without the first sixteen weights, and the x of all rows.
struct Walk<'a, T> {
    x: &'a mut [T],
    diagonal: &'a [T],
    weight: &'a [T],
}

/// Blocks, four columns at a time. The first sixteen weights are arguments: that keeps weights in s0
/// to s15, so that one VLDM loads four columns (see [`super::registers`]).
#[inline(never)] // one copy
#[expect(clippy::too_many_arguments, reason = "one VLDM")]
#[rustfmt::skip]
fn wide<T: Real>(
    a0: T, a1: T, a2: T, a3: T,
    b0: T, b1: T, b2: T, b3: T,
    c0: T, c1: T, c2: T, c3: T,
    d0: T, d1: T, d2: T, d3: T,
    walk: &mut Walk<'_, T>,
) {
    let first = [[a0, a1, a2, a3], [b0, b1, b2, b3], [c0, c1, c2, c3], [d0, d1, d2, d3]];
    four_columns_at_a_time(first, walk);
}

/// What [`wide`] does. The end of each iteration loads the weights of the next four columns.
#[inline(always)]
fn four_columns_at_a_time<T: Real>(
    [mut a, mut b, mut c, mut d]: [[T; 4]; 4],
    walk: &mut Walk<'_, T>,
) {
    let Walk { diagonal, mut weight, .. } = *walk;
    let mut x = mem::take(&mut walk.x);
    while let Some(start) = x.len().checked_sub(4) {
        let Some((before, here)) = x.split_at_mut_checked(start) else { return };
        let (Some(here), Some(own), ([first, fours @ ..], tail)) =
            (here.first_chunk_mut(), four_at(diagonal, start), before.as_chunks())
        else {
            return;
        };
        let (columns, _) = weight.as_chunks().0.as_chunks();
        let (Some(columns), Some(rest)) =
            (columns.get(..fours.len()), weight.get(16 * fours.len()..))
        else {
            return;
        };
        let mut sums = Sums::start(here, own);
        let [mut x0, mut x1, mut x2, mut x3] = *first;
        for (x, weight) in fours.iter().zip(columns) {
            sums = sums.column(a, x0).column(b, x1).column(c, x2).column(d, x3);
            [x0, x1, x2, x3] = *x;
            keep_rolled();
            [a, b, c, d] = *weight;
            keep_rolled();
        }
        sums = sums.column(a, x0).column(b, x1).column(c, x2).column(d, x3);
        let Some((columns, rest)) = rest.split_at_checked(4 * tail.len()) else { return };
        sums = sums.columns(columns, tail);
        let Some((corner, rest)) = rest.split_first_chunk() else { return };
        *here = sums.corner(corner, here);
        let Some((next, rest)) = rest.split_first_chunk::<16>() else { return };
        let &[next_a, next_b, next_c, next_d] = next.as_chunks().0 else { return };
        [a, b, c, d] = [next_a, next_b, next_c, next_d];
        (x, weight) = (before, rest);
        keep_rolled();
    }
}

/// Blocks, one column at a time, and the rows that are left over.
#[inline(always)]
fn narrow<T: Real>(mut x: &mut [T], diagonal: &[T], mut weight: &[T]) {
    while let Some(start) = x.len().checked_sub(4) {
        let Some((before, here)) = x.split_at_mut_checked(start) else { return };
        let (Some(here), Some(own)) = (here.first_chunk_mut(), four_at(diagonal, start)) else {
            return;
        };
        let Some((columns, rest)) = weight.split_at_checked(4 * before.len()) else { return };
        let Some((corner, rest)) = rest.split_first_chunk() else { return };
        *here = Sums::start(here, own).columns(columns, before).corner(corner, here);
        (x, weight) = (before, rest);
        keep_rolled();
    }
    first_rows(x, diagonal, weight);
}

/// The sums of a block.
struct Sums<T>([T; 4]);

impl<T: Real> Sums<T> {
    /// d x.
    #[inline(always)]
    fn start(&[x0, x1, x2, x3]: &[T; 4], &[d0, d1, d2, d3]: &[T; 4]) -> Self {
        Sums([d0 * x0, d1 * x1, d2 * x2, d3 * x3])
    }

    /// Adds a column.
    #[inline(always)]
    fn column(self, [w0, w1, w2, w3]: [T; 4], x: T) -> Self {
        let Sums([y0, y1, y2, y3]) = self;
        Sums([y0 + w0 * x, y1 + w1 * x, y2 + w2 * x, y3 + w3 * x])
    }

    /// Adds columns, one after the other.
    #[inline(always)]
    fn columns(mut self, columns: &[T], x: &[T]) -> Self {
        for (&column, &x) in columns.as_chunks().0.iter().zip(x) {
            self = self.column(column, x);
            keep_rolled();
        }
        self
    }

    /// Adds the corner.
    #[inline(always)]
    fn corner(self, &[w10, w20, w21, w30, w31, w32]: &[T; 6], &[x0, x1, x2, _]: &[T; 4]) -> [T; 4] {
        let Sums([y0, y1, y2, y3]) = self;
        [y0, y1 + w10 * x0, y2 + w20 * x0 + w21 * x1, y3 + w30 * x0 + w31 * x1 + w32 * x2]
    }
}

/// The rows that are left over, at most three, from the last to the first.
#[inline(always)]
fn first_rows<T: Real>(x: &mut [T], diagonal: &[T], weight: &[T]) {
    if let ([x0, x @ ..], &[d0, ref diagonal @ ..]) = (x, diagonal) {
        if let ([x1, x @ ..], &[d1, ref diagonal @ ..], &[w10, ref weight @ ..]) =
            (x, diagonal, weight)
        {
            if let ([x2], &[d2, ..], &[w20, w21]) = (x, diagonal, weight) {
                *x2 = d2 * *x2 + w20 * *x0 + w21 * *x1;
            }
            *x1 = d1 * *x1 + w10 * *x0;
        }
        *x0 = d0 * *x0;
    }
}

/// x_i = (y_i - sum over j < i of W_ij x_j) / d_i, the products in the order of j.
#[inline(never)] // one copy
pub(crate) fn divide<T: Real>(y: &mut [T], diagonal: &[T], weight: &[T]) {
    let mut done = diagonal.len() % 4;
    let Some((left, blocks)) = diagonal.split_at_checked(done) else { return };
    let Some((mut weight, first)) = split_end(weight, below(done)) else { return };
    divide_first_rows(y, left, first);
    for &[d0, d1, d2, d3] in blocks.as_chunks().0 {
        let Some((before, here)) = y.split_at_mut_checked(done) else { return };
        let Some(here) = here.first_chunk_mut() else { return };
        let Some((rest, block)) = split_end(weight, 4 * done + 6) else { return };
        let Some((columns, corner)) = block.split_at_checked(4 * done) else { return };
        let Some(&[w10, w20, w21, w30, w31, w32]) = corner.first_chunk() else { return };
        let [mut y0, mut y1, mut y2, mut y3] = *here;
        for (&[w0, w1, w2, w3], &mut x) in columns.as_chunks().0.iter().zip(before) {
            (y0, y1, y2, y3) = (y0 - w0 * x, y1 - w1 * x, y2 - w2 * x, y3 - w3 * x);
            keep_rolled();
        }
        let x0 = y0 / d0;
        let x1 = (y1 - w10 * x0) / d1;
        let x2 = (y2 - w20 * x0 - w21 * x1) / d2;
        let x3 = (y3 - w30 * x0 - w31 * x1 - w32 * x2) / d3;
        *here = [x0, x1, x2, x3];
        (weight, done) = (rest, done + 4);
        keep_rolled();
    }
}

/// The rows that are left over, at most three, from the first to the last.
#[inline(always)]
fn divide_first_rows<T: Real>(y: &mut [T], diagonal: &[T], weight: &[T]) {
    if let ([y0, y @ ..], &[d0, ref diagonal @ ..]) = (y, diagonal) {
        *y0 = *y0 / d0;
        if let ([y1, y @ ..], &[d1, ref diagonal @ ..], &[w10, ref weight @ ..]) =
            (y, diagonal, weight)
        {
            *y1 = (*y1 - w10 * *y0) / d1;
            if let ([y2, ..], &[d2], &[w20, w21]) = (y, diagonal, weight) {
                *y2 = (*y2 - w20 * *y0 - w21 * *y1) / d2;
            }
        }
    }
}

/// Four numbers of a slice. Unlike `split_last_chunk`, it has no panic that a compiler may keep.
#[inline(always)]
fn four_at<T>(values: &[T], start: usize) -> Option<&[T; 4]> {
    values.get(start..)?.first_chunk()
}

/// A slice without its last numbers, and these.
#[inline(always)]
fn split_end<T>(values: &[T], count: usize) -> Option<(&[T], &[T])> {
    values.split_at_checked(values.len().checked_sub(count)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::triangle_order::pack;
    use std::{vec, vec::Vec};

    /// Blocks have no, some and many columns before them, and zero to three rows are left over.
    #[test]
    fn sums_of_every_size_have_the_bits_of_their_documented_order() {
        let value = |i: usize| (i as f32 * 0.7).sin();
        for d in 0..=33_usize {
            let by_row: Vec<f32> = (0..d * d.saturating_sub(1) / 2).map(value).collect();
            let mut weight = vec![0.0; by_row.len()];
            pack(&by_row, d, &mut weight);
            let w = |i: usize, j: usize| by_row[i * (i - 1) / 2 + j];
            let diagonal: Vec<f32> = (0..d).map(|i| value(i + 1000) + 1.5).collect();
            let x: Vec<f32> = (0..d).map(|i| value(i + 2000)).collect();

            let mut y = x.clone();
            multiply(&mut y, &diagonal, &weight);
            for i in 0..d {
                let sum = (0..i).fold(diagonal[i] * x[i], |sum, j| sum + w(i, j) * x[j]);
                assert_eq!(y[i].to_bits(), sum.to_bits(), "row {i} of {d}");
            }
            let mut y = x.clone();
            divide(&mut y, &diagonal, &weight);
            for i in 0..d {
                let rest = (0..i).fold(x[i], |rest, j| rest - w(i, j) * y[j]) / diagonal[i];
                assert_eq!(y[i].to_bits(), rest.to_bits(), "row {i} of {d}, back");
            }
        }
    }
}
