//! Derivatives by central differences of fourth order in f64,
//!
//! f'(v) = (8 (f(v + h) - f(v - h)) - (f(v + 2h) - f(v - 2h))) / 12h.
//!
//! Of a few steps h the one counts at which the differences have settled. Steps that carry a ReLU
//! over its kink do not count. The kink of a log-scale is in its derivative: small steps settle on
//! either side of it.

use super::Check;

/// The largest relative error that a correct gradient may show, where rounding does not stand in
/// the way.
pub const GRADIENT_BOUND: f64 = 1e-6;

/// Derivatives smaller than this part of the function are compared as if they were this large: a
/// difference has no more digits. With a bound of 1e-6 a wrong sign still shows from 5e-10 of the
/// function on.
pub const FLOOR: f64 = 1e-3;

/// Steps to take a difference with: large ones first, since they lose fewer digits.
const STEPS: [f64; 8] = [2e-4, 5e-5, 1e-5, 2e-6, 4e-7, 8e-8, 1.6e-8, 3.2e-9];

/// A derivative by differences.
#[derive(Clone, Copy, Debug)]
pub struct Difference {
    /// The derivative; NaN where no step counted.
    pub derivative: f64,
    /// How far it may be from the true derivative:
    ///
    /// ```text
    /// |D(h) - D(h')| + 3/2 noise / h
    /// ```
    ///
    /// D(h) is the difference with step h and h' the next larger step. The first term bounds the
    /// truncation, which shrinks by (h / h')^4 from one to the other. The second is what rounding
    /// of the four values does: (8 + 8 + 1 + 1) noise / 12h.
    pub doubt: f64,
    /// The size of the function there.
    pub size: f64,
}

/// The derivative of `f` by `v[i]`. `f` gives its value, which is uncertain by `noise`, and the
/// sides of the kinks.
///
/// Of all steps it takes the one with the least doubt; the analytic derivative has no say in it.
pub fn difference(
    v: &mut [f64],
    i: usize,
    noise: f64,
    mut f: impl FnMut(&[f64]) -> (f64, u64),
) -> Difference {
    let centre = v[i];
    let mut best = Difference { derivative: f64::NAN, doubt: f64::INFINITY, size: 0.0 };
    let mut larger = f64::NAN;
    for step in STEPS {
        let h = step * centre.abs().max(1.0);
        let rounding = 1.5 * noise / h;
        if rounding >= best.doubt {
            // Smaller steps have more of it.
            break;
        }
        let [far_below, below, above, far_above] = [-2.0, -1.0, 1.0, 2.0].map(|k| {
            v[i] = centre + k * h;
            f(v)
        });
        if [far_below, below, far_above].iter().any(|side| side.1 != above.1) {
            continue;
        }
        let size = above.0.abs();
        let derivative = (8.0 * (above.0 - below.0) - (far_above.0 - far_below.0)) / (12.0 * h);
        let doubt = (derivative - larger).abs() + rounding;
        if doubt < best.doubt {
            best = Difference { derivative, doubt, size };
        }
        larger = derivative;
        if best.doubt <= 0.01 * GRADIENT_BOUND * derivative.abs().max(FLOOR * size.max(1.0)) {
            break;
        }
    }
    v[i] = centre;
    best
}

/// The worst error of the derivatives `analytic` of `f` by each of `v`; `noise` is how uncertain a
/// value of `f` is.
///
/// An error is relative to the larger of the two derivatives, or to [`FLOOR`] times the size of the
/// function where both are smaller. Its bound is [`GRADIENT_BOUND`], or where it is larger, the
/// doubt of the difference, relative in the same way.
pub fn compare(
    name: String,
    v: &mut [f64],
    analytic: &[f64],
    noise: f64,
    mut f: impl FnMut(&[f64]) -> (f64, u64),
) -> Check {
    let mut check = Check::new(name, GRADIENT_BOUND);
    for (i, &analytic) in analytic.iter().enumerate() {
        let Difference { derivative: numeric, doubt, size } = difference(v, i, noise, &mut f);
        let scale = analytic.abs().max(numeric.abs()).max(FLOOR * size.max(1.0));
        let bound = GRADIENT_BOUND.max(doubt / scale);
        check.see((analytic - numeric).abs() / scale, bound, || {
            format!("index {i}: analytic {analytic:.9e}, numeric {numeric:.9e}")
        });
    }
    check
}
