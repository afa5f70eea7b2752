use super::Dense;
use crate::{
    Real,
    kernel::{Layer, packed},
};
use core::array;

/// The last layers of a conditioner: P dense layers from the same H hidden features, one for each
/// parameter of B features.
///
/// They are evaluated as one dense layer of P B outputs, the first head's first: P B H
/// multiply-accumulates.
///
/// ```
/// use couplet::{Dense, Heads};
///
/// // in a `static`: the weights stay in flash
/// static HEADS: Heads<f32, 2, 1, 2> =
///     Heads::new([Dense::new([[0.5], [0.5]], [0.0]), Dense::new([[0.25], [0.0]], [1.0])]);
/// assert_eq!(HEADS.apply(&[4.0, 0.0]), [[2.0], [2.0]]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Heads<T, const H: usize, const B: usize, const P: usize> {
    packed: [[[T; B]; P]; H], // in the order of `kernel::packed`
    bias: [[T; B]; P],
}

impl<T, const H: usize, const B: usize, const P: usize> Heads<T, H, B, P> {
    /// From the head of each parameter, in the order in which the transform takes them.
    pub const fn new(heads: [Dense<T, H, B>; P]) -> Self
    where
        T: Copy,
    {
        const { assert!(P > 0, "a transform takes at least one parameter of each feature") };
        let mut bias = [heads[0].bias.data.0[0]; P];
        let mut columns = [bias; H];
        let mut head = 0;
        while head < P {
            bias[head] = heads[head].bias.data.0[0];
            let of_head = heads[head].columns();
            let mut column = 0;
            while column < H {
                columns[column][head] = of_head[column];
                column += 1;
            }
            head += 1;
        }
        let mut packed = columns;
        packed::pack(
            columns.as_flattened().as_flattened(),
            P * B,
            packed.as_flattened_mut().as_flattened_mut(),
        );
        Heads { packed, bias }
    }

    /// The head of each parameter, copied out of the order in which the weights are kept.
    pub fn layers(&self) -> [Dense<T, H, B>; P]
    where
        T: Copy,
    {
        let mut columns = self.packed;
        packed::unpack(
            self.packed.as_flattened().as_flattened(),
            P * B,
            columns.as_flattened_mut().as_flattened_mut(),
        );
        array::from_fn(|head| Dense::new(columns.map(|column| column[head]), self.bias[head]))
    }

    /// The parameters: of each head W h + b.
    pub fn apply(&self, h: &[T; H]) -> [[T; B]; P]
    where
        T: Real,
    {
        self.with_parameters(h, |parameters| *parameters)
    }

    /// Passes the parameters to `transform` and returns what it returns.
    #[inline(always)]
    pub(super) fn with_parameters<R>(
        &self,
        h: &[T; H],
        transform: impl FnOnce(&[[T; B]; P]) -> R,
    ) -> R
    where
        T: Real,
    {
        let mut parameters = [[T::ZERO; B]; P];
        let weight = self.packed.as_flattened().as_flattened();
        let layer = Layer { weight, bias: self.bias.as_flattened(), x: h, floor: T::NO_FLOOR };
        T::dense(&layer, parameters.as_flattened_mut());
        transform(&parameters)
    }

    /// [`Heads::with_parameters`] as a function of its own.
    #[inline(never)] // own frame: parameters are not on the stack while the trunk runs
    pub(super) fn with_parameters_in_own_frame<R>(
        &self,
        h: &[T; H],
        transform: impl FnOnce(&[[T; B]; P]) -> R,
    ) -> R
    where
        T: Real,
    {
        self.with_parameters(h, transform)
    }
}

#[cfg(feature = "serde")]
mod serde_impl {
    use super::{Dense, Heads};
    use crate::wire::Number;
    use nalgebra::SVector;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    impl<T, const H: usize, const B: usize, const P: usize> Serialize for Heads<T, H, B, P>
    where
        T: Number,
    {
        fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
            SVector::from(self.layers()).serialize(to)
        }
    }

    impl<'de, T: Number, const H: usize, const B: usize, const P: usize> Deserialize<'de>
        for Heads<T, H, B, P>
    {
        fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
            let heads: SVector<Dense<T, H, B>, P> = Deserialize::deserialize(from)?;
            Ok(Heads::new(heads.data.0[0]))
        }
    }
}
