use super::integer_dense::{fits, largest};
use crate::{
    Fixed,
    kernel::{
        integers::{IntegerLayer, integers},
        quads,
    },
};

/// One head of an integer conditioner: the parameter of each of B features, of H hidden features.
///
/// Output i is ((W h + b) multiplier) >> shift in units of 2^-16, so each output has a scale of its
/// own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct IntegerHead<const H: usize, const B: usize> {
    weight: [[i8; B]; H],
    bias: [i32; B],
    multiplier: [u16; B],
    shift: u8,
}

impl<const H: usize, const B: usize> IntegerHead<H, B> {
    /// From the weights, one column for each hidden feature, the biases, the multipliers, below
    /// 2^15, and the shift, at most 16.
    ///
    /// Asserts at compile time that neither a sum nor an output overflows.
    pub const fn new(
        weight: [[i8; B]; H],
        bias: [i32; B],
        multiplier: [u16; B],
        shift: u8,
    ) -> Self {
        let head = IntegerHead { weight, bias, multiplier, shift };
        assert!(head.is_valid(), "a sum or an output of this head may not fit 32 bits");
        head
    }

    const fn is_valid(&self) -> bool {
        let weight = self.weight.as_flattened();
        if self.shift > 16 || !fits(weight, &self.bias) {
            return false;
        }
        let mut row = 0;
        while row < B {
            let multiplier = self.multiplier[row] as u64;
            let output = (largest(weight, &self.bias, row) * multiplier) >> self.shift;
            if multiplier >= 1 << 15 || output >= i32::MAX as u64 {
                return false;
            }
            row += 1;
        }
        true
    }
}

/// The last layers of an integer conditioner: P heads of B outputs each from the same H hidden
/// features, evaluated as one layer.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C)] // weights lie at words
pub struct IntegerHeads<const H: usize, const B: usize, const P: usize> {
    bias: [[i32; B]; P],
    packed: [[[u8; B]; P]; H], // W + 128, in the order of `kernel::quads`
    multiplier: [[u16; B]; P],
    shift: [u8; P],
}

impl<const H: usize, const B: usize, const P: usize> IntegerHeads<H, B, P> {
    /// From the head of each parameter, in the order in which the transform takes them.
    pub const fn new(heads: [IntegerHead<H, B>; P]) -> Self {
        let (mut bias, mut multiplier, mut shift) = ([[0; B]; P], [[0; B]; P], [0; P]);
        let mut columns = [[[0; B]; P]; H];
        let mut head = 0;
        while head < P {
            bias[head] = heads[head].bias;
            multiplier[head] = heads[head].multiplier;
            shift[head] = heads[head].shift;
            let mut column = 0;
            while column < H {
                columns[column][head] = heads[head].weight[column];
                column += 1;
            }
            head += 1;
        }
        let mut packed = [[[0; B]; P]; H];
        quads::pack(
            columns.as_flattened().as_flattened(),
            P * B,
            packed.as_flattened_mut().as_flattened_mut(),
        );
        IntegerHeads { bias, packed, multiplier, shift }
    }

    /// The head of each parameter, copied out of the order in which the weights are kept.
    pub fn heads(&self) -> [IntegerHead<H, B>; P] {
        let mut columns = [[[0; B]; P]; H];
        quads::unpack(
            self.packed.as_flattened().as_flattened(),
            P * B,
            columns.as_flattened_mut().as_flattened_mut(),
        );
        core::array::from_fn(|head| IntegerHead {
            weight: columns.map(|column| column[head]),
            bias: self.bias[head],
            multiplier: self.multiplier[head],
            shift: self.shift[head],
        })
    }

    /// Passes the parameters to `transform` and returns what it returns.
    #[inline(never)] // own frame: parameters are not on the stack while the trunk runs
    pub(super) fn with_parameters<R>(
        &self,
        h: &[u16; H],
        sum: i32,
        transform: impl FnOnce(&[[Fixed; B]; P]) -> R,
    ) -> R {
        let mut parameters = [[Fixed::default(); B]; P];
        let weight = self.packed.as_flattened().as_flattened();
        let layer = IntegerLayer { weight, bias: self.bias.as_flattened(), x: h, sum, shift: 0 };
        integers(&layer, parameters.as_flattened_mut());
        for ((parameters, multiplier), shift) in
            parameters.iter_mut().zip(&self.multiplier).zip(&self.shift)
        {
            scale(parameters, multiplier, *shift);
        }
        transform(&parameters)
    }
}

/// Turns the sums of a head into parameters.
#[inline(never)] // one copy
fn scale(sums: &mut [Fixed], multiplier: &[u16], shift: u8) {
    for (sum, &multiplier) in sums.iter_mut().zip(multiplier) {
        *sum = Fixed::from_bits(scaled(sum.bits(), multiplier, shift));
    }
}

/// (sum multiplier) >> shift of 48 bits, in two products of 32 bits: shift is at most 16.
#[inline(always)]
pub fn scaled(sum: i32, multiplier: u16, shift: u8) -> i32 {
    let (high, low) = (sum >> 16, sum as u32 & 0xffff);
    let (multiplier, shift) = (i32::from(multiplier), u32::from(shift).min(16));
    let high = high.wrapping_mul(multiplier).wrapping_shl(16 - shift);
    high.wrapping_add((low.wrapping_mul(multiplier as u32) >> shift) as i32)
}

#[cfg(feature = "serde")]
mod serde_impl {
    use super::{IntegerHead, IntegerHeads};
    use nalgebra::{SMatrix, SVector};
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    /// A head on the wire: W \[B, H\], b, multipliers and the shift.
    #[derive(Serialize, Deserialize)]
    #[serde(rename = "IntegerHead")]
    struct Plain<const H: usize, const B: usize> {
        #[serde(
            serialize_with = "crate::wire::serialize_shaped",
            deserialize_with = "crate::wire::deserialize_shaped"
        )]
        weight: SMatrix<i8, B, H>,
        #[serde(
            serialize_with = "crate::wire::serialize_shaped",
            deserialize_with = "crate::wire::deserialize_shaped"
        )]
        bias: SVector<i32, B>,
        #[serde(
            serialize_with = "crate::wire::serialize_shaped",
            deserialize_with = "crate::wire::deserialize_shaped"
        )]
        multiplier: SVector<u16, B>,
        shift: u8,
    }

    impl<const H: usize, const B: usize> Serialize for IntegerHead<H, B> {
        fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
            let weight = SMatrix::from_fn(|row, column| self.weight[column][row]);
            let IntegerHead { bias, multiplier, shift, .. } = *self;
            Plain::<H, B> { weight, bias: bias.into(), multiplier: multiplier.into(), shift }
                .serialize(to)
        }
    }

    impl<'de, const H: usize, const B: usize> Deserialize<'de> for IntegerHead<H, B> {
        fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
            let Plain { weight, bias, multiplier, shift } = Plain::<H, B>::deserialize(from)?;
            let head = IntegerHead {
                weight: weight.data.0,
                bias: bias.data.0[0],
                multiplier: multiplier.data.0[0],
                shift,
            };
            if !head.is_valid() {
                return Err(D::Error::custom("an integer head whose outputs may not fit 32 bits"));
            }
            Ok(head)
        }
    }

    impl<const H: usize, const B: usize, const P: usize> Serialize for IntegerHeads<H, B, P> {
        fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
            SVector::from(self.heads()).serialize(to)
        }
    }

    impl<'de, const H: usize, const B: usize, const P: usize> Deserialize<'de>
        for IntegerHeads<H, B, P>
    {
        fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
            let heads: SVector<IntegerHead<H, B>, P> = Deserialize::deserialize(from)?;
            Ok(IntegerHeads::new(heads.data.0[0]))
        }
    }
}
