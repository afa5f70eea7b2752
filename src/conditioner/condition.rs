/// A function from the half that conditions, a \[A\], and a context to the parameters of a
/// [`Transform`](crate::Transform).
///
/// It needs neither an inverse nor a derivative, so it may be any function. The context X is `()`
/// in a plain flow.
///
/// [`Network`](crate::Network) is the crate's conditioner. One of your own works with the crate's
/// transforms if it returns the parameters that they take, here one array of B shifts:
///
/// ```
/// use couplet::{Additive, Bijection, Conditioner, Couplet, Coupling};
///
/// /// t = sum(a), for each of B features.
/// struct Sum;
///
/// impl<const A: usize> Conditioner<f32, A> for Sum {
///     type Parameters = [[f32; 1]; 1];
///
///     fn condition(&self, a: &[f32; A], _: &()) -> [[f32; 1]; 1] {
///         [[a.iter().sum()]]
///     }
/// }
///
/// let [first, second] = [(); 2].map(|()| Coupling::new(Sum, Additive));
/// let couplet = Couplet::<_, _, 1, 1>::new(first, second);
/// let (z, log_det) = couplet.forward(&[1.0, 2.0].into(), &());
/// assert_eq!((z.as_slice(), log_det), (&[4.0, 3.0][..], 0.0));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no conditioner of {A} features of `{T}` given a context `{X}`",
    note = "the first layer of a trunk takes the A features of the half that conditions"
)]
pub trait Conditioner<T, const A: usize, X = ()> {
    /// What the transform takes: `[[T; B]; P]` for P parameters of each of B features.
    type Parameters;

    /// The parameters, given the half that conditions and the context.
    fn condition(&self, a: &[T; A], context: &X) -> Self::Parameters;

    /// Passes the parameters to `transform` and returns what it returns.
    ///
    /// A conditioner overrides it to use less stack: in [`Network`](crate::Network) the parameters
    /// are not on the stack while the trunk runs.
    #[inline(always)]
    fn with_parameters<R>(
        &self,
        a: &[T; A],
        context: &X,
        transform: impl FnOnce(&Self::Parameters) -> R,
    ) -> R {
        transform(&self.condition(a, context))
    }
}
