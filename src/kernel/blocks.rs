//! The walk through the blocks of a layer's packed weights, and the kernels of blocks of fewer than
//! eight rows, which all processors with floating point share.

use super::{
    Element, Layer,
    codegen::{keep_rolled, unspecialised},
};
use core::mem;

/// The first column if their number is odd, then pairs of columns, block by block.
///
/// The set of block kernels is chosen at compile time; their sizes are run-time arguments.
#[inline(always)]
pub(super) fn walk<T: Element>(
    layer: &Layer<'_, T>,
    y: &mut [T],
    outer: impl FnOnce(&[T], &[T], T, &mut [T], T),
    eights: impl FnOnce(&mut Tile<'_, T>),
) {
    let Layer { weight, bias, x, floor } = *layer;
    let (single, pairs) = x.as_rchunks();
    let (column, weight) = weight.split_at_checked(single.len() * bias.len()).unwrap_or_default();
    if let &[x0] = single {
        outer(column, bias, x0, y, if pairs.is_empty() { floor } else { T::NO_FLOOR });
    }
    if !pairs.is_empty() {
        let count = bias.len();
        let bias = if single.is_empty() { bias } else { &[] };
        let mut tile = Tile { weight, x: pairs, bias, y, floor };
        tile.run(count / 8 * 8, eights);
        tile.run(count % 8 / 4 * 4, four);
        tile.run(count % 4 / 2 * 2, two);
        tile.run(count % 2, one);
    }
}

/// Consecutive rows of a layer, with all pairs of columns.
pub(super) struct Tile<'a, T> {
    /// Whole blocks of weights.
    pub(super) weight: &'a [T],
    pub(super) x: &'a [[T; 2]],
    /// What the sums start at; where this is empty, they start at y.
    pub(super) bias: &'a [T],
    pub(super) y: &'a mut [T],
    pub(super) floor: T,
}

impl<T: Element> Tile<'_, T> {
    /// Takes the next `count` rows off and runs a kernel for them, unless there are none.
    #[inline(always)]
    fn run(&mut self, count: usize, kernel: impl FnOnce(&mut Tile<'_, T>)) {
        let (Some((weight, weight_tail)), Some((bias, bias_tail)), Some((y, y_tail))) = (
            self.weight.split_at_checked(2 * count * self.x.len()),
            self.bias.split_at_checked(if self.bias.is_empty() { 0 } else { count }),
            mem::take(&mut self.y).split_at_mut_checked(count),
        ) else {
            return;
        };
        (self.weight, self.bias, self.y) = (weight_tail, bias_tail, y_tail);
        if count > 0 {
            kernel(unspecialised(&mut Tile { weight, bias, y, ..*self }));
        }
    }
}

/// A block of four rows.
#[inline(never)] // one copy
fn four<T: Element>(tile: &mut Tile<'_, T>) {
    let Tile { weight, x, bias, floor, .. } = *tile;
    let [y] = tile.y.as_chunks_mut().0 else { return };
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
#[inline(never)] // one copy
fn two<T: Element>(tile: &mut Tile<'_, T>) {
    let Tile { weight, x, bias, floor, .. } = *tile;
    let [y] = tile.y.as_chunks_mut().0 else { return };
    let [mut y0, mut y1] = *bias.first_chunk().unwrap_or(y);
    let ((x_fours, x_pair), (fours, pair)) = (x.as_chunks(), weight.as_chunks());
    for (&[u0, u1, v0, v1, w0, w1, z0, z1], &[[x0, x1], [x2, x3]]) in fours.iter().zip(x_fours) {
        y0 = y0 + u0 * x0 + v0 * x1 + w0 * x2 + z0 * x3;
        y1 = y1 + u1 * x0 + v1 * x1 + w1 * x2 + z1 * x3;
        keep_rolled();
    }
    if let (&[u0, u1, v0, v1], &[[x0, x1]]) = (pair, x_pair) {
        y0 = y0 + u0 * x0 + v0 * x1;
        y1 = y1 + u1 * x0 + v1 * x1;
    }
    *y = [at_least(floor, y0), at_least(floor, y1)];
}

/// A block of one row.
#[inline(never)] // one copy
fn one<T: Element>(tile: &mut Tile<'_, T>) {
    let Tile { weight, x, bias, floor, .. } = *tile;
    let [y] = &mut *tile.y else { return };
    let mut sum = *bias.first().unwrap_or(y);
    for (&w, &x) in weight.iter().zip(x.as_flattened()) {
        sum += w * x;
        keep_rolled();
    }
    *y = at_least(floor, sum);
}

/// y = max(w x + b, floor), where w is a single column.
#[inline(never)] // one copy
pub(super) fn outer<T: Element>(column: &[T], bias: &[T], x: T, y: &mut [T], floor: T) {
    let (y, floor) = unspecialised((y, floor));
    let (y_fours, y_tail) = y.as_chunks_mut();
    let (bias_fours, bias_tail) = bias.as_chunks();
    let (column_fours, column_tail) = column.as_chunks();
    for ((y, &[b0, b1, b2, b3]), &[w0, w1, w2, w3]) in
        y_fours.iter_mut().zip(bias_fours).zip(column_fours)
    {
        let (p0, p1, p2, p3) = (w0 * x, w1 * x, w2 * x, w3 * x);
        let (y0, y1, y2, y3) = (b0 + p0, b1 + p1, b2 + p2, b3 + p3);
        *y = [at_least(floor, y0), at_least(floor, y1), at_least(floor, y2), at_least(floor, y3)];
        keep_rolled();
    }
    for ((y, &b), &w) in y_tail.iter_mut().zip(bias_tail).zip(column_tail) {
        *y = at_least(floor, b + w * x);
        keep_rolled();
    }
}

/// max(y, floor), but NaN stays NaN: it is not below the floor.
#[inline(always)]
pub(super) fn at_least<T: Element>(floor: T, y: T) -> T {
    if y < floor { floor } else { y }
}
