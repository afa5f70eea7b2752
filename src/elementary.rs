//! exp, tanh, and cos and sin of a turn, in f32 and in few operations. Those of libm divide more
//! often, and its sin and cos compute in f64, which a single-precision core must emulate.
//!
//! Only sums, products and one division, in the order written here, so the bits are the same
//! everywhere.

/// e^x, within 1 ulp (tested over every f32).
#[inline(never)] // one copy
pub(crate) fn exp(x: f32) -> f32 {
    const NORMAL: f32 = 87.0;
    if x.abs().to_bits() > NORMAL.to_bits() {
        return far_exp(x);
    }
    near_exp(x)
}

/// e^x for |x| <= 87, without a branch, so that a loop that inlines it is vectorised.
#[inline(always)]
pub fn near_exp(x: f32) -> f32 {
    let (mantissa, exponent) = mantissa_and_exponent(x);
    f32::from_bits(mantissa.to_bits().wrapping_add((exponent as u32) << 23))
}

/// e^x where it may be subnormal, 0, infinite or NaN.
#[cold]
#[inline(never)] // one copy
fn far_exp(x: f32) -> f32 {
    // Comparisons with NaN are false, so NaN stays.
    let x = if x > 89.0 { 89.0 } else { x };
    let x = if x < -104.0 { -104.0 } else { x };
    let (mantissa, exponent) = mantissa_and_exponent(x);
    let power = |exponent: i32| f32::from_bits(((127 + exponent) as u32) << 23);
    let half = exponent / 2;
    mantissa * power(half) * power(exponent - half)
}

/// e^x = mantissa 2^exponent, with x = exponent ln 2 + r and |r| <= ln 2 / 2.
#[inline]
fn mantissa_and_exponent(x: f32) -> (f32, i32) {
    /// 1.5 * 2^23: adding it to a small number leaves the nearest integer in the lowest bits.
    const ROUND: f32 = 12_582_912.0;
    /// ln 2 in two parts; the first is short enough that its product with an exponent is exact.
    const LN_2: [f32; 2] = [0.693_359_4, -2.121_944_4e-4];
    let rounded = x * core::f32::consts::LOG2_E + ROUND;
    let exponent = rounded - ROUND;
    let r = x - exponent * LN_2[0] - exponent * LN_2[1];
    // Coefficients: a minimax fit of e^r, rounded to f32.
    let quadratic = 0.499_999_94
        + r * (0.166_665_21 + r * (0.041_668_35 + r * (0.008_368_51 + r * 0.001_381_460_2)));
    (1.0 + (r + r * r * quadratic), rounded.to_bits().wrapping_sub(ROUND.to_bits()) as i32)
}

/// The hyperbolic tangent, within 1.5 ulp (tested over every f32), and never beyond 1.
#[inline(never)] // one copy
pub(crate) fn tanh(x: f32) -> f32 {
    /// Above this |x|, 1 is the nearest f32.
    const ONE: f32 = 9.02;
    /// Above this |x|, 1 is at least twice what is subtracted from it, so its error stays small.
    const HALF: f32 = 0.55;
    let size = x.abs();
    if size.to_bits() < HALF.to_bits() {
        let z = x * x;
        // Coefficients: a minimax fit of (tanh(x) / x - 1) / x^2, rounded to f32.
        return x + x
            * (z * (-0.333_329_47 + z * (0.133_207_11 + z * (-0.052_670_93 + z * 0.016_435_837))));
    }
    let tanh = if size.to_bits() < ONE.to_bits() {
        let (mantissa, exponent) = mantissa_and_exponent(size + size);
        1.0 - 2.0 / (1.0 + f32::from_bits(mantissa.to_bits().wrapping_add((exponent as u32) << 23)))
    } else if x.is_nan() {
        x
    } else {
        1.0
    };
    tanh.copysign(x)
}

/// (cos, sin) of 2 pi turn / 2^24, for a turn below 2^24, within 1.2e-7 (tested over every turn).
///
/// The turn is reduced exactly, in integers, to an eighth of a turn around a multiple of a quarter.
pub(crate) fn cos_sin_of_turn(turn: u32) -> (f32, f32) {
    const EIGHTH: u32 = 1 << 21;
    const ANGLE: f32 = core::f32::consts::TAU / (1u32 << 24) as f32;
    let quarter = (turn + EIGHTH) >> 22;
    let remainder = turn as i32 - (quarter << 22) as i32;
    let y = remainder as f32 * ANGLE;
    let z = y * y;
    // Coefficients: a minimax fit on |y| <= pi/4, rounded to f32.
    let sin = y + y * z * (-0.166_666_55 + z * (0.008_332_178 + z * -0.000_195_172_98));
    let cos =
        1.0 + z * (-0.5 + z * (0.041_666_646 + z * (-0.001_388_736_8 + z * 0.000_024_438_45)));
    match quarter & 3 {
        0 => (cos, sin),
        1 => (-sin, cos),
        2 => (-cos, -sin),
        _ => (sin, -cos),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The largest error, in units of the last place of the exact value, over every `step`-th f32.
    fn worst(step: usize, computed: fn(f32) -> f32, exact: fn(f64) -> f64) -> f64 {
        let error = |bits: u32| {
            let x = f32::from_bits(bits);
            let exact = exact(x.into());
            if x.is_nan() {
                assert!(computed(x).is_nan(), "{x} becomes {}", computed(x));
                return 0.0;
            }
            if (exact as f32).is_infinite() || exact as f32 == 0.0 {
                assert_eq!(computed(x), exact as f32, "at {x}");
                return 0.0;
            }
            // The last place of a number in [2^e, 2^(e + 1)) is 2^(e - 23), and at least 2^-149.
            let exponent = ((exact.to_bits() >> 52 & 0x7ff) as i32 - 1023).max(-126);
            let last_place = f64::from_bits(((exponent - 23 + 1023) as u64) << 52);
            (f64::from(computed(x)) - exact).abs() / last_place
        };
        (0..1 << 32).step_by(step).map(|bits: u64| error(bits as u32)).fold(0.0, f64::max)
    }

    fn never_beyond_1(x: f32) -> f32 {
        let y = tanh(x);
        assert!(x.is_nan() || y.abs() <= 1.0, "tanh({x}) is {y}");
        y
    }

    fn hold(step: usize) {
        let (exp, tanh) = (worst(step, exp, f64::exp), worst(step, never_beyond_1, f64::tanh));
        assert!(exp < 1.0 && tanh < 1.5, "{exp}, {tanh}");
    }

    #[test]
    fn errors_are_as_documented() {
        hold(if cfg!(miri) { 10_000_019 } else { 4099 });
    }

    #[test]
    #[ignore = "takes minutes: every f32"]
    fn errors_are_as_documented_everywhere() {
        hold(1);
    }

    #[test]
    #[cfg_attr(miri, ignore = "16 million arguments")]
    fn direction_is_within_1_2e_7_of_the_circle_for_every_argument() {
        let mut worst = 0.0_f64;
        for turn in 0..1u32 << 24 {
            let (cos, sin) = cos_sin_of_turn(turn);
            let exact = core::f64::consts::TAU * f64::from(turn) / f64::from(1u32 << 24);
            worst = worst
                .max((f64::from(cos) - exact.cos()).abs())
                .max((f64::from(sin) - exact.sin()).abs());
        }
        assert!(worst < 1.2e-7, "{worst:e}");
    }
}
