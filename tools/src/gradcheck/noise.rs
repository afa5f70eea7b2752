//! How uncertain a value is that was computed in f64.

/// The distance from 1 to the next f64.
const EPSILON: f64 = f64::EPSILON;

/// How far rounding may have moved a value f of parameters p and features u:
///
/// ```text
/// noise = epsilon (sum |terms of f| + sum |p df/dp| + sum |u df/du|),    epsilon = 2^-52
/// ```
///
/// What was computed is the exact value for other parameters and features, each off by a few
/// roundings: sums and products of a dense layer are stable backward. The derivatives say what this
/// does to f. They are large where the Jacobian is ill-conditioned. Roundings are independent, so
/// that together they stay below the sum of all.
pub fn noise(terms: &[f64], [p, dp]: [&[f64]; 2], [u, du]: [&[f64]; 2]) -> f64 {
    EPSILON * (size(terms) + moved(p, dp) + moved(u, du))
}

/// sum |terms|.
fn size(terms: &[f64]) -> f64 {
    terms.iter().map(|term| term.abs()).sum()
}

/// sum |v df/dv|.
fn moved(v: &[f64], dv: &[f64]) -> f64 {
    v.iter().zip(dv).map(|(v, dv)| (v * dv).abs()).sum()
}
