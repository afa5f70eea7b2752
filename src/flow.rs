use crate::{Base, Bijection, Context, Given, Real, Standardize, kernel::codegen::rolled};
use heapless::Vec;
use nalgebra::SVector;
use rand_core::Rng;

/// A normalizing flow: a density over D features, from a bijection to latents of known density.
///
/// log_prob(x) = base.log_prob(z) + log|det dz/dx|, where z = forward(x), in nats.
///
/// `layers` is any [`Bijection`]: an array of couplets, a pair of an array and a [`crate::Scale`],
/// or one of your own. Each method evaluates each layer once.
///
/// With a [`Context`] the flow is conditional, p(x | c): [`Flow::conditional`] makes it, and the
/// methods whose names end in `given` take the context beside the reading.
///
/// ```
/// use couplet::nalgebra::SVector;
/// use couplet::{
///     Couplet, Coupling, Dense, Flow, RealNvp, Relu, StandardNormal, Standardize, Trunk,
/// };
///
/// type Layer = RealNvp<Trunk<Dense<f32, 1, 2>, Relu>, f32, 2, 1>;
/// const LAYER: Layer = Coupling::affine(
///     Trunk::new(Dense::new([[1.0, -1.0]], [0.0; 2]), Relu),
///     Dense::new([[0.5], [0.5]], [0.0]),
///     Dense::new([[0.1], [-0.1]], [0.2]),
///     2.0,
/// );
///
/// // in a `static`: the whole model stays in flash
/// static FLOW: Flow<f32, 2, [Couplet<Layer, Layer, 1, 1>; 3], StandardNormal> =
///     Flow::new(
///         Standardize::new([0.0; 2], [1.0; 2]),
///         [Couplet::new(LAYER, LAYER); 3],
///         StandardNormal,
///     );
///
/// let (z, log_det) = FLOW.forward(&[0.5, -1.0].into());
/// assert!((FLOW.inverse(&z).0 - SVector::from([0.5, -1.0])).norm() < 1e-5);
/// assert!(FLOW.log_prob(&[0.5, -1.0].into()) > FLOW.log_prob(&[5.0, -1.0].into()));
/// assert_eq!(FLOW.log_prob(&[f32::NAN, 0.0].into()), f32::NEG_INFINITY);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Flow<T, const D: usize, L, B, G = ()> {
    /// The first layer: from raw readings to features of mean 0 and variance 1.
    pub standardize: Standardize<T, D>,
    /// All other layers in forward order.
    pub layers: L,
    /// The distribution of the latents.
    pub base: B,
    /// What is given beside a reading: `()`, nothing, or a [`Context`].
    pub context: G,
}

impl<T, const D: usize, L, B> Flow<T, D, L, B> {
    /// From the layers in forward order and the distribution of the latents.
    pub const fn new(standardize: Standardize<T, D>, layers: L, base: B) -> Self {
        Flow { standardize, layers, base, context: () }
    }
}

impl<T, const D: usize, L, B, const C: usize> Flow<T, D, L, B, Context<T, C>> {
    /// From the context, the layers in forward order, and the distribution of the latents.
    ///
    /// The first layer of each trunk takes the half that conditions and the C contexts.
    ///
    /// ```
    /// use couplet::{
    ///     Context, Couplet, Coupling, Dense, Flow, RealNvp, Relu, StandardNormal, Standardize, Trunk,
    /// };
    ///
    /// type Layer = RealNvp<Trunk<Dense<f32, 2, 2>, Relu>, f32, 2, 1>; // a half of 1, a context of 1
    /// const LAYER: Layer = Coupling::affine(
    ///     Trunk::new(Dense::new([[1.0, -1.0], [0.5, 0.25]], [0.0; 2]), Relu),
    ///     Dense::new([[0.5], [0.5]], [0.0]),
    ///     Dense::new([[0.1], [-0.1]], [0.2]),
    ///     2.0,
    /// );
    /// static FLOW: Flow<f32, 2, Couplet<Layer, Layer, 1, 1>, StandardNormal, Context<f32, 1>> =
    ///     Flow::conditional(
    ///         Context::new([50.0], [25.0], [0.0], [100.0], None),
    ///         Standardize::new([0.0; 2], [1.0; 2]),
    ///         Couplet::new(LAYER, LAYER),
    ///         StandardNormal,
    ///     );
    ///
    /// let x = [0.5, -1.0].into();
    /// assert_ne!(FLOW.log_prob_given(&x, &[20.0].into()), FLOW.log_prob_given(&x, &[80.0].into()));
    /// ```
    ///
    /// Another number of contexts does not compile:
    ///
    /// ```compile_fail,E0080
    /// # use couplet::{
    /// #     Context, Couplet, Coupling, Dense, Flow, RealNvp, Relu, StandardNormal, Standardize, Trunk,
    /// # };
    /// # type Layer = RealNvp<Trunk<Dense<f32, 2, 2>, Relu>, f32, 2, 1>;
    /// # const LAYER: Layer = Coupling::affine(
    /// #     Trunk::new(Dense::new([[1.0, -1.0], [0.5, 0.25]], [0.0; 2]), Relu),
    /// #     Dense::new([[0.5], [0.5]], [0.0]),
    /// #     Dense::new([[0.1], [-0.1]], [0.2]),
    /// #     2.0,
    /// # );
    /// static FLOW: Flow<f32, 2, Couplet<Layer, Layer, 1, 1>, StandardNormal, Context<f32, 2>> =
    ///     Flow::conditional(
    ///         Context::new([50.0; 2], [25.0; 2], [0.0; 2], [100.0; 2], None),
    ///         Standardize::new([0.0; 2], [1.0; 2]),
    ///         Couplet::new(LAYER, LAYER),
    ///         StandardNormal,
    ///     );
    ///
    /// // error[E0080]: the first layer of a trunk takes the A features and the C contexts
    /// FLOW.log_prob_given(&[0.5, -1.0].into(), &[20.0, 1.0].into());
    /// ```
    pub const fn conditional(
        context: Context<T, C>,
        standardize: Standardize<T, D>,
        layers: L,
        base: B,
    ) -> Self {
        Flow { standardize, layers, base, context }
    }
}

impl<T: Real, const D: usize, L: Bijection<T, D>, B: Base<T>> Flow<T, D, L, B> {
    /// The log-density of a reading in nats: finite or negative infinity, never NaN, so that
    /// `log_prob(&x) < threshold` raises the alarm.
    ///
    /// It is negative infinity where a feature is NaN or infinite, and where an overflow in a layer
    /// leaves NaN or infinity. An infinite hidden feature need not: tanh maps it to 1 or -1, relu
    /// negative infinity to 0.
    ///
    /// ```
    /// # use couplet::{Flow, Scale, StandardLogistic, Standardize};
    /// # let standardize = Standardize::new([20.0_f32, 1.0], [1.0, 0.5]);
    /// # let flow = Flow::new(standardize, Scale::new([0.0; 2]), StandardLogistic);
    /// assert!(flow.log_prob(&[20.5, 1.25].into()) > flow.log_prob(&[28.0, 1.25].into()));
    /// assert_eq!(flow.log_prob(&[f32::NAN, 1.25].into()), f32::NEG_INFINITY);
    /// ```
    pub fn log_prob(&self, x: &SVector<T, D>) -> T {
        self.log_prob_given(x, &())
    }

    /// The log-density of each of many readings, in order, in nats.
    ///
    /// The iterator computes one at a time and allocates nothing: `for log_prob in
    /// flow.log_probs(&readings)`.
    pub fn log_probs<'a>(
        &'a self,
        points: &'a [SVector<T, D>],
    ) -> impl ExactSizeIterator<Item = T> + 'a {
        points.iter().map(|x| self.log_prob(x))
    }

    /// Returns the latents of a reading and log|det dz/dx|.
    ///
    /// ```
    /// # use couplet::{Flow, Scale, StandardLogistic, Standardize};
    /// # let standardize = Standardize::new([20.0_f32, 1.0], [1.0, 0.5]);
    /// # let flow = Flow::new(standardize, Scale::new([0.0; 2]), StandardLogistic);
    /// let (z, log_det) = flow.forward(&[21.0, 1.0].into());
    /// assert_eq!((z.as_slice(), log_det), (&[1.0, 0.0][..], 2_f32.ln()));
    /// ```
    pub fn forward(&self, x: &SVector<T, D>) -> (SVector<T, D>, T) {
        self.forward_given(x, &())
    }

    /// Returns the reading of latents and log|det dx/dz|.
    ///
    /// ```
    /// # use couplet::{Flow, Scale, StandardLogistic, Standardize};
    /// # let standardize = Standardize::new([20.0_f32, 1.0], [1.0, 0.5]);
    /// # let flow = Flow::new(standardize, Scale::new([0.0; 2]), StandardLogistic);
    /// let (x, log_det) = flow.inverse(&[1.0, 0.0].into());
    /// assert_eq!((x.as_slice(), log_det), (&[21.0, 1.0][..], -2_f32.ln()));
    /// ```
    pub fn inverse(&self, z: &SVector<T, D>) -> (SVector<T, D>, T) {
        self.inverse_given(z, &())
    }

    /// Draws a sample of the density: the inverse of a sample of the base.
    ///
    /// A generator in the same state draws the same bits on the host and on the device.
    ///
    /// ```
    /// # use couplet::{Flow, Scale, StandardLogistic, Standardize};
    /// use rand_core::SeedableRng;
    /// use rand_xoshiro::Xoshiro128PlusPlus; // 32-bit, made for small cores
    ///
    /// # let standardize = Standardize::new([20.0_f32, 1.0], [1.0, 0.5]);
    /// # let flow = Flow::new(standardize, Scale::new([0.0; 2]), StandardLogistic);
    /// let mut rng = Xoshiro128PlusPlus::seed_from_u64(7);
    /// let reading = flow.sample(&mut rng);
    /// assert!(flow.log_prob(&reading).is_finite());
    /// ```
    pub fn sample<R: Rng + ?Sized>(&self, rng: &mut R) -> SVector<T, D> {
        self.sample_given(rng, &())
    }

    /// Fills `samples` with samples, up to its capacity.
    ///
    /// ```
    /// # use couplet::{Flow, Scale, StandardNormal, Standardize};
    /// # use rand_core::SeedableRng;
    /// # let mut rng = rand_xoshiro::Xoshiro128PlusPlus::seed_from_u64(7);
    /// # let standardize = Standardize::new([20.0_f32, 1.0], [1.0, 0.5]);
    /// # let flow = Flow::new(standardize, Scale::new([0.0; 2]), StandardNormal);
    /// let mut samples: heapless::Vec<_, 16> = heapless::Vec::new();
    /// flow.sample_into(&mut rng, &mut samples);
    /// assert!(samples.is_full());
    /// ```
    pub fn sample_into<R: Rng + ?Sized, const N: usize>(
        &self,
        rng: &mut R,
        samples: &mut Vec<SVector<T, D>, N>,
    ) {
        while !samples.is_full() {
            if samples.push(self.sample(rng)).is_err() {
                return;
            }
        }
    }
}

impl<T: Real, const D: usize, L, B, G> Flow<T, D, L, B, G>
where
    L: Bijection<T, D, G::Values>,
    B: Base<T>,
    G: Given<T>,
{
    /// The log-density of a reading, given a context, in nats: finite or negative infinity, never
    /// NaN. It is negative infinity where a context is not finite, standardised or not, and where [`Flow::log_prob`]
    /// would be.
    pub fn log_prob_given(&self, x: &SVector<T, D>, context: &G::Values) -> T {
        let Some(seen) = self.context.seen(context) else { return T::NO_FLOOR };
        let mut z = *x;
        let mut log_det = T::ZERO;
        self.standardize.forward_mut(&mut z, &(), &mut log_det);
        self.layers.forward_mut(&mut z, &seen, &mut log_det);
        let log_prob = self.base.log_prob(rolled(z.as_mut_slice())) + log_det;
        if log_prob.is_finite() { log_prob } else { T::NO_FLOOR }
    }

    /// Returns the latents of a reading, given a context, and log|det dz/dx| at that context: all
    /// NaN where a context is not finite.
    pub fn forward_given(&self, x: &SVector<T, D>, context: &G::Values) -> (SVector<T, D>, T) {
        let mut latents = (*x, T::ZERO);
        let Some(seen) = self.context.seen(context) else { return not_a_number(latents) };
        self.standardize.forward_mut(&mut latents.0, &(), &mut latents.1);
        self.layers.forward_mut(&mut latents.0, &seen, &mut latents.1);
        canonical(&mut latents.0, &mut latents.1);
        latents
    }

    /// Returns the reading of latents, given a context, and log|det dx/dz| at that context: all NaN
    /// where a context is not finite.
    pub fn inverse_given(&self, z: &SVector<T, D>, context: &G::Values) -> (SVector<T, D>, T) {
        let mut reading = (*z, T::ZERO);
        let Some(seen) = self.context.seen(context) else { return not_a_number(reading) };
        self.inverse_mut(&mut reading.0, &seen, &mut reading.1);
        reading
    }

    fn inverse_mut(&self, reading: &mut SVector<T, D>, seen: &G::Values, log_det: &mut T) {
        self.layers.inverse_mut(reading, seen, log_det);
        self.standardize.inverse_mut(reading, &(), log_det);
        canonical(reading, log_det);
    }

    /// Draws a sample of the density, given a context: the inverse of a sample of the base. All its
    /// features are NaN where a context is not finite.
    pub fn sample_given<R: Rng + ?Sized>(&self, rng: &mut R, context: &G::Values) -> SVector<T, D> {
        let mut reading = (SVector::from([T::ZERO; D]), T::ZERO);
        self.base.sample(rng, reading.0.as_mut_slice());
        let Some(seen) = self.context.seen(context) else { return not_a_number(reading).0 };
        self.inverse_mut(&mut reading.0, &seen, &mut reading.1);
        reading.0
    }
}

/// Canonical NaN in place of every number.
#[cold]
fn not_a_number<T: Real, const D: usize>((mut point, _): (SVector<T, D>, T)) -> (SVector<T, D>, T) {
    point.fill(T::NAN);
    (point, T::NAN)
}

/// Replaces each NaN by the canonical one, whose bits are the same on every target.
fn canonical<T: Real, const D: usize>(point: &mut SVector<T, D>, log_det: &mut T) {
    for value in rolled(point.as_mut_slice()).iter_mut().chain([log_det]) {
        if value.is_nan() {
            *value = T::NAN;
        }
    }
}
