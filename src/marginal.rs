use crate::{
    Bijection, Real,
    kernel::codegen::{keep_rolled, unspecialised},
    spline::{Knot, LnProduct, spline_forward, spline_inverse},
};
use nalgebra::{ArrayStorage, SMatrix, SVector};

/// Each feature by its own monotone rational-quadratic spline: z_i = spline_i(x_i), log_det =
/// sum(ln slope_i).
///
/// It bends the distribution of each feature, before layers that mix them. A spline runs through N
/// knots (x, y, slope) and is the identity beyond the first and the last one. `knots` has them one
/// after the other, E = 3 N numbers a feature, so 4 D E bytes of flash.
///
/// In the bin from the knot (x_0, y_0, d_0) to (x_1, y_1, d_1), with w = x_1 - x_0, h = y_1 - y_0,
/// l = d_0 w, r = d_1 w, t = x - x_0 and v = x_1 - x, rounded after each operation in the order of
/// the formulas:
///
/// ```text
/// n = t (h t + l v),  c = h / (n + v (h v + r t))
/// z = y_0 + n c,  slope = c c w (t (r t + h v) + v (h t + l v))
/// ```
///
/// Slopes are multiplied in index order, and one ln is taken of the product. Where the product
/// leaves [2^-64, 2^64], its ln is taken and a new product begins.
///
/// Neural Spline Flows (Durkan et al., 2019), <https://arxiv.org/abs/1906.04032>.
///
/// ```
/// use couplet::{Bijection, Marginal};
///
/// // in a `static`: the values stay in flash; one feature, two bins from -2 to 0 and to 2
/// static MARGINAL: Marginal<f32, 1, 9> =
///     Marginal::new([[-2.0, -2.0, 1.0, 0.0, 1.0, 0.5, 2.0, 2.0, 1.0]]);
/// let (z, log_det) = MARGINAL.forward(&[0.0].into(), &());
/// assert_eq!((z[0], log_det), (1.0, 0.5_f32.ln()));
/// assert_eq!(MARGINAL.forward(&[3.0].into(), &()), ([3.0].into(), 0.0));
/// ```
///
/// Another number of numbers does not compile:
///
/// ```compile_fail,E0080
/// use couplet::Marginal;
///
/// // error[E0080]: each feature has E = 3 N numbers, x, y and slope of N knots
/// static MARGINAL: Marginal<f32, 1, 8> = Marginal::new([[0.0; 8]]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(bound = "T: crate::wire::Number"))]
pub struct Marginal<T, const D: usize, const E: usize> {
    /// x, y and slope of each knot \[D, E\], one column for each feature. x and y ascend, slopes
    /// are positive, and y is x at the first and at the last knot.
    #[cfg_attr(
        feature = "serde",
        serde(
            serialize_with = "crate::wire::serialize",
            deserialize_with = "crate::wire::deserialize_knots"
        )
    )]
    pub knots: SMatrix<T, E, D>,
}

impl<T, const D: usize, const E: usize> Marginal<T, D, E> {
    /// Whoever makes or evaluates a marginal names it, so that the compiler checks it.
    const EVERY_KNOT_IS_WHOLE: () = assert!(
        E.is_multiple_of(3) && E >= 6,
        "each feature has E = 3 N numbers, x, y and slope of N knots, at least two"
    );

    /// From x, y and slope of each knot, in the order of x, for each feature.
    pub const fn new(knots: [[T; E]; D]) -> Self {
        const { Self::EVERY_KNOT_IS_WHOLE };
        Marginal { knots: SMatrix::from_array_storage(ArrayStorage(knots)) }
    }

    /// The knots of all features.
    fn knots(&self) -> &[Knot<T>] {
        self.knots.data.0.as_flattened().as_chunks().0
    }
}

impl<T: Real, X, const D: usize, const E: usize> Bijection<T, D, X> for Marginal<T, D, E> {
    fn forward_mut(&self, x: &mut SVector<T, D>, _: &X, log_det: &mut T) {
        const { Self::EVERY_KNOT_IS_WHOLE };
        *log_det += forward(unspecialised(x.as_mut_slice()), self.knots(), unspecialised(E / 3));
    }

    fn inverse_mut(&self, z: &mut SVector<T, D>, _: &X, log_det: &mut T) {
        const { Self::EVERY_KNOT_IS_WHOLE };
        *log_det -= inverse(unspecialised(z.as_mut_slice()), self.knots(), unspecialised(E / 3));
    }
}

#[inline(never)] // one copy
fn forward<T: Real>(x: &mut [T], knots: &[Knot<T>], each: usize) -> T {
    map(x, knots, each, spline_forward)
}

#[inline(never)] // one copy
fn inverse<T: Real>(z: &mut [T], knots: &[Knot<T>], each: usize) -> T {
    map(z, knots, each, spline_inverse)
}

/// Maps each feature by its spline. Returns the logarithm of the product of all slopes.
#[inline(always)]
fn map<T: Real>(
    x: &mut [T],
    mut knots: &[Knot<T>],
    each: usize,
    spline: impl Fn(&[Knot<T>], T) -> (T, T),
) -> T {
    let mut slopes = LnProduct::default();
    for x in x {
        let Some((own, others)) = knots.split_at_checked(each) else { break };
        let (y, slope) = spline(own, *x);
        *x = y;
        slopes.push(slope);
        knots = others;
        keep_rolled();
    }
    slopes.ln()
}
