/// An invertible map of b \[B\], each feature by its own parameters, that knows its log_det.
///
/// It sees the half that conditions only through the parameters P, so the Jacobian of the coupling
/// is triangular and log_det is the sum of ln|slope| over the features.
///
/// A transform of your own, of two parameters of each feature like [`Affine`](crate::Affine):
///
/// ```
/// use couplet::{Bijection, Couplet, Coupling, Dense, Heads, Network, Relu, Transform, Trunk};
///
/// /// b <- b exp(r + t), log_det = sum(r + t).
/// #[derive(Clone, Copy)]
/// struct Exponential;
///
/// impl<const B: usize> Transform<f32, [[f32; B]; 2], B> for Exponential {
///     fn forward(&self, [r, t]: &[[f32; B]; 2], b: &mut [f32; B]) -> f32 {
///         b.iter_mut().zip(r.iter().zip(t)).for_each(|(b, (r, t))| *b *= (r + t).exp());
///         r.iter().chain(t).sum()
///     }
///     fn inverse(&self, [r, t]: &[[f32; B]; 2], b: &mut [f32; B]) -> f32 {
///         b.iter_mut().zip(r.iter().zip(t)).for_each(|(b, (r, t))| *b *= (-(r + t)).exp());
///         -r.iter().chain(t).sum::<f32>()
///     }
/// }
///
/// let (layer, head) = (Dense::new([[1.0; 2]], [0.0; 2]), Dense::new([[0.0_f32]; 2], [0.25]));
/// let network = Network::new(Trunk::new(layer, Relu), Heads::new([head; 2]));
/// let coupling = Coupling::new(network, Exponential);
/// let couplet: Couplet<_, _, 1, 1> = Couplet::new(coupling, coupling);
/// assert_eq!(couplet.forward(&[1.0, 2.0].into(), &()).1, 1.0);
/// ```
///
/// A coupling whose conditioner makes another number of parameters than the transform takes does
/// not compile:
///
/// ```compile_fail,E0277
/// use couplet::{Additive, Coupling, CouplingLayer, Dense, Heads, Network, Relu, Trunk};
///
/// let (layer, head) = (Dense::new([[1.0; 2]], [0.0; 2]), Dense::new([[0.0_f32]; 2], [0.25]));
/// let network = Network::new(Trunk::new(layer, Relu), Heads::new([head; 2]));
/// fn is_layer(_: impl CouplingLayer<f32, 1, 1>) {}
/// // error[E0277]: `Additive` takes other parameters than `[[f32; 1]; 2]`
/// is_layer(Coupling::new(network, Additive));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` takes other parameters than `{P}`, or other features than {B} of `{T}`",
    note = "`Additive` takes one head, for the shift, and `Affine` two, for log-scale and shift"
)]
pub trait Transform<T, P, const B: usize> {
    /// Maps b of the data to b of the latents; returns log|det| of this map.
    fn forward(&self, parameters: &P, b: &mut [T; B]) -> T;

    /// Maps b of the latents to b of the data; returns log|det| of this map.
    fn inverse(&self, parameters: &P, b: &mut [T; B]) -> T;
}
