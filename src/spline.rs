//! A monotone rational-quadratic spline between knots.
//!
//! In a bin from the knot (x_0, y_0) with slope d_0 to the knot (x_1, y_1) with slope d_1, with
//! w = x_1 - x_0, h = y_1 - y_0, l = d_0 w, r = d_1 w, t = x - x_0 and v = x_1 - x:
//!
//! ```text
//! n = t (h t + l v),  m = v (h v + r t),  c = h / (n + m)
//! y = y_0 + n c,  dy/dx = c^2 w (t (r t + h v) + v (h t + l v))
//! ```
//!
//! These are the formulas of the paper, multiplied by w and h. Nothing is divided but h, and no
//! difference of large numbers is taken: all terms are positive. So rounding costs few digits, even
//! where a bin is narrow or steep.
//!
//! The inverse, with g = y - y_0, u = y_1 - y, a = l u - r g, q = 2 h and
//! s = |a| + sqrt(a^2 + q^2 g u), whose root has no negative argument:
//!
//! ```text
//! x = x_0 + w q g / (s + q g) where a >= 0,  x = x_1 - w q u / (s + q u) elsewhere
//! ```
//!
//! Neural Spline Flows (Durkan et al., 2019), section 3.1, <https://arxiv.org/abs/1906.04032>.

use crate::{Real, kernel::codegen::keep_rolled};

/// A knot: x, y, and the slope dy/dx, which is positive.
pub type Knot<T> = [T; 3];

/// y and dy/dx at `x`. Beyond the first and the last knot y is x, so NaN and infinity stay.
///
/// The knots ascend in x and in y; y is x at the first one and at the last one.
#[inline]
pub fn spline_forward<T: Real>(knots: &[Knot<T>], x: T) -> (T, T) {
    match bin(knots, |&[knot, ..]| knot <= x) {
        Some(bin) => spline_in_bin(&bin, x),
        None => (x, T::ONE),
    }
}

/// x and dy/dx there, from `y`: the inverse of [`spline_forward`].
#[inline]
pub fn spline_inverse<T: Real>(knots: &[Knot<T>], y: T) -> (T, T) {
    match bin(knots, |&[_, knot, _]| knot <= y) {
        Some(bin) => {
            let x = spline_back_in_bin(&bin, y);
            (x, spline_in_bin(&bin, x).1)
        }
        None => (y, T::ONE),
    }
}

/// The bin between the last knot that is at or below a value and the knot behind it. There are few
/// bins: to go from one to the next takes fewer instructions than halving.
#[inline(always)]
fn bin<T: Real>(knots: &[Knot<T>], is_below: impl Fn(&Knot<T>) -> bool) -> Option<[Knot<T>; 2]> {
    let mut knots = knots.iter();
    let mut left = knots.next().filter(|&first| is_below(first))?;
    for right in knots {
        if !is_below(right) {
            return Some([*left, *right]);
        }
        left = right;
        keep_rolled();
    }
    None
}

/// y and dy/dx in the bin between two knots. A loop that inlines it is vectorised.
#[inline(always)]
pub fn spline_in_bin<T: Real>(&[[x0, y0, d0], [x1, y1, d1]]: &[Knot<T>; 2], x: T) -> (T, T) {
    let (w, h) = (x1 - x0, y1 - y0);
    let (l, r) = (d0 * w, d1 * w);
    let (t, v) = (x - x0, x1 - x);
    let (ht, hv, lv, rt) = (h * t, h * v, l * v, r * t);
    let n = t * (ht + lv);
    let c = h / (n + v * (hv + rt));
    (y0 + n * c, c * c * w * (t * (rt + hv) + v * (ht + lv)))
}

/// x in the bin between two knots, from y.
#[inline(always)]
pub fn spline_back_in_bin<T: Real>(&[[x0, y0, d0], [x1, y1, d1]]: &[Knot<T>; 2], y: T) -> T {
    let (w, h) = (x1 - x0, y1 - y0);
    let (g, u) = (y - y0, y1 - y);
    let a = d0 * w * u - d1 * w * g;
    let q = h + h;
    let (qg, qu) = (q * g, q * u);
    let s = a.abs() + (a * a + qg * qu).sqrt();
    if a >= T::ZERO { x0 + w * qg / (s + qg) } else { x1 - w * qu / (s + qu) }
}

/// The logarithm of a product of slopes: one ln for all, unless the product leaves
/// [2^-64, 2^64].
///
/// A slope between 2^-62 and 2^62 cannot take it out of what an f32 holds.
#[derive(Clone, Copy, Debug)]
pub struct LnProduct<T> {
    product: T,
    /// The logarithms of what was in the product before.
    sum: T,
}

impl<T: Real> Default for LnProduct<T> {
    /// Of no factor.
    #[inline]
    fn default() -> Self {
        LnProduct { product: T::ONE, sum: T::ZERO }
    }
}

impl<T: Real> LnProduct<T> {
    /// Takes a factor, which is positive or NaN.
    #[inline]
    pub fn push(&mut self, factor: T) {
        const LARGE: f32 = (1_u128 << 64) as f32;
        self.product *= factor;
        if !self.product.is_between(T::from_f32(1.0 / LARGE), T::from_f32(LARGE)) {
            *self = LnProduct { product: T::ONE, sum: self.ln() };
        }
    }

    /// The logarithm.
    #[inline(never)] // one copy
    pub fn ln(self) -> T {
        self.sum + self.product.ln()
    }
}
