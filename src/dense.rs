use crate::Real;
use core::hint::black_box;
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
        self.apply_to(x, &mut y, T::NEG_INFINITY);
        y
    }

    /// y = max(W x + b, floor): with a floor of zero, a relu that costs no pass of its own.
    #[inline(always)]
    pub(crate) fn apply_to(&self, x: &[T; IN], y: &mut [T; OUT], floor: T)
    where
        T: Real,
    {
        // Behind a black box the compiler makes no copies of the kernel for single shapes: code does not grow with the model.
        let affine = black_box(T::KERNEL);
        affine(self.weight.as_slice(), self.bias.as_slice(), x, y, floor);
    }
}

/// y = max(W x + b, floor), from W column by column, b, x, y and floor.
pub(crate) type Kernel<T> = fn(&[T], &[T], &[T], &mut [T], T);

/// The kernel of safe Rust: eight rows side by side, then four, then one by one.
///
/// The rows of a block lie side by side in each column, and their sums do not wait for each other.
pub(crate) fn affine<T: Real>(weight: &[T], bias: &[T], x: &[T], y: &mut [T], floor: T) {
    let rows = bias.len();
    if rows == 0 {
        return;
    }
    let columns = weight.chunks_exact(rows).zip(x); // the one loop whose elements are read without a check of bounds
    let (y8, y_rest) = y.as_chunks_mut();
    let (bias8, bias_rest) = bias.as_chunks();
    let mut from = 0; // the block's first row
    for (y, bias) in y8.iter_mut().zip(bias8) {
        *y = eight(columns.clone(), rows, from, bias, floor);
        from += 8;
    }
    if let (Some(y), Some(bias)) = (y_rest.first_chunk_mut(), bias_rest.first_chunk()) {
        *y = four(columns.clone(), rows, from, bias, floor);
        from += 4;
    }
    for (y, bias) in y.iter_mut().zip(bias).skip(from) {
        [*y] = one(columns.clone(), rows, from, &[*bias], floor);
        from += 1;
    }
}

/// A block of rows, written out: at opt-level s and z a loop over them would stay a loop. All products of a column come
/// first and then all sums, which leaves no instruction waiting for the one before.
macro_rules! block {
    ($name:ident, $rows:literal, $($y:ident $w:ident),*) => {
        #[inline(always)]
        fn $name<'a, T: Real>(
            columns: impl Iterator<Item = (&'a [T], &'a T)>,
            rows: usize,
            from: usize,
            bias: &[T; $rows],
            floor: T,
        ) -> [T; $rows] {
            let [$(mut $y),*] = *bias;
            // True of every layer; said once, before the loop, it need not be checked there.
            if from <= rows && rows - from >= $rows {
                for (column, &x) in columns {
                    let Some(&[$($w),*]) = column.get(from..).and_then(|rows| rows.first_chunk()) else { break };
                    $(let $w = $w * x;)*
                    $($y += $w;)*
                }
            }
            // A NaN is not below anything, so it stays.
            [$(if $y < floor { floor } else { $y }),*]
        }
    };
}
block!(eight, 8, y0 w0, y1 w1, y2 w2, y3 w3, y4 w4, y5 w5, y6 w6, y7 w7);
block!(four, 4, y0 w0, y1 w1, y2 w2, y3 w3);
block!(one, 1, y0 w0);

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
        check::<5, 12>();
        check::<2, 31>();
        check::<17, 33>();
        check::<33, 17>();
        check::<0, 3>();
        check::<3, 0>();
    }
}
