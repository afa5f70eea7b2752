use crate::{Bijection, CouplingLayer, Real};
use nalgebra::SVector;

/// Two couplings, the second with the roles of the halves swapped, so that every feature is
/// transformed once: b <- first(b | a), then a <- second(a | b).
///
/// The half a is the first A features and b the last B.
///
/// ```
/// use couplet::{Bijection, Couplet, Coupling, Dense, Relu, Trunk};
///
/// let trunk = Trunk::new(Dense::new([[1.0_f32; 4]], [0.0; 4]), Relu);
/// let coupling = Coupling::additive(trunk, Dense::new([[0.5]; 4], [0.0]));
/// let couplet: Couplet<_, _, 1, 1> = Couplet::new(coupling, coupling);
/// couplet.forward(&[1.0, 2.0].into(), &());
/// ```
///
/// Halves that do not add up to the point's features do not compile:
///
/// ```compile_fail,E0080
/// # use couplet::{Bijection, Couplet, Coupling, Dense, Relu, Trunk};
/// # let trunk = Trunk::new(Dense::new([[1.0_f32; 4]], [0.0; 4]), Relu);
/// # let coupling = Coupling::additive(trunk, Dense::new([[0.5]; 4], [0.0]));
/// # let couplet: Couplet<_, _, 1, 1> = Couplet::new(coupling, coupling);
/// // error[E0080]: the halves A and B must add up to the D features of a point
/// couplet.forward(&[1.0, 2.0, 3.0].into(), &());
/// ```
///
/// Layers whose widths differ do not compile either:
///
/// ```compile_fail,E0308
/// use couplet::Dense;
///
/// // error[E0308]: expected an array with a size of 5, found one with a size of 4
/// let shift: Dense<f32, 5, 1> = Dense::new([[0.5]; 4], [0.0]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Couplet<F, S, const A: usize, const B: usize> {
    /// Transforms b given a.
    pub first: F,
    /// Transforms a given b.
    pub second: S,
}

impl<F, S, const A: usize, const B: usize> Couplet<F, S, A, B> {
    /// From the coupling of b given a and the coupling of a given b.
    pub const fn new(first: F, second: S) -> Self {
        Couplet { first, second }
    }
}

impl<T, F, S, X, const A: usize, const B: usize, const D: usize> Bijection<T, D, X>
    for Couplet<F, S, A, B>
where
    T: Real,
    F: CouplingLayer<T, A, B, X>,
    S: CouplingLayer<T, B, A, X>,
{
    fn forward_mut(&self, x: &mut SVector<T, D>, context: &X, log_det: &mut T) {
        if let Some((a, b)) = halves::<T, A, B, D>(x) {
            *log_det += self.first.forward_mut(a, b, context);
            *log_det += self.second.forward_mut(b, a, context);
        }
    }

    fn inverse_mut(&self, z: &mut SVector<T, D>, context: &X, log_det: &mut T) {
        if let Some((a, b)) = halves::<T, A, B, D>(z) {
            *log_det += self.second.inverse_mut(b, a, context);
            *log_det += self.first.inverse_mut(a, b, context);
        }
    }
}

/// The halves a and b of a point. Always `Some`: the assertion proves it at compile time.
fn halves<T, const A: usize, const B: usize, const D: usize>(
    x: &mut SVector<T, D>,
) -> Option<(&mut [T; A], &mut [T; B])> {
    const { assert!(A + B == D, "the halves A and B must add up to the D features of a point") };
    let (a, tail) = x.as_mut_slice().split_first_chunk_mut()?;
    Some((a, tail.first_chunk_mut()?))
}
