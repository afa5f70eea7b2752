use crate::{
    Activation, Dense, Layers, Real, Trunk,
    heads::Heads,
    rolled::{keep_rolled, rolled},
};

/// A map of the half b that the half a conditions and that leaves a alone, so that its Jacobian is
/// triangular.
pub trait Coupling<T: Real, const A: usize, const B: usize> {
    /// Maps b of the data to b of the latents; returns log|det| of this map.
    fn forward_mut(&self, a: &[T; A], b: &mut [T; B]) -> T;

    /// Maps b of the latents to b of the data; returns log|det| of this map.
    fn inverse_mut(&self, a: &[T; A], b: &mut [T; B]) -> T;
}

/// NICE's coupling: b <- b + t(a), log_det = 0.
///
/// NICE: Non-linear Independent Components Estimation (Dinh et al., 2014), <https://arxiv.org/abs/1410.8516>.
///
/// ```
/// use couplet::{AdditiveCoupling, Dense, Tanh, Trunk};
///
/// // in a `static`: the weights stay in flash
/// static COUPLING: AdditiveCoupling<Trunk<Dense<f32, 1, 2>, Tanh>, f32, 2, 1> =
///     AdditiveCoupling::new(Trunk::new(Dense::new([[1.0, -1.0]], [0.0; 2]), Tanh), Dense::new([[0.5], [0.5]], [0.0]));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(bound(
        serialize = "C: serde::Serialize, T: crate::wire::Number",
        deserialize = "C: serde::Deserialize<'de>, T: crate::wire::Number"
    ))
)]
pub struct AdditiveCoupling<C, T, const H: usize, const B: usize> {
    /// The conditioner's body, A inputs, H outputs.
    pub trunk: C,
    /// The head for t.
    pub shift: Dense<T, H, B>,
}

impl<C, T, const H: usize, const B: usize> AdditiveCoupling<C, T, H, B> {
    /// From the conditioner's trunk and head.
    pub const fn new(trunk: C, shift: Dense<T, H, B>) -> Self {
        AdditiveCoupling { trunk, shift }
    }
}

impl<T, L, F, const A: usize, const H: usize, const B: usize> Coupling<T, A, B>
    for AdditiveCoupling<Trunk<L, F>, T, H, B>
where
    T: Real,
    L: Layers<T, Input = [T; A], Output = [T; H]>,
    F: Activation,
{
    #[inline(never)] // or there would be a copy for each couplet of a model
    fn forward_mut(&self, a: &[T; A], b: &mut [T; B]) -> T {
        let mut h = L::room();
        self.trunk.layers.apply_to::<F>(a, &mut h);
        let mut t = [T::ZERO; B];
        self.shift.apply_to(&h, &mut t, T::NEG_INFINITY);
        for (b, &t) in rolled(b).iter_mut().zip(&t) {
            *b += t;
            keep_rolled();
        }
        T::ZERO
    }

    #[inline(never)]
    fn inverse_mut(&self, a: &[T; A], b: &mut [T; B]) -> T {
        let mut h = L::room();
        self.trunk.layers.apply_to::<F>(a, &mut h);
        let mut t = [T::ZERO; B];
        self.shift.apply_to(&h, &mut t, T::NEG_INFINITY);
        for (b, &t) in rolled(b).iter_mut().zip(&t) {
            *b -= t;
            keep_rolled();
        }
        T::ZERO
    }
}

/// RealNVP's coupling with a bounded log-scale: b <- b * exp(s(a)) + t(a), log_det = sum(s(a)).
///
/// The head gives r, and s = [`bounded`]`(r, bound)`, so that no reading can blow the scale up.
///
/// Density estimation using Real NVP (Dinh et al., 2016), <https://arxiv.org/abs/1605.08803>.
///
/// ```
/// use couplet::{AffineCoupling, Dense, Silu, Trunk};
///
/// // in a `static`: the weights stay in flash
/// static COUPLING: AffineCoupling<Trunk<Dense<f32, 1, 2>, Silu>, f32, 2, 1> = AffineCoupling::new(
///     Trunk::new(Dense::new([[1.0, -1.0]], [0.0; 2]), Silu),
///     Dense::new([[0.5], [0.5]], [0.0]),
///     Dense::new([[0.1], [-0.1]], [0.2]),
///     2.0,
/// );
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(bound(
        serialize = "C: serde::Serialize, T: crate::wire::Number",
        deserialize = "C: serde::Deserialize<'de>, T: crate::wire::Number"
    ))
)]
pub struct AffineCoupling<C, T, const H: usize, const B: usize> {
    /// The conditioner's body, A inputs, H outputs.
    pub trunk: C,
    heads: Heads<T, H, B>,
    /// The bound of |s|, at least 1: below, |r| / bound could overflow unseen.
    #[cfg_attr(feature = "serde", serde(with = "crate::wire::bound"))]
    pub bound: T,
}

impl<C, T, const H: usize, const B: usize> AffineCoupling<C, T, H, B> {
    /// From the conditioner's trunk and heads and the bound of the log-scale, which must be at
    /// least 1.
    pub const fn new(trunk: C, log_scale: Dense<T, H, B>, shift: Dense<T, H, B>, bound: T) -> Self
    where
        T: Copy,
    {
        AffineCoupling { trunk, heads: Heads::new(log_scale, shift), bound }
    }

    /// The head for r, the log-scale before it is bounded, and the head for t.
    pub fn heads(&self) -> [Dense<T, H, B>; 2]
    where
        T: Copy,
    {
        self.heads.split()
    }
}

impl<T, L, F, const A: usize, const H: usize, const B: usize> Coupling<T, A, B>
    for AffineCoupling<Trunk<L, F>, T, H, B>
where
    T: Real,
    L: Layers<T, Input = [T; A], Output = [T; H]>,
    F: Activation,
{
    #[inline(never)] // or there would be a copy for each couplet of a model
    fn forward_mut(&self, a: &[T; A], b: &mut [T; B]) -> T {
        let mut h = L::room();
        self.trunk.layers.apply_to::<F>(a, &mut h);
        self.scale_and_shift(&h, b)
    }

    #[inline(never)]
    fn inverse_mut(&self, a: &[T; A], b: &mut [T; B]) -> T {
        let mut h = L::room();
        self.trunk.layers.apply_to::<F>(a, &mut h);
        self.shift_and_scale_back(&h, b)
    }
}

impl<C, T: Real, const H: usize, const B: usize> AffineCoupling<C, T, H, B> {
    /// b <- b * exp(s) + t; returns sum(s).
    #[inline(never)] // what it keeps on the stack is not there while the trunk runs
    fn scale_and_shift(&self, h: &[T; H], b: &mut [T; B]) -> T {
        let [r, t] = &self.heads.apply(h);
        let mut log_det = T::ZERO;
        for ((b, &r), &t) in rolled(b).iter_mut().zip(r).zip(t) {
            let s = bounded(r, self.bound);
            *b = *b * s.exp() + t;
            log_det += s;
            keep_rolled();
        }
        log_det
    }

    /// b <- (b - t) * exp(-s); returns -sum(s).
    #[inline(never)]
    fn shift_and_scale_back(&self, h: &[T; H], b: &mut [T; B]) -> T {
        let [r, t] = &self.heads.apply(h);
        let mut log_det = T::ZERO;
        for ((b, &r), &t) in rolled(b).iter_mut().zip(r).zip(t) {
            let s = bounded(r, self.bound);
            *b = (*b - t) * (-s).exp();
            log_det -= s;
            keep_rolled();
        }
        log_det
    }
}

/// The bounded log-scale s = r / (1 + |r| / bound): smooth, |s| <= bound, slope 1 at 0, and cheaper
/// than a tanh.
///
/// An infinite r has overflowed on the way and gives NaN, which [`crate::Flow::log_prob`] turns
/// into negative infinity.
///
/// ```
/// assert_eq!(couplet::bounded(2.0_f32, 2.0), 1.0);
/// ```
#[inline]
pub fn bounded<T: Real>(r: T, bound: T) -> T {
    r / (T::ONE + r.abs() / bound)
}
