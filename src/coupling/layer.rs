use super::Transform;
use crate::Conditioner;

/// A map of the half b \[B\] that the half a \[A\] and a context condition, and that leaves a
/// alone, so that its Jacobian is triangular.
///
/// Implement [`Transform`](crate::Transform) or [`Conditioner`] instead where you can: [`Coupling`]
/// makes a layer of them. A coupling that is not made of two parts:
///
/// ```
/// use couplet::{Bijection, Couplet, CouplingLayer};
///
/// /// b <- b + a, log_det = 0.
/// struct Add;
///
/// impl<X> CouplingLayer<f32, 1, 1, X> for Add {
///     fn forward_mut(&self, [a]: &[f32; 1], [b]: &mut [f32; 1], _: &X) -> f32 {
///         *b += a;
///         0.0
///     }
///     fn inverse_mut(&self, [a]: &[f32; 1], [b]: &mut [f32; 1], _: &X) -> f32 {
///         *b -= a;
///         0.0
///     }
/// }
///
/// let couplet = Couplet::<_, _, 1, 1>::new(Add, Add);
/// let (z, log_det) = couplet.forward(&[1.0, 2.0].into(), &());
/// assert_eq!((z.as_slice(), log_det), (&[4.0, 3.0][..], 0.0));
/// ```
pub trait CouplingLayer<T, const A: usize, const B: usize, X = ()> {
    /// Maps b of the data to b of the latents; returns log|det| of this map.
    fn forward_mut(&self, a: &[T; A], b: &mut [T; B], context: &X) -> T;

    /// Maps b of the latents to b of the data; returns log|det| of this map.
    fn inverse_mut(&self, a: &[T; A], b: &mut [T; B], context: &X) -> T;
}

/// A conditioner and a transform: b <- transform(b; conditioner(a, context)).
///
/// [`Nice`](crate::Nice) and [`RealNvp`](crate::RealNvp) name the two of the papers. One
/// evaluation of the conditioner and one of the transform, in either direction.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Coupling<C, F> {
    /// Makes the parameters, of a and of the context.
    pub conditioner: C,
    /// Maps b by the parameters.
    pub transform: F,
}

impl<C, F> Coupling<C, F> {
    /// From the conditioner and the transform.
    pub const fn new(conditioner: C, transform: F) -> Self {
        Coupling { conditioner, transform }
    }
}

impl<T, C, F, X, const A: usize, const B: usize> CouplingLayer<T, A, B, X> for Coupling<C, F>
where
    C: Conditioner<T, A, X>,
    F: Transform<T, C::Parameters, B>,
{
    #[inline(never)] // one copy
    fn forward_mut(&self, a: &[T; A], b: &mut [T; B], context: &X) -> T {
        self.conditioner.with_parameters(a, context, |p| self.transform.forward(p, b))
    }

    #[inline(never)] // one copy
    fn inverse_mut(&self, a: &[T; A], b: &mut [T; B], context: &X) -> T {
        self.conditioner.with_parameters(a, context, |p| self.transform.inverse(p, b))
    }
}
