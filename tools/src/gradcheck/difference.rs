//! Derivatives by central differences of fourth order in f64,
//!
//! f'(v) = (8 (f(v + h) - f(v - h)) - (f(v + 2h) - f(v - 2h))) / 12h.
//!
//! Of a few steps h the one counts at which the differences have settled. Steps that carry a ReLU
//! over its kink do not count.

use super::Check;

/// The largest relative error that a correct gradient may show.
pub const GRADIENT_BOUND: f64 = 1e-6;

/// Derivatives smaller than this part of the function are compared as if they were this large: a
/// difference has no more digits. A wrong sign still shows from 5e-10 of the function on.
pub const FLOOR: f64 = 1e-3;

/// Steps to take a difference with: large ones first, since they lose fewer digits.
const STEPS: [f64; 5] = [2e-4, 5e-5, 1e-5, 2e-6, 4e-7];

/// The derivative of `f` by `v[i]` and the size of f there. `f` gives its value and the sides of
/// the kinks.
///
/// Of all steps it takes the one whose difference agrees best with that of the next smaller step,
/// rounding errors expected there added; the analytic derivative has no say in it.
pub fn difference(v: &mut [f64], i: usize, mut f: impl FnMut(&[f64]) -> (f64, u64)) -> (f64, f64) {
    let (centre, mut size) = (v[i], 0.0);
    let (mut derivative, mut doubt, mut larger) = (f64::NAN, f64::INFINITY, f64::NAN);
    for step in STEPS {
        let h = step * centre.abs().max(1.0);
        let [far_below, below, above, far_above] = [-2.0, -1.0, 1.0, 2.0].map(|k| {
            v[i] = centre + k * h;
            f(v)
        });
        if [far_below, below, far_above].iter().any(|side| side.1 != above.1) {
            continue;
        }
        size = above.0.abs();
        let here = (8.0 * (above.0 - below.0) - (far_above.0 - far_below.0)) / (12.0 * h);
        let difference = (here - larger).abs() + f64::EPSILON * size / h;
        if derivative.is_nan() || difference < doubt {
            derivative = here;
            doubt = if difference.is_nan() { f64::INFINITY } else { difference };
        }
        larger = here;
        if doubt <= 0.01 * GRADIENT_BOUND * here.abs().max(FLOOR * size.max(1.0)) {
            break;
        }
    }
    v[i] = centre;
    (derivative, size)
}

/// Relative to the larger derivative, or to [`FLOOR`] times the size of the function where both are
/// smaller.
fn relative_error(analytic: f64, numeric: f64, size: f64) -> f64 {
    (analytic - numeric).abs() / analytic.abs().max(numeric.abs()).max(FLOOR * size.max(1.0))
}

/// The worst error of the derivatives `analytic` of `f` by each of `v`.
pub fn compare(
    name: String,
    v: &mut [f64],
    analytic: &[f64],
    mut f: impl FnMut(&[f64]) -> (f64, u64),
) -> Check {
    let mut check = Check::new(name, GRADIENT_BOUND);
    for (i, &analytic) in analytic.iter().enumerate() {
        let (numeric, size) = difference(v, i, &mut f);
        let error = relative_error(analytic, numeric, size);
        check.see(error, || format!("index {i}: analytic {analytic:.9e}, numeric {numeric:.9e}"));
    }
    check
}
