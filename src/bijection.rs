use crate::Real;
use nalgebra::SVector;

/// An invertible map between data x \[D\] and latents z \[D\] that knows how it changes volume.
///
/// The two required methods work in place and add to a running log_det. Pairs and arrays of
/// bijections are bijections; they pass log_det on, so how layers are grouped does not change a
/// bit.
///
/// The context X is what a conditional flow is given beside x. It is `()` in a plain flow, where
/// `&()` costs nothing; a layer that ignores its context takes any X.
///
/// A bijection of your own composes with the crate's:
///
/// ```
/// use couplet::{Bijection, Real, nalgebra::SVector};
///
/// /// z = -x, log|det| = 0.
/// struct Mirror;
///
/// impl<T: Real, X, const D: usize> Bijection<T, D, X> for Mirror {
///     fn forward_mut(&self, x: &mut SVector<T, D>, _: &X, _: &mut T) {
///         x.iter_mut().for_each(|x| *x = -*x);
///     }
///     fn inverse_mut(&self, z: &mut SVector<T, D>, context: &X, log_det: &mut T) {
///         self.forward_mut(z, context, log_det);
///     }
/// }
///
/// let layers = (Mirror, couplet::Scale::new([0.5_f32, -0.25]));
/// let (z, log_det) = layers.forward(&[0.0, 1.0].into(), &());
/// assert_eq!((z[0], log_det), (0.0, 0.25));
/// ```
pub trait Bijection<T: Real, const D: usize, X = ()> {
    /// Maps data to latents in place and adds log|det dz/dx| to `log_det`.
    fn forward_mut(&self, x: &mut SVector<T, D>, context: &X, log_det: &mut T);

    /// Maps latents to data in place and adds log|det dx/dz| to `log_det`.
    fn inverse_mut(&self, z: &mut SVector<T, D>, context: &X, log_det: &mut T);

    /// Returns the latents of `x` and log|det dz/dx|.
    fn forward(&self, x: &SVector<T, D>, context: &X) -> (SVector<T, D>, T) {
        let (mut z, mut log_det) = (*x, T::ZERO);
        self.forward_mut(&mut z, context, &mut log_det);
        (z, log_det)
    }

    /// Returns the data of `z` and log|det dx/dz|.
    fn inverse(&self, z: &SVector<T, D>, context: &X) -> (SVector<T, D>, T) {
        let (mut x, mut log_det) = (*z, T::ZERO);
        self.inverse_mut(&mut x, context, &mut log_det);
        (x, log_det)
    }
}

/// No layer: z = x. A flow of it is standardisation and base alone.
impl<T: Real, X, const D: usize> Bijection<T, D, X> for () {
    fn forward_mut(&self, _: &mut SVector<T, D>, _: &X, _: &mut T) {}

    fn inverse_mut(&self, _: &mut SVector<T, D>, _: &X, _: &mut T) {}
}

/// Two bijections: forward the first, then the second; inverse in reverse.
impl<T, F, G, X, const D: usize> Bijection<T, D, X> for (F, G)
where
    T: Real,
    F: Bijection<T, D, X>,
    G: Bijection<T, D, X>,
{
    fn forward_mut(&self, x: &mut SVector<T, D>, context: &X, log_det: &mut T) {
        self.0.forward_mut(x, context, log_det);
        self.1.forward_mut(x, context, log_det);
    }

    fn inverse_mut(&self, z: &mut SVector<T, D>, context: &X, log_det: &mut T) {
        self.1.inverse_mut(z, context, log_det);
        self.0.inverse_mut(z, context, log_det);
    }
}

/// K bijections of one type: forward in index order, inverse in reverse.
impl<T, F, X, const D: usize, const K: usize> Bijection<T, D, X> for [F; K]
where
    T: Real,
    F: Bijection<T, D, X>,
{
    fn forward_mut(&self, x: &mut SVector<T, D>, context: &X, log_det: &mut T) {
        for layer in self {
            layer.forward_mut(x, context, log_det);
        }
    }

    fn inverse_mut(&self, z: &mut SVector<T, D>, context: &X, log_det: &mut T) {
        for layer in self.iter().rev() {
            layer.inverse_mut(z, context, log_det);
        }
    }
}
