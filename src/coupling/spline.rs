use super::{Coupling, Transform};
use crate::{
    Dense, Fixed, Heads, Network, Real,
    kernel::codegen::{keep_rolled, unspecialised},
    spline::{Knot, LnProduct, spline_back_in_bin, spline_in_bin},
};

/// The transform of neural spline flows: b <- spline(b), log_det = sum(ln slope), each feature by a
/// monotone rational-quadratic spline of K bins, which is the identity beyond -bound and bound.
///
/// 3 K - 1 parameters of each feature: raw numbers of K widths, K heights, and K - 1 slopes at the
/// inner knots. A positive rational makes positive numbers of them, without an exp:
///
/// ```text
/// p(r) = (1 + |r| + c r) / (1 + |r| - c r),  between 1/m and m, with c = (m - 1) / (m + 1)
/// x_i = 2 bound / (p_0 + ... + p_(K-1)) (p_0 + ... + p_(i-1)) - bound,  y_i likewise
/// d_i = p(r_i),  and 1 at the first and the last knot
/// ```
///
/// All zeros are the identity. In a bin see [`Marginal`](crate::Marginal). Slopes are multiplied in
/// index order, and one ln is taken of the product, as there.
///
/// Neural Spline Flows (Durkan et al., 2019), <https://arxiv.org/abs/1906.04032>, with p in place of
/// softmax and softplus.
#[doc(alias = "RQS")]
#[doc(alias = "NSF")]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spline<T, const K: usize> {
    /// The bound of x and y, positive.
    pub bound: T,
    /// c = (m - 1) / (m + 1), between 0 and 1.
    pub c: T,
}

impl<T, const K: usize> Spline<T, K> {
    /// From the bound, which must be positive, and c, which must be between 0 and 1.
    pub const fn new(bound: T, c: T) -> Self {
        const { assert!(K >= 2, "a spline has at least two bins") };
        Spline { bound, c }
    }
}

impl<T: Real, const B: usize, const E: usize, const K: usize> Transform<T, [[T; E]; 1], B>
    for Spline<T, K>
{
    fn forward(&self, [raw]: &[[T; E]; 1], b: &mut [T; B]) -> T {
        const { assert!(E == B * (3 * K - 1), "a spline of K bins takes 3 K - 1 parameters") };
        forward(self, unspecialised(b.as_mut_slice()), raw)
    }

    fn inverse(&self, [raw]: &[[T; E]; 1], b: &mut [T; B]) -> T {
        const { assert!(E == B * (3 * K - 1), "a spline of K bins takes 3 K - 1 parameters") };
        -inverse(self, unspecialised(b.as_mut_slice()), raw)
    }
}

/// Of an integer conditioner's raw numbers.
impl<const B: usize, const E: usize, const K: usize> Transform<f32, [[Fixed; E]; 1], B>
    for Spline<f32, K>
{
    fn forward(&self, [raw]: &[[Fixed; E]; 1], b: &mut [f32; B]) -> f32 {
        Transform::forward(self, &[raw.map(Fixed::to_f32)], b)
    }

    fn inverse(&self, [raw]: &[[Fixed; E]; 1], b: &mut [f32; B]) -> f32 {
        Transform::inverse(self, &[raw.map(Fixed::to_f32)], b)
    }
}

#[inline(never)] // one copy
fn forward<T: Real, const K: usize>(spline: &Spline<T, K>, b: &mut [T], raw: &[T]) -> T {
    map(spline, b, raw, |spline, x, scratch| spline.forward(x, scratch))
}

#[inline(never)] // one copy
fn inverse<T: Real, const K: usize>(spline: &Spline<T, K>, b: &mut [T], raw: &[T]) -> T {
    map(spline, b, raw, |spline, y, scratch| spline.inverse(y, scratch))
}

/// Maps each feature by its spline. Returns the logarithm of the product of all slopes.
#[inline(always)]
fn map<T: Real, const K: usize>(
    &Spline { bound, c }: &Spline<T, K>,
    b: &mut [T],
    mut raw: &[T],
    spline: impl Fn(&RawSpline<'_, T>, T, [&mut [T]; 2]) -> (T, T),
) -> T {
    let mut slopes = LnProduct::default();
    for b in b {
        let Some((own, others)) = raw.split_at_checked(3 * K - 1) else { break };
        let raw_spline = RawSpline { raw: own, bins: K, bound, c };
        let (y, slope) = spline(&raw_spline, *b, [&mut [T::ZERO; K], &mut [T::ZERO; K]]);
        *b = y;
        slopes.push(slope);
        raw = others;
        keep_rolled();
    }
    slopes.ln()
}

/// One feature's spline, see [`Spline`], of any number of bins.
#[derive(Clone, Copy, Debug)]
pub struct RawSpline<'a, T> {
    /// Raw numbers of widths, heights and inner slopes \[3 K - 1\].
    pub raw: &'a [T],
    /// K.
    pub bins: usize,
    /// The bound of x and y.
    pub bound: T,
    /// See [`Spline`].
    pub c: T,
}

impl<T: Real> RawSpline<'_, T> {
    /// y and dy/dx at `x`. `scratch` has twice K numbers.
    #[inline(always)]
    pub fn forward(&self, x: T, scratch: [&mut [T]; 2]) -> (T, T) {
        match self.bin::<false>(x, scratch) {
            Some(bin) => spline_in_bin(&bin, x),
            None => (x, T::ONE),
        }
    }

    /// x and dy/dx there, from `y`. `scratch` has twice K numbers.
    #[inline(always)]
    pub fn inverse(&self, y: T, scratch: [&mut [T]; 2]) -> (T, T) {
        match self.bin::<true>(y, scratch) {
            Some(bin) => {
                let x = spline_back_in_bin(&bin, y);
                (x, spline_in_bin(&bin, x).1)
            }
            None => (y, T::ONE),
        }
    }

    /// The bin in which a value of x is, or of y; none from the bound on and for NaN.
    #[inline(always)]
    fn bin<const OF_Y: bool>(&self, value: T, scratch: [&mut [T]; 2]) -> Option<[Knot<T>; 2]> {
        let Self { raw, bins, bound, .. } = *self;
        let is_inside = value.abs() < bound; // not so for NaN
        if !is_inside {
            return None;
        }
        let (widths, rest) = raw.split_at_checked(bins)?;
        let (heights, slopes) = rest.split_at_checked(bins)?;
        let [along, across] = if OF_Y { [heights, widths] } else { [widths, heights] };
        let [along_sums, across_sums] = scratch;

        let unit = self.unit(along, along_sums);
        let (mut left, mut right, mut k) = (-bound, bound, 0_usize);
        for &sum in along_sums.iter().take(bins - 1) {
            let knot = sum * unit - bound;
            if value < knot {
                right = knot;
                break;
            }
            left = knot;
            k += 1;
        }

        let unit = self.unit(across, across_sums);
        let knot = |sum: &T| *sum * unit - bound;
        let before = k.wrapping_sub(1); // which no array has where k is 0
        let other_left = across_sums.get(before).map_or(-bound, knot);
        let other_right = if k == bins - 1 { bound } else { knot(across_sums.get(k)?) };
        let slope = |raw: &T| self.positive(*raw);
        let d0 = slopes.get(before).map_or(T::ONE, slope);
        let d1 = slopes.get(k).map_or(T::ONE, slope);
        Some(if OF_Y {
            [[other_left, left, d0], [other_right, right, d1]]
        } else {
            [[left, other_left, d0], [right, other_right, d1]]
        })
    }

    /// Writes p_0, p_0 + p_1, ... and returns 2 bound / (p_0 + ... + p_(K-1)).
    #[inline(always)]
    fn unit(&self, raw: &[T], sums: &mut [T]) -> T {
        let mut sum = -T::ZERO; // to which the compiler need not add the first p
        for (to, &raw) in sums.iter_mut().zip(raw) {
            sum += self.positive(raw);
            *to = sum;
        }
        (self.bound + self.bound) / sum
    }

    /// p(r).
    #[inline(always)]
    fn positive(&self, r: T) -> T {
        let (large, tilt) = (T::ONE + r.abs(), self.c * r);
        (large + tilt) / (large - tilt)
    }
}

/// A coupling by splines of K bins: a trunk C of H hidden features and one head of E = B (3 K - 1)
/// raw numbers, those of the first feature first.
///
/// ```
/// use couplet::{Coupling, Dense, NeuralSpline, Relu, Trunk};
///
/// // in a `static`: the weights stay in flash; m = 8, so c = 7 / 9
/// static COUPLING: NeuralSpline<Trunk<Dense<f32, 1, 2>, Relu>, f32, 2, 5, 2> = Coupling::spline(
///     Trunk::new(Dense::new([[1.0, -1.0]], [0.0; 2]), Relu),
///     Dense::new([[0.5; 5], [-0.5; 5]], [0.0; 5]),
///     4.0,
///     7.0 / 9.0,
/// );
/// ```
///
/// Another number of raw numbers does not compile:
///
/// ```compile_fail,E0080
/// use couplet::{Coupling, CouplingLayer, Dense, Heads, Network, Relu, Spline, Trunk};
///
/// let (layer, head) = (Dense::new([[1.0; 2]], [0.0; 2]), Dense::new([[0.0_f32; 4]; 2], [0.0; 4]));
/// let network = Network::new(Trunk::new(layer, Relu), Heads::new([head]));
/// // error[E0080]: a spline of K bins takes 3 K - 1 parameters
/// Coupling::new(network, Spline::<f32, 2>::new(4.0, 0.5)).forward_mut(&[0.0], &mut [0.0], &());
/// ```
pub type NeuralSpline<C, T, const H: usize, const E: usize, const K: usize> =
    Coupling<Network<C, Heads<T, H, E, 1>>, Spline<T, K>>;

impl<C, T, const H: usize, const E: usize, const K: usize> NeuralSpline<C, T, H, E, K> {
    /// [`NeuralSpline`]'s coupling from the conditioner's trunk, the head for the raw numbers, and
    /// the spline's bound and c.
    pub const fn spline(trunk: C, raw: Dense<T, H, E>, bound: T, c: T) -> Self
    where
        T: Copy,
    {
        Coupling::new(Network::new(trunk, Heads::new([raw])), Spline::new(bound, c))
    }
}

#[cfg(feature = "serde")]
mod serde_impl {
    use super::Spline;
    use crate::wire::Number;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    /// The transform's tag, which tells it from others on the wire.
    mod tag {
        pub(super) struct Spline;
        crate::wire::tagged!(Spline, 2);
    }

    /// How the transform travels.
    #[derive(Serialize, Deserialize)]
    #[serde(rename = "Spline", bound = "T: Number")]
    struct Tagged<T> {
        kind: tag::Spline,
        bins: u16,
        #[serde(deserialize_with = "crate::wire::positive")]
        bound: T,
        #[serde(deserialize_with = "crate::wire::between_zero_and_one")]
        c: T,
    }

    impl<T: Number, const K: usize> Serialize for Spline<T, K> {
        fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
            let Spline { bound, c } = *self;
            Tagged { kind: tag::Spline, bins: K as u16, bound, c }.serialize(to)
        }
    }

    impl<'de, T: Number, const K: usize> Deserialize<'de> for Spline<T, K> {
        fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
            let Tagged { bins, bound, c, .. } = Tagged::deserialize(from)?;
            if usize::from(bins) != K {
                return Err(serde::de::Error::custom("a spline has another number of bins"));
            }
            Ok(Spline { bound, c })
        }
    }
}
