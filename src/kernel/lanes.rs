//! For processors with vectors.

use super::{Layer, Rows, at_least, blocks};
use crate::Real;
use core::{array, mem};

/// y = max(W x + b, floor).
#[inline(always)]
pub(super) fn affine<T: Real>(layer: &Layer<'_, T>, y: &mut [T]) {
    blocks(layer, y, outer, eights);
}

/// y = max(w x + b, floor), w a single column.
#[inline(never)]
fn outer<T: Real>(column: &[T], bias: &[T], x: T, y: &mut [T], floor: T) {
    for ((y, &b), &w) in y.iter_mut().zip(bias).zip(column) {
        *y = at_least(floor, b + w * x);
    }
}

/// Blocks of eight rows, side by side as many as the registers have room for the sums of.
#[inline(never)]
fn eights<T: Real>(rows: &mut Rows<'_, T>) {
    if cfg!(target_feature = "avx") {
        while side_by_side::<T, 8>(rows) {}
    }
    while side_by_side::<T, 4>(rows) {}
    while side_by_side::<T, 2>(rows) {}
    while side_by_side::<T, 1>(rows) {}
}

/// The next `N` blocks; false where there are not so many.
#[inline(always)]
fn side_by_side<T: Real, const N: usize>(rows: &mut Rows<'_, T>) -> bool {
    let x = rows.x;
    let (blocks, _) = rows.y.as_chunks::<8>();
    if blocks.len() < N {
        return false;
    }
    let (weight, _) = take(&mut rows.weight, 16 * N * x.len()).as_chunks::<8>().0.as_chunks::<2>();
    let mut sums = [[T::ZERO; 8]; N];
    if rows.bias.is_empty() {
        sums.iter_mut().zip(blocks).for_each(|(sums, y)| *sums = *y);
    } else {
        sums.iter_mut()
            .zip(take(&mut rows.bias, 8 * N).as_chunks().0)
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
    let (y, behind) = mem::take(&mut rows.y).split_at_mut(8 * N);
    for (y, &sum) in y.iter_mut().zip(sums.as_flattened()) {
        *y = at_least(rows.floor, sum);
    }
    rows.y = behind;
    true
}

/// The first numbers, which are taken off.
#[inline(always)]
fn take<'a, T>(numbers: &mut &'a [T], count: usize) -> &'a [T] {
    let (taken, behind) = numbers.split_at_checked(count).unwrap_or_default();
    *numbers = behind;
    taken
}
