use super::{Conditioner, IntegerHeads, IntegerLayers};
use crate::{Fixed, fixed::quantized, kernel::codegen::keep_rolled};
use nalgebra::SVector;

/// A conditioner of integers: 8-bit weights, 15-bit activations, 32-bit sums.
///
/// A coupling is exactly invertible and its log_det exact whatever its conditioner computes, so the
/// density with an integer conditioner integrates to one, as any other. It computes without floating
/// point, and its weights take a quarter of the bytes. `couplet quantize` makes it of a trained
/// [`Network`](crate::Network) whose activation is relu.
///
/// I inputs, each with an exponent e: an input is rounded to a multiple of 2^-e, of 15 bits, and
/// saturates. In a conditional flow I = A + C: the half that conditions, and the context. The P
/// parameters of each of B features are [`Fixed`].
///
/// ```
/// use couplet::{
///     Affine, Coupling, CouplingLayer, Fixed, IntegerDense, IntegerHead, IntegerHeads,
///     IntegerNetwork,
/// };
///
/// // in a `static`: the weights stay in flash
/// static COUPLING: Coupling<IntegerNetwork<IntegerDense<1, 2>, 1, 2, 1, 2>, Affine<Fixed>> =
///     Coupling::new(
///         IntegerNetwork::new(
///             [12],
///             IntegerDense::new([[64, -64]], [-(64 << 14), 64 << 14], 5),
///             IntegerHeads::new([
///                 IntegerHead::new([[100], [-50]], [0], [512], 16),
///                 IntegerHead::new([[50], [120]], [0], [512], 16),
///             ]),
///         ),
///         Affine::new(Fixed::from_bits(2 << 16)),
///     );
/// let mut b = [0.5];
/// let log_det = COUPLING.forward_mut(&[1.5], &mut b, &());
/// assert_eq!(COUPLING.inverse_mut(&[1.5], &mut b, &()), -log_det);
/// assert!((b[0] - 0.5).abs() < 1e-6);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct IntegerNetwork<L, const I: usize, const H: usize, const B: usize, const P: usize> {
    /// Each input is rounded to a multiple of 2^-exponent.
    pub exponents: [i8; I],
    /// The hidden features, from I inputs to H outputs: one layer or nested pairs of them.
    pub layers: L,
    /// The parameters, from H inputs to P times B outputs.
    pub heads: IntegerHeads<H, B, P>,
}

impl<L, const I: usize, const H: usize, const B: usize, const P: usize>
    IntegerNetwork<L, I, H, B, P>
{
    /// From the exponents of the inputs, the hidden layers and the heads.
    pub const fn new(exponents: [i8; I], layers: L, heads: IntegerHeads<H, B, P>) -> Self {
        IntegerNetwork { exponents, layers, heads }
    }

    #[inline(always)]
    fn parameters_of<'a, R>(
        &self,
        inputs: impl Iterator<Item = &'a f32>,
        transform: impl FnOnce(&[[Fixed; B]; P]) -> R,
    ) -> R
    where
        L: IntegerLayers<Input = [u16; I], Output = [u16; H]>,
    {
        let mut h = L::scratch();
        let sum = self.hidden(inputs, &mut h);
        self.heads.with_parameters(&h, sum, transform)
    }

    /// Writes the hidden features, given all inputs, and returns their sum.
    #[inline(always)]
    fn hidden<'a>(&self, inputs: impl Iterator<Item = &'a f32>, h: &mut [u16; H]) -> i32
    where
        L: IntegerLayers<Input = [u16; I], Output = [u16; H]>,
    {
        let mut x = [0; I];
        let mut sum = 0;
        for ((x, a), &exponent) in x.iter_mut().zip(inputs).zip(&self.exponents) {
            *x = quantized(*a, exponent);
            sum += i32::from(*x);
            keep_rolled();
        }
        self.layers.apply_to(&x, sum, h)
    }
}

impl<L, const A: usize, const H: usize, const B: usize, const P: usize> Conditioner<f32, A>
    for IntegerNetwork<L, A, H, B, P>
where
    L: IntegerLayers<Input = [u16; A], Output = [u16; H]>,
{
    type Parameters = [[Fixed; B]; P];

    #[inline(always)]
    fn condition(&self, a: &[f32; A], context: &()) -> [[Fixed; B]; P] {
        self.with_parameters(a, context, |parameters| *parameters)
    }

    #[inline(always)]
    fn with_parameters<R>(
        &self,
        a: &[f32; A],
        _: &(),
        transform: impl FnOnce(&[[Fixed; B]; P]) -> R,
    ) -> R {
        self.parameters_of(a.iter(), transform)
    }
}

/// Given a context c \[C\], the I inputs are the half and then the context: A + C.
impl<
    L,
    const A: usize,
    const C: usize,
    const I: usize,
    const H: usize,
    const B: usize,
    const P: usize,
> Conditioner<f32, A, SVector<f32, C>> for IntegerNetwork<L, I, H, B, P>
where
    L: IntegerLayers<Input = [u16; I], Output = [u16; H]>,
{
    type Parameters = [[Fixed; B]; P];

    #[inline(always)]
    fn condition(&self, a: &[f32; A], context: &SVector<f32, C>) -> [[Fixed; B]; P] {
        self.with_parameters(a, context, |parameters| *parameters)
    }

    #[inline(always)]
    fn with_parameters<R>(
        &self,
        a: &[f32; A],
        context: &SVector<f32, C>,
        transform: impl FnOnce(&[[Fixed; B]; P]) -> R,
    ) -> R {
        const {
            assert!(
                A + C == I,
                "the first layer of a trunk takes the A features and the C contexts"
            )
        };
        self.parameters_of(a.iter().chain(context.as_slice()), transform)
    }
}

#[cfg(feature = "serde")]
mod serde_impl {
    use super::{IntegerHeads, IntegerNetwork};
    use nalgebra::SVector;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    /// The conditioner's tag. What else is in its place starts otherwise, or differs in length.
    mod tag {
        pub(super) struct IntegerNetwork;
        crate::wire::tagged!(IntegerNetwork, 255);
    }

    /// How the conditioner travels.
    #[derive(Serialize, Deserialize)]
    #[serde(rename = "IntegerNetwork")]
    struct Tagged<L, const I: usize, const H: usize, const B: usize, const P: usize> {
        kind: tag::IntegerNetwork,
        #[serde(
            serialize_with = "crate::wire::serialize_shaped",
            deserialize_with = "crate::wire::deserialize_shaped"
        )]
        exponents: SVector<i8, I>,
        layers: L,
        heads: IntegerHeads<H, B, P>,
    }

    impl<L, const I: usize, const H: usize, const B: usize, const P: usize> Serialize
        for IntegerNetwork<L, I, H, B, P>
    where
        L: Serialize,
    {
        fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
            let (exponents, layers, heads) = (self.exponents.into(), &self.layers, self.heads);
            Tagged { kind: tag::IntegerNetwork, exponents, layers, heads }.serialize(to)
        }
    }

    impl<'de, L, const I: usize, const H: usize, const B: usize, const P: usize> Deserialize<'de>
        for IntegerNetwork<L, I, H, B, P>
    where
        L: Deserialize<'de>,
    {
        fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
            let Tagged { exponents, layers, heads, .. } = Tagged::deserialize(from)?;
            Ok(IntegerNetwork { exponents: exponents.data.0[0], layers, heads })
        }
    }
}
