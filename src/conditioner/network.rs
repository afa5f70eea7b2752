use super::{Activation, Conditioner, Heads, Layers, Trunk};
use crate::{Real, kernel::codegen::keep_rolled};
use nalgebra::SVector;

/// The conditioner in floating point: a [`Trunk`] and the [`Heads`] that share it.
///
/// A inputs, H hidden features, P parameters of each of B features. In a conditional flow the trunk
/// takes A + C inputs: the half that conditions, and the context.
///
/// ```
/// use couplet::{Conditioner, Dense, Heads, Network, Relu, Trunk};
///
/// // in a `static`: the weights stay in flash
/// static NETWORK: Network<Trunk<Dense<f32, 1, 2>, Relu>, Heads<f32, 2, 1, 2>> = Network::new(
///     Trunk::new(Dense::new([[1.0, -1.0]], [0.0; 2]), Relu),
///     Heads::new([Dense::new([[0.5], [0.5]], [0.0]), Dense::new([[0.25], [0.0]], [1.0])]),
/// );
/// assert_eq!(NETWORK.condition(&[4.0], &()), [[2.0], [2.0]]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Network<C, H> {
    /// The hidden features, from A inputs to H outputs.
    pub trunk: C,
    /// The parameters, from H inputs to P times B outputs.
    pub heads: H,
}

impl<C, H> Network<C, H> {
    /// From the trunk and the heads.
    pub const fn new(trunk: C, heads: H) -> Self {
        Network { trunk, heads }
    }
}

impl<T, L, F, const A: usize, const H: usize, const B: usize, const P: usize> Conditioner<T, A>
    for Network<Trunk<L, F>, Heads<T, H, B, P>>
where
    T: Real,
    L: Layers<T, Input = [T; A], Output = [T; H]>,
    F: Activation,
{
    type Parameters = [[T; B]; P];

    #[inline(always)]
    fn condition(&self, a: &[T; A], context: &()) -> [[T; B]; P] {
        self.with_parameters(a, context, |parameters| *parameters)
    }

    #[inline(always)]
    fn with_parameters<R>(
        &self,
        a: &[T; A],
        _: &(),
        transform: impl FnOnce(&[[T; B]; P]) -> R,
    ) -> R {
        self.parameters_of(a, transform)
    }
}

/// Given a context c \[C\], the first layer sees the half and then the context: its I inputs are
/// A + C.
impl<
    T,
    L,
    F,
    const A: usize,
    const C: usize,
    const I: usize,
    const H: usize,
    const B: usize,
    const P: usize,
> Conditioner<T, A, SVector<T, C>> for Network<Trunk<L, F>, Heads<T, H, B, P>>
where
    T: Real,
    L: Layers<T, Input = [T; I], Output = [T; H]>,
    F: Activation,
{
    type Parameters = [[T; B]; P];

    #[inline(always)]
    fn condition(&self, a: &[T; A], context: &SVector<T, C>) -> [[T; B]; P] {
        self.with_parameters(a, context, |parameters| *parameters)
    }

    #[inline(always)]
    fn with_parameters<R>(
        &self,
        a: &[T; A],
        context: &SVector<T, C>,
        transform: impl FnOnce(&[[T; B]; P]) -> R,
    ) -> R {
        const {
            assert!(
                A + C == I,
                "the first layer of a trunk takes the A features and the C contexts"
            )
        };
        let mut both = [T::ZERO; I];
        for (input, value) in both.iter_mut().zip(a.iter().chain(context.as_slice())) {
            *input = *value;
            keep_rolled();
        }
        self.parameters_of(&both, transform)
    }
}

impl<L, F, T, const H: usize, const B: usize, const P: usize>
    Network<Trunk<L, F>, Heads<T, H, B, P>>
{
    /// Passes the parameters to `transform`, given all inputs of the trunk.
    #[inline(always)]
    fn parameters_of<R>(&self, inputs: &L::Input, transform: impl FnOnce(&[[T; B]; P]) -> R) -> R
    where
        T: Real,
        L: Layers<T, Output = [T; H]>,
        F: Activation,
    {
        let mut h = L::scratch();
        self.trunk.layers.apply_to::<F>(inputs, &mut h);
        if P == 1 {
            self.heads.with_parameters(&h, transform) // a frame would cost more than it saves
        } else {
            self.heads.with_parameters_in_own_frame(&h, transform)
        }
    }
}
