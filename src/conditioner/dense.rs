use crate::{
    Real,
    kernel::{Layer, packed},
};
use nalgebra::{ArrayStorage, SMatrix, SVector};

/// A dense layer: y = W x + b, in OUT * IN multiply-accumulates.
///
/// Each output starts at its bias and adds `w * x` in input order, rounding after the product and
/// after the sum.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dense<T, const IN: usize, const OUT: usize> {
    packed: [[T; OUT]; IN], // in the order of `kernel::packed`
    /// b \[OUT\].
    pub bias: SVector<T, OUT>,
}

impl<T, const IN: usize, const OUT: usize> Dense<T, IN, OUT> {
    /// From the columns of W \[OUT, IN\], one for each input, and b \[OUT\].
    ///
    /// ```
    /// // in a `static`: the weights stay in flash
    /// static DENSE: couplet::Dense<f32, 2, 3> =
    ///     couplet::Dense::new([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], [0.1, 0.2, 0.3]);
    /// assert_eq!(DENSE.weight()[(0, 1)], 4.0);
    /// ```
    pub const fn new(weight: [[T; OUT]; IN], bias: [T; OUT]) -> Self
    where
        T: Copy,
    {
        const { assert!(IN > 0, "a dense layer needs at least one input") };
        let mut packed = weight;
        packed::pack(weight.as_flattened(), OUT, packed.as_flattened_mut());
        Dense { packed, bias: SVector::from_array_storage(ArrayStorage([bias])) }
    }

    /// W \[OUT, IN\], copied out of the order in which the layer keeps it.
    pub const fn weight(&self) -> SMatrix<T, OUT, IN>
    where
        T: Copy,
    {
        SMatrix::from_array_storage(ArrayStorage(self.columns()))
    }

    /// W as columns, one for each input.
    pub(super) const fn columns(&self) -> [[T; OUT]; IN]
    where
        T: Copy,
    {
        let mut columns = self.packed;
        packed::unpack(self.packed.as_flattened(), OUT, columns.as_flattened_mut());
        columns
    }

    /// W x + b.
    pub fn apply(&self, x: &[T; IN]) -> [T; OUT]
    where
        T: Real,
    {
        let mut y = [T::ZERO; OUT];
        self.apply_to(x, &mut y, T::NO_FLOOR);
        y
    }

    /// Writes y = max(W x + b, floor).
    #[inline(always)]
    pub(super) fn apply_to(&self, x: &[T; IN], y: &mut [T; OUT], floor: T)
    where
        T: Real,
    {
        T::dense(
            &Layer { weight: self.packed.as_flattened(), bias: self.bias.as_slice(), x, floor },
            y,
        );
    }
}

#[cfg(feature = "serde")]
mod serde_impl {
    use super::Dense;
    use crate::wire::Number;
    use nalgebra::{SMatrix, SVector};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    /// A layer on the wire: W \[OUT, IN\] and b, whatever the order of the weights in memory.
    #[derive(Serialize, Deserialize)]
    #[serde(rename = "Dense", bound = "T: Number")]
    struct Plain<T, const IN: usize, const OUT: usize> {
        #[serde(with = "crate::wire")]
        weight: SMatrix<T, OUT, IN>,
        #[serde(with = "crate::wire")]
        bias: SVector<T, OUT>,
    }

    impl<T: Number, const IN: usize, const OUT: usize> Serialize for Dense<T, IN, OUT> {
        fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
            Plain { weight: self.weight(), bias: self.bias }.serialize(to)
        }
    }

    impl<'de, T: Number, const IN: usize, const OUT: usize> Deserialize<'de> for Dense<T, IN, OUT> {
        fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
            let Plain { weight, bias } = Plain::deserialize(from)?;
            Ok(Dense::new(weight.data.0, bias.data.0[0]))
        }
    }
}
