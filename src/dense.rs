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
        self.apply_to(x, &mut y, T::NEG_INFINITY);
        y
    }

    /// y = max(W x + b, floor).
    #[inline(always)]
    pub(crate) fn apply_to(&self, x: &[T; IN], y: &mut [T; OUT], floor: T)
    where
        T: Real,
    {
        T::affine(&self.weight.data.0, &self.bias.data.0[0], x, y, floor);
    }

    /// y = W x + b of two layers with the same input.
    #[inline(always)]
    pub(crate) fn apply_both([f, g]: [&Self; 2], x: &[T; IN], [y, z]: [&mut [T; OUT]; 2])
    where
        T: Real,
    {
        if OUT < 4 {
            let biases = [&f.bias.data.0[0], &g.bias.data.0[0]];
            T::side_by_side([&f.weight.data.0, &g.weight.data.0], biases, x, [y, z]);
        } else {
            f.apply_to(x, y, T::NEG_INFINITY);
            g.apply_to(x, z, T::NEG_INFINITY);
        }
    }
}
