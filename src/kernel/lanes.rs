//! The kernel for processors with vectors: eight rows fill one or more of them.

use super::{
    Element, Layer,
    blocks::{Tile, at_least, walk},
};
use core::{array, mem};

/// y = max(W x + b, floor).
#[inline(always)]
pub(super) fn dense<T: Element>(layer: &Layer<'_, T>, y: &mut [T]) {
    walk(layer, y, outer, eights);
}

/// y = max(w x + b, floor), where w is a single column.
#[inline(never)] // one copy
fn outer<T: Element>(column: &[T], bias: &[T], x: T, y: &mut [T], floor: T) {
    for ((y, &b), &w) in y.iter_mut().zip(bias).zip(column) {
        *y = at_least(floor, b + w * x);
    }
}

/// Blocks of eight rows, as many side by side as there are registers for their sums.
#[inline(never)] // one copy
fn eights<T: Element>(tile: &mut Tile<'_, T>) {
    if cfg!(target_feature = "avx") {
        while side_by_side::<T, 8>(tile) {}
    }
    while side_by_side::<T, 4>(tile) {}
    while side_by_side::<T, 2>(tile) {}
    while side_by_side::<T, 1>(tile) {}
}

/// The next `N` blocks; returns false, having done nothing, where fewer are left.
#[inline(always)]
fn side_by_side<T: Element, const N: usize>(tile: &mut Tile<'_, T>) -> bool {
    let x = tile.x;
    let (y_blocks, _) = tile.y.as_chunks::<8>();
    if y_blocks.len() < N {
        return false;
    }
    let (weight, _) = take(&mut tile.weight, 16 * N * x.len()).as_chunks::<8>().0.as_chunks::<2>();
    let mut sums = [[tile.floor; 8]; N]; // any numbers
    if tile.bias.is_empty() {
        sums.iter_mut().zip(y_blocks).for_each(|(sums, y)| *sums = *y);
    } else {
        sums.iter_mut()
            .zip(take(&mut tile.bias, 8 * N).as_chunks().0)
            .for_each(|(sums, bias)| *sums = *bias);
    }
    let blocks: [&[[[T; 8]; 2]]; N] = array::from_fn(|n| &weight[n * x.len()..][..x.len()]);
    for (i, x) in x.iter().enumerate() {
        for half in 0..2 {
            let column: [[T; 8]; N] = array::from_fn(|n| blocks[n][i][half]);
            for (sum, &w) in sums.as_flattened_mut().iter_mut().zip(column.as_flattened()) {
                *sum += w * x[half];
            }
        }
    }
    let (y, tail) = mem::take(&mut tile.y).split_at_mut(8 * N);
    for (y, &sum) in y.iter_mut().zip(sums.as_flattened()) {
        *y = at_least(tile.floor, sum);
    }
    tile.y = tail;
    true
}

/// Takes the first `count` numbers off a slice and returns them.
#[inline(always)]
fn take<'a, T>(numbers: &mut &'a [T], count: usize) -> &'a [T] {
    let (taken, tail) = numbers.split_at_checked(count).unwrap_or_default();
    *numbers = tail;
    taken
}
