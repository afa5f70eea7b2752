//! y = max(W x + b, floor), from the columns of W: what a flow spends its time on.
//!
//! Each sum starts at its bias and adds w * x in input order, rounding after the product and after the sum. Rows do not
//! depend on each other: how many are computed side by side changes the time and not the bits.

use crate::{Real, rolled::keep_rolled};
use core::hint::black_box;

/// y = max(W x + b, floor).
#[inline(always)]
pub(crate) fn affine<T: Real, const OUT: usize>(weight: &[[T; OUT]], bias: &[T; OUT], x: &[T], y: &mut [T; OUT], floor: T) {
    if cfg!(target_arch = "arm") {
        registers(weight, bias, x, y, floor);
    } else {
        lanes(weight, bias, x, y, floor);
    }
}

/// Two layers of the same input, with so few rows that each row is computed beside that of the other layer, four columns at a
/// time.
#[inline(never)]
pub(crate) fn side_by_side<T: Real, const OUT: usize>(
    [v, w]: [&[[T; OUT]]; 2],
    [a, b]: [&[T; OUT]; 2],
    x: &[T],
    [y, z]: [&mut [T; OUT]; 2],
) {
    let ((v, v_rest), (w, w_rest), (x, x_rest)) = (v.as_chunks(), w.as_chunks(), x.as_chunks());
    let outputs = y.iter_mut().zip(z).zip(a.iter().zip(b));
    for (row, ((y, z), (&a, &b))) in outputs.enumerate() {
        let of_row = |column: &[T; OUT]| column.get(row).copied().unwrap_or(T::ZERO);
        let (mut sum, mut other) = (a, b);
        for (([v0, v1, v2, v3], [w0, w1, w2, w3]), &[x0, x1, x2, x3]) in v.iter().zip(w).zip(x) {
            let (v0, v1, v2, v3) = (of_row(v0), of_row(v1), of_row(v2), of_row(v3));
            let (w0, w1, w2, w3) = (of_row(w0), of_row(w1), of_row(w2), of_row(w3));
            let (v0, v1, v2, v3) = (v0 * x0, v1 * x1, v2 * x2, v3 * x3);
            let (w0, w1, w2, w3) = (w0 * x0, w1 * x1, w2 * x2, w3 * x3);
            sum = sum + v0 + v1 + v2 + v3;
            other = other + w0 + w1 + w2 + w3;
            keep_rolled();
        }
        for ((v, w), &x) in v_rest.iter().zip(w_rest).zip(x_rest) {
            sum += of_row(v) * x;
            other += of_row(w) * x;
            keep_rolled();
        }
        (*y, *z) = (sum, other);
    }
}

#[inline(always)]
fn at_least<T: Real>(floor: T, y: T) -> T {
    if y < floor { floor } else { y } // a NaN is not below anything, so it stays
}

/// `N` rows of a column, from row `from` on.
#[inline(always)]
fn rows<T, const N: usize, const OUT: usize>(column: &[T; OUT], from: usize) -> Option<&[T; N]> {
    column.get(from..)?.first_chunk()
}

// For processors with vectors.

/// The sums of a block take eight vectors of `f32`: half of the registers.
const WIDEST: usize = if cfg!(target_feature = "avx") { 64 } else { 32 };

/// In blocks of as many rows as there are, whose sums the compiler keeps in vectors.
#[inline(never)]
fn lanes<T: Real, const OUT: usize>(weight: &[[T; OUT]], bias: &[T; OUT], x: &[T], y: &mut [T; OUT], floor: T) {
    let mut from = 0;
    wide::<T, WIDEST, OUT>(weight, bias, x, y, floor, &mut from);
    wide::<T, 8, OUT>(weight, bias, x, y, floor, &mut from);
    wide::<T, 1, OUT>(weight, bias, x, y, floor, &mut from);
}

/// Blocks of `N` rows, as many as there are from row `from` on.
#[inline(always)]
fn wide<T: Real, const N: usize, const OUT: usize>(
    weight: &[[T; OUT]],
    bias: &[T; OUT],
    x: &[T],
    y: &mut [T; OUT],
    floor: T,
    from: &mut usize,
) {
    while let Some(y) = y.get_mut(*from..).and_then(|y| y.first_chunk_mut::<N>()) {
        let Some(&(mut sums)) = rows::<T, N, OUT>(bias, *from) else { return };
        for (column, &x) in weight.iter().zip(x) {
            let Some(column) = rows::<T, N, OUT>(column, *from) else { return };
            for (sum, &w) in sums.iter_mut().zip(column) {
                *sum += w * x;
            }
        }
        *y = sums.map(|sum| at_least(floor, sum));
        *from += N;
    }
}

// For processors whose registers hold single numbers.

#[inline(always)]
fn registers<T: Real, const OUT: usize>(weight: &[[T; OUT]], bias: &[T; OUT], x: &[T], y: &mut [T; OUT], floor: T) {
    if let ([column], &[x]) = (weight, x) {
        outer(column, bias, x, y, floor);
    } else {
        blocks(weight, bias, x, y, floor);
    }
}

/// Two columns or more, in blocks of eight rows, then four, then one by one.
#[inline(never)]
fn blocks<T: Real, const OUT: usize>(weight: &[[T; OUT]], bias: &[T; OUT], x: &[T], y: &mut [T; OUT], floor: T) {
    let (odd, pairs) = weight.as_rchunks();
    let (x_odd, x_pairs) = x.as_rchunks();
    let layer = Layer { odd, pairs, x_odd, x_pairs, floor };
    if OUT >= 8 {
        let [[u0, u1, u2, u3, u4, u5, u6, u7], [v0, v1, v2, v3, v4, v5, v6, v7]] = layer.first_pair(0);
        eight(u0, u1, u2, u3, u4, u5, u6, u7, v0, v1, v2, v3, v4, v5, v6, v7, &layer, bias, y);
    }
    if OUT % 8 >= 4 {
        let [[u0, u1, u2, u3], [v0, v1, v2, v3]] = layer.first_pair(OUT - OUT % 8);
        four(u0, u1, u2, u3, v0, v1, v2, v3, &layer, bias, y);
    }
    if !OUT.is_multiple_of(4) {
        one(weight, bias, x, y, floor);
    }
}

/// The columns of W and their x in pairs; if their number is odd, the first comes by itself.
struct Layer<'a, T, const OUT: usize> {
    odd: &'a [[T; OUT]],
    pairs: &'a [[[T; OUT]; 2]],
    x_odd: &'a [T],
    x_pairs: &'a [[T; 2]],
    floor: T,
}

impl<T: Real, const OUT: usize> Layer<'_, T, OUT> {
    /// Rows of the first pair, if there is one.
    #[inline(always)]
    fn first_pair<const N: usize>(&self, from: usize) -> [[T; N]; 2] {
        self.pairs.first().and_then(|pair| rows_of_pair(pair, from)).unwrap_or([[T::ZERO; N]; 2])
    }
}

#[inline(always)]
fn rows_of_pair<T: Copy, const N: usize, const OUT: usize>([u, v]: &[[T; OUT]; 2], from: usize) -> Option<[[T; N]; 2]> {
    Some([*rows(u, from)?, *rows(v, from)?])
}

/// Blocks of rows written out, since at opt-level s and z a loop over them would stay a loop.
///
/// The weights u and v of a pair of columns are loaded while the pair before is in use. Those of the first pair come as
/// arguments: so they lie in neighbouring registers, the compiler gives the others the same places, and loads eight with one
/// instruction.
macro_rules! blocks {
    ($name:ident, $rows:literal, $from:expr, $($y:ident $u:ident $v:ident),*) => {
        #[inline(never)]
        #[expect(clippy::too_many_arguments, reason = "arguments are what lies in registers")]
        fn $name<T: Real, const OUT: usize>(
            $(mut $u: T,)*
            $(mut $v: T,)*
            layer: &Layer<'_, T, OUT>,
            bias: &[T; OUT],
            y: &mut [T; OUT],
        ) {
            let Layer { odd, pairs, x_odd, x_pairs, floor } = *layer;
            let mut from = $from;
            let (Some(bias), Some(y)) = (bias.get(from..), y.get_mut(from..)) else { return };
            for (y, bias) in y.as_chunks_mut().0.iter_mut().zip(bias.as_chunks().0) {
                let [$(mut $y),*] = *bias;
                for (column, &x) in odd.iter().zip(x_odd) {
                    let Some(&[$($u),*]) = rows(column, from) else { break };
                    $($y += $u * x;)*
                    keep_rolled();
                }
                if let (Some((first, pairs)), Some((&[mut x0, mut x1], x_pairs))) = (pairs.split_first(), x_pairs.split_first()) {
                    let mut next = pairs.iter().zip(x_pairs);
                    loop {
                        $($u *= x0;)*
                        $($y += $u;)*
                        $($v *= x1;)*
                        let Some((pair, x)) = next.next() else { break };
                        $($y += $v;)*
                        let Some([u, v]) = rows_of_pair(pair, from) else { return };
                        [$($u),*] = u;
                        [$($v),*] = v;
                        [x0, x1] = *x;
                        keep_rolled();
                    }
                    $($y += $v;)*
                    from += $rows;
                    if let Some([u, v]) = rows_of_pair(first, from) {
                        [$($u),*] = u;
                        [$($v),*] = v;
                    }
                }
                *y = [$(at_least(floor, $y)),*];
            }
        }
    };
}
blocks!(eight, 8, 0, y0 u0 v0, y1 u1 v1, y2 u2 v2, y3 u3 v3, y4 u4 v4, y5 u5 v5, y6 u6 v6, y7 u7 v7);
blocks!(four, 4, OUT - OUT % 8, y0 u0 v0, y1 u1 v1, y2 u2 v2, y3 u3 v3);

/// The rows behind the last block, four columns at a time.
#[inline(never)]
fn one<T: Real, const OUT: usize>(weight: &[[T; OUT]], bias: &[T], x: &[T], y: &mut [T], floor: T) {
    // Loops that may be of any length are not written out.
    let ((fours, rest), (x_fours, x_rest)) = (weight.as_chunks(), black_box(x).as_chunks());
    let outputs = black_box(y).iter_mut().zip(bias);
    for (row, (y, &bias)) in outputs.enumerate().skip(OUT - OUT % 4) {
        let of_row = |column: &[T; OUT]| column.get(row).copied().unwrap_or(T::ZERO);
        let mut sum = bias;
        for ([w0, w1, w2, w3], &[x0, x1, x2, x3]) in fours.iter().zip(x_fours) {
            let (w0, w1, w2, w3) = (of_row(w0), of_row(w1), of_row(w2), of_row(w3));
            sum = sum + w0 * x0 + w1 * x1 + w2 * x2 + w3 * x3;
            keep_rolled();
        }
        for (column, &x) in rest.iter().zip(x_rest) {
            sum += of_row(column) * x;
            keep_rolled();
        }
        *y = at_least(floor, sum);
    }
}

/// A single column, four rows at a time.
#[inline(never)]
fn outer<T: Real>(column: &[T], bias: &[T], x: T, y: &mut [T], floor: T) {
    let (fours, rest) = black_box(y).as_chunks_mut();
    let (bias_fours, bias) = bias.as_chunks();
    let (column_fours, column) = column.as_chunks();
    for ((y, &[b0, b1, b2, b3]), &[w0, w1, w2, w3]) in fours.iter_mut().zip(bias_fours).zip(column_fours) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    type Kernel<const OUT: usize> = fn(&[[f32; OUT]], &[f32; OUT], &[f32], &mut [f32; OUT], f32);

    #[test]
    fn every_kernel_equals_the_sums_written_out_bit_by_bit() {
        fn check<const OUT: usize>(columns: usize) {
            let value = |i: usize| (i as f32 * 0.7).sin();
            let weight: Vec<[f32; OUT]> = (0..columns).map(|c| core::array::from_fn(|r| value(r * columns + c))).collect();
            let bias = core::array::from_fn(|r| value(r + 1000));
            let x: Vec<f32> = (0..columns).map(|c| value(c + 2000)).collect();
            let sums: [f32; OUT] =
                core::array::from_fn(|r| weight.iter().zip(&x).fold(bias[r], |sum, (column, x)| sum + column[r] * x));
            for floor in [0.0, f32::NEG_INFINITY] {
                let expected = sums.map(|sum| if sum < floor { floor } else { sum }.to_bits());
                for kernel in [lanes, registers] as [Kernel<OUT>; 2] {
                    let mut y = [0.0; OUT];
                    kernel(&weight, &bias, &x, &mut y, floor);
                    assert_eq!(y.map(f32::to_bits), expected, "{OUT} x {columns}, floor {floor}");
                }
            }
            // Beside a layer whose numbers are all twice as large, which doubling does without rounding.
            let (double_weight, double_bias): (Vec<_>, _) =
                (weight.iter().map(|w| w.map(|w| 2.0 * w)).collect(), bias.map(|b| 2.0 * b));
            let (mut y, mut z) = ([0.0; OUT], [0.0; OUT]);
            side_by_side([&weight, &double_weight], [&bias, &double_bias], &x, [&mut y, &mut z]);
            assert_eq!(y.map(f32::to_bits), sums.map(f32::to_bits), "{OUT} x {columns}, first of both");
            assert_eq!(z.map(f32::to_bits), sums.map(|sum| (2.0 * sum).to_bits()), "{OUT} x {columns}, second of both");
        }
        let columns: &[usize] = if cfg!(miri) { &[0, 1, 2, 5] } else { &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 17, 32, 33] };
        for &columns in columns {
            check::<0>(columns);
            check::<1>(columns);
            check::<2>(columns);
            check::<3>(columns);
            check::<4>(columns);
            check::<5>(columns);
            check::<7>(columns);
            check::<8>(columns);
            check::<12>(columns);
            check::<16>(columns);
            check::<31>(columns);
            check::<33>(columns);
            check::<77>(columns);
        }
    }
}
