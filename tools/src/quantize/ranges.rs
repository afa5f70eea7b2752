//! How far inputs and activations may go. 15 bits pay for headroom: rows far from the data should
//! not saturate before they are improbable.

use crate::model::{MOST_ACTIVATION, ZERO_INPUT};

/// Inputs saturate at this multiple of the [`QUANTILE`] of the rows.
const INPUT_HEADROOM: f64 = 8.0;

/// The quantile of |input| that counts.
const QUANTILE: f64 = 0.999;

/// Activations saturate at this multiple of the largest activation of the rows.
const ACTIVATION_HEADROOM: i64 = 4;

/// The exponent of an input: a multiple of 2^-exponent is one step, and 2^14 - 1 steps reach as far
/// as the headroom, or to a bound that clamps the input.
pub fn exponent(inputs: impl Iterator<Item = f64>, bound: Option<f32>) -> i8 {
    let mut sizes: Vec<f64> = inputs.map(f64::abs).collect();
    sizes.sort_by(f64::total_cmp);
    let at = ((sizes.len() as f64 * QUANTILE) as usize).min(sizes.len() - 1);
    let reach = INPUT_HEADROOM * sizes[at];
    let reach = bound.map_or(reach, |bound| reach.min(bound.into()));
    if reach == 0.0 {
        return 0; // an input that is always 0 has no unit
    }
    ((ZERO_INPUT - 1) as f64 / reach).log2().floor().clamp(-20.0, 40.0) as i8
}

/// The least shift that leaves the headroom above the largest sum.
pub fn shift(largest: i64) -> u8 {
    (0..31).find(|shift| (largest * ACTIVATION_HEADROOM) >> shift <= MOST_ACTIVATION).unwrap_or(31)
}
