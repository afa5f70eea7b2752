use crate::kernel::{
    integers::{IntegerLayer, integers},
    quads,
};
use core::hint::black_box;

/// The largest activation.
const MOST: i32 = (1 << 15) - 1;

/// A layer of integers with its relu: y = clamp((W x + b) >> shift, 0, 2^15 - 1).
///
/// Weights are 8-bit, activations x and y are from 0 to 2^15 - 1, sums are 32-bit and cannot
/// overflow: [`IntegerDense::new`] asserts it at compile time. One shift serves all outputs, since
/// relu(c x) = c relu(x): each output keeps the unit that the scale of its weights gives it, and the
/// next layer's columns absorb it. What rounds the shift is in the bias.
///
/// ```
/// use couplet::IntegerDense;
///
/// // in a `static`: the weights stay in flash
/// static LAYER: IntegerDense<2, 1> = IntegerDense::new([[100], [-50]], [1 << 7], 8);
/// ```
///
/// A sum that could overflow does not compile:
///
/// ```compile_fail,E0080
/// use couplet::IntegerDense;
///
/// // error[E0080]: a sum of this layer may not fit 32 bits
/// static LAYER: IntegerDense<2, 1> = IntegerDense::new([[100], [-50]], [i32::MAX], 8);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C)] // weights lie at words
pub struct IntegerDense<const IN: usize, const OUT: usize> {
    bias: [i32; OUT],
    packed: [[u8; OUT]; IN], // W + 128, in the order of `kernel::quads`
    shift: u8,
}

impl<const IN: usize, const OUT: usize> IntegerDense<IN, OUT> {
    /// From the weights, one column for each input, the biases, and the shift, below 32.
    pub const fn new(weight: [[i8; OUT]; IN], bias: [i32; OUT], shift: u8) -> Self {
        assert!(shift < 32, "a layer shifts its sums by less than 32 bits");
        assert!(fits(weight.as_flattened(), &bias), "a sum of this layer may not fit 32 bits");
        Self::unchecked(weight, bias, shift)
    }

    const fn unchecked(weight: [[i8; OUT]; IN], bias: [i32; OUT], shift: u8) -> Self {
        let mut packed = [[0; OUT]; IN];
        quads::pack(weight.as_flattened(), OUT, packed.as_flattened_mut());
        IntegerDense { bias, packed, shift }
    }

    /// The weights, one column for each input, copied out of the order in which they are kept.
    pub fn columns(&self) -> [[i8; OUT]; IN] {
        let mut columns = [[0; OUT]; IN];
        quads::unpack(self.packed.as_flattened(), OUT, columns.as_flattened_mut());
        columns
    }
}

/// Whether each sum of a layer fits 32 bits, whatever its input: 2^15 - 1 times the sum of the
/// weights' sizes, and the size of the bias.
pub(super) const fn fits(columns: &[i8], bias: &[i32]) -> bool {
    let mut row = 0;
    while row < bias.len() {
        if largest(columns, bias, row) > i32::MAX as u64 {
            return false;
        }
        row += 1;
    }
    true
}

/// What the size of a row's sum cannot exceed.
pub(super) const fn largest(columns: &[i8], bias: &[i32], row: usize) -> u64 {
    let mut sizes = 0;
    let mut i = row;
    while i < columns.len() {
        sizes += columns[i].unsigned_abs() as u64;
        i += bias.len();
    }
    sizes * MOST as u64 + bias[row].unsigned_abs() as u64
}

/// The layers of an integer trunk: one, or nested pairs of any depth, as of
/// [`Layers`](crate::Layers).
///
/// Public, as a bound for code that is generic over trunks.
pub trait IntegerLayers {
    /// `[u16; inputs]`.
    type Input;
    /// `[u16; outputs]`.
    type Output;

    /// Scratch that [`IntegerLayers::apply_to`] overwrites with the output.
    fn scratch() -> Self::Output;

    /// Writes the output of the last layer, given the input and its sum; returns the output's sum.
    fn apply_to(&self, input: &Self::Input, sum: i32, output: &mut Self::Output) -> i32;
}

impl<const IN: usize, const OUT: usize> IntegerLayers for IntegerDense<IN, OUT> {
    type Input = [u16; IN];
    type Output = [u16; OUT];

    #[inline(always)]
    fn scratch() -> [u16; OUT] {
        if OUT <= 64 { [black_box(0); OUT] } else { [0; OUT] } // no memset
    }

    fn apply_to(&self, input: &[u16; IN], sum: i32, output: &mut [u16; OUT]) -> i32 {
        let IntegerDense { bias, packed, shift } = self;
        let weight = packed.as_flattened();
        integers(&IntegerLayer { weight, bias, x: input, sum, shift: *shift }, output)
    }
}

impl<L: IntegerLayers, M: IntegerLayers<Input = L::Output>> IntegerLayers for (L, M) {
    type Input = L::Input;
    type Output = M::Output;

    #[inline(always)]
    fn scratch() -> M::Output {
        M::scratch()
    }

    #[inline(never)] // own frame: hidden features are not on the stack while the heads run
    fn apply_to(&self, input: &Self::Input, sum: i32, output: &mut Self::Output) -> i32 {
        let mut hidden = L::scratch();
        let sum = self.0.apply_to(input, sum, &mut hidden);
        self.1.apply_to(&hidden, sum, output)
    }
}

#[cfg(feature = "serde")]
mod serde_impl {
    use super::{IntegerDense, fits};
    use nalgebra::{SMatrix, SVector};
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    /// A layer on the wire: W \[OUT, IN\], b and the shift.
    #[derive(Serialize, Deserialize)]
    #[serde(rename = "IntegerDense")]
    struct Plain<const IN: usize, const OUT: usize> {
        #[serde(
            serialize_with = "crate::wire::serialize_shaped",
            deserialize_with = "crate::wire::deserialize_shaped"
        )]
        weight: SMatrix<i8, OUT, IN>,
        #[serde(
            serialize_with = "crate::wire::serialize_shaped",
            deserialize_with = "crate::wire::deserialize_shaped"
        )]
        bias: SVector<i32, OUT>,
        shift: u8,
    }

    impl<const IN: usize, const OUT: usize> Serialize for IntegerDense<IN, OUT> {
        fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
            let columns = self.columns();
            let weight = SMatrix::from_fn(|row, column| columns[column][row]);
            Plain::<IN, OUT> { weight, bias: self.bias.into(), shift: self.shift }.serialize(to)
        }
    }

    impl<'de, const IN: usize, const OUT: usize> Deserialize<'de> for IntegerDense<IN, OUT> {
        fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
            let Plain { weight, bias, shift } = Plain::<IN, OUT>::deserialize(from)?;
            let (weight, bias) = (weight.data.0, bias.data.0[0]);
            if shift >= 32 || !fits(weight.as_flattened(), &bias) {
                return Err(D::Error::custom("an integer layer whose sums may not fit 32 bits"));
            }
            Ok(Self::unchecked(weight, bias, shift))
        }
    }
}
