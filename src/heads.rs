use crate::{Dense, Real, kernel::Layer, packed};

/// The two heads of a conditioner, evaluated as one layer of 2 B outputs: first those of r, then
/// those of t.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Heads<T, const H: usize, const B: usize> {
    packed: [[[T; B]; 2]; H], // in the order of `crate::packed`
    bias: [[T; B]; 2],
}

impl<T, const H: usize, const B: usize> Heads<T, H, B> {
    pub(crate) const fn new(log_scale: Dense<T, H, B>, shift: Dense<T, H, B>) -> Self
    where
        T: Copy,
    {
        let (r, t) = (log_scale.columns(), shift.columns());
        let bias = [log_scale.bias.data.0[0], shift.bias.data.0[0]];
        let mut columns = [bias; H];
        let mut column = 0;
        while column < H {
            columns[column] = [r[column], t[column]];
            column += 1;
        }
        let mut packed = columns;
        packed::pack(
            columns.as_flattened().as_flattened(),
            2 * B,
            packed.as_flattened_mut().as_flattened_mut(),
        );
        Heads { packed, bias }
    }

    /// The head for r and the head for t.
    pub(crate) fn split(&self) -> [Dense<T, H, B>; 2]
    where
        T: Copy,
    {
        let mut columns = self.packed;
        packed::unpack(
            self.packed.as_flattened().as_flattened(),
            2 * B,
            columns.as_flattened_mut().as_flattened_mut(),
        );
        [0, 1].map(|head| Dense::new(columns.map(|column| column[head]), self.bias[head]))
    }

    /// r and t.
    #[inline(always)]
    pub(crate) fn apply(&self, h: &[T; H]) -> [[T; B]; 2]
    where
        T: Real,
    {
        let mut heads = [[T::ZERO; B]; 2];
        let weight = self.packed.as_flattened().as_flattened();
        let layer = Layer { weight, bias: self.bias.as_flattened(), x: h, floor: T::NEG_INFINITY };
        T::affine(&layer, heads.as_flattened_mut());
        heads
    }
}

#[cfg(feature = "serde")]
mod serde_impl {
    use super::Heads;
    use crate::wire::Number;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    impl<T: Number, const H: usize, const B: usize> Serialize for Heads<T, H, B> {
        fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
            self.split().serialize(to)
        }
    }

    impl<'de, T: Number, const H: usize, const B: usize> Deserialize<'de> for Heads<T, H, B> {
        fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
            let [log_scale, shift] = Deserialize::deserialize(from)?;
            Ok(Heads::new(log_scale, shift))
        }
    }
}
