use crate::Real;
use nalgebra::{ArrayStorage, SMatrix, SVector};

/// A dense layer: y = W x + b, OUT * IN multiply-accumulates.
///
/// Each output starts at its bias and adds `w * x` in input order, rounding after the product and after the sum.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(bound = "T: crate::wire::Number"))]
pub struct Dense<T, const IN: usize, const OUT: usize> {
    /// W \[OUT, IN\].
    #[cfg_attr(feature = "serde", serde(with = "crate::wire"))]
    pub weight: SMatrix<T, OUT, IN>,
    /// b \[OUT\].
    #[cfg_attr(feature = "serde", serde(with = "crate::wire"))]
    pub bias: SVector<T, OUT>,
}

impl<T, const IN: usize, const OUT: usize> Dense<T, IN, OUT> {
    /// From the columns of W, one for each input, and b.
    ///
    /// ```
    /// // in a `static`: the weights stay in flash
    /// static DENSE: couplet::Dense<f32, 2, 3> = couplet::Dense::new([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], [0.1, 0.2, 0.3]);
    /// assert_eq!(DENSE.weight[(0, 1)], 4.0);
    /// ```
    pub const fn new(weight: [[T; OUT]; IN], bias: [T; OUT]) -> Self {
        Dense {
            weight: SMatrix::from_array_storage(ArrayStorage(weight)),
            bias: SVector::from_array_storage(ArrayStorage([bias])),
        }
    }

    /// W x + b.
    pub fn apply(&self, x: &[T; IN]) -> [T; OUT]
    where
        T: Real,
    {
        let mut y = [T::ZERO; OUT];
        affine(self.weight.as_slice(), self.bias.as_slice(), x, &mut y);
        y
    }
}

/// How many outputs are computed side by side: they lie side by side in each column of W, and their sums do not wait for
/// each other.
const BLOCK: usize = 8;

/// y = W x + b with W column by column. One function for all shapes, so that code size does not grow with the model.
#[inline(never)]
fn affine<T: Real>(weight: &[T], bias: &[T], x: &[T], y: &mut [T]) {
    let rows = bias.len();
    let (bias_blocks, bias_rest) = bias.as_chunks::<BLOCK>();
    let (y_blocks, y_rest) = y.as_chunks_mut::<BLOCK>();
    let mut below = weight; // W from the row of the current block on
    for (y, bias) in y_blocks.iter_mut().zip(bias_blocks) {
        *y = block(below, bias, rows, x);
        below = below.get(BLOCK..).unwrap_or_default();
    }
    for (y, bias) in y_rest.iter_mut().zip(bias_rest) {
        [*y] = block(below, &[*bias], rows, x);
        below = below.get(1..).unwrap_or_default();
    }
}

/// N outputs whose weights are the first N of every `rows` in `weight`.
#[inline(always)]
fn block<T: Real, const N: usize>(weight: &[T], bias: &[T; N], rows: usize, x: &[T]) -> [T; N] {
    let (mut y, mut columns) = (*bias, weight);
    for &x in x {
        // Not `chunks(rows)`: its division by `rows` would link a panic at opt-level z.
        let Some(column) = columns.first_chunk::<N>() else { break };
        for (y, &w) in y.iter_mut().zip(column) {
            *y += w * x;
        }
        columns = columns.get(rows..).unwrap_or_default();
    }
    y
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_width_equals_the_sum_written_out_bit_by_bit() {
        fn check<const IN: usize, const OUT: usize>() {
            let value = |i: usize| (i as f32 * 0.7).sin();
            let weight: [[f32; OUT]; IN] = core::array::from_fn(|c| core::array::from_fn(|r| value(r * IN + c)));
            let bias = core::array::from_fn(|r| value(r + 1000));
            let x: [f32; IN] = core::array::from_fn(|c| value(c + 2000));
            let y = Dense::new(weight, bias).apply(&x);
            for r in 0..OUT {
                let mut sum = bias[r];
                for c in 0..IN {
                    sum += weight[c][r] * x[c];
                }
                assert_eq!(y[r].to_bits(), sum.to_bits(), "row {r} of {OUT} x {IN}");
            }
        }
        check::<1, 1>();
        check::<5, 7>();
        check::<3, 8>();
        check::<17, 33>();
        check::<33, 17>();
        check::<0, 3>();
        check::<3, 0>();
    }
}
