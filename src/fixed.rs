//! Numbers in fixed point, in which an integer conditioner gives parameters. Cores without floating
//! point compute with them in few instructions.

/// 2^(i/32) in units of 2^-31, for i from 0 to 31.
const POWERS: [u32; 32] = [
    2_147_483_648,
    2_194_507_417,
    2_242_560_872,
    2_291_666_561,
    2_341_847_524,
    2_393_127_307,
    2_445_529_972,
    2_499_080_105,
    2_553_802_834,
    2_609_723_834,
    2_666_869_345,
    2_725_266_179,
    2_784_941_738,
    2_845_924_021,
    2_908_241_642,
    2_971_923_842,
    3_037_000_500,
    3_103_502_151,
    3_171_459_999,
    3_240_905_930,
    3_311_872_529,
    3_384_393_094,
    3_458_501_653,
    3_534_232_978,
    3_611_622_603,
    3_690_706_840,
    3_771_522_796,
    3_854_108_391,
    3_938_502_376,
    4_024_744_348,
    4_112_874_773,
    4_202_935_003,
];

/// A number in units of 2^-16, from -2^15 to 2^15.
///
/// ```
/// use couplet::Fixed;
///
/// let s = Fixed::from_bits(3 << 15);
/// assert_eq!(s.to_f32(), 1.5);
/// assert!((s.exp() / 1.5_f32.exp() - 1.0).abs() < 3e-7);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fixed(i32);

impl Fixed {
    /// The largest bound of a log-scale: beyond it, e^s leaves what an f32 holds.
    pub const MOST_BOUND: Fixed = Fixed(64 << 16);

    /// 1.
    pub const ONE: Fixed = Fixed(1 << 16);

    /// From a number of units of 2^-16.
    pub const fn from_bits(bits: i32) -> Self {
        Fixed(bits)
    }

    /// The number of units of 2^-16.
    pub const fn bits(self) -> i32 {
        self.0
    }

    /// The nearest f32.
    #[inline]
    pub fn to_f32(self) -> f32 {
        // 16 less in the exponent is a division by 2^16; no soft float multiplies.
        let units = (self.0 as f32).to_bits();
        f32::from_bits(if units == 0 { 0 } else { units.wrapping_sub(16 << 23) })
    }

    /// The bounded log-scale s = r / (1 + |r| / bound), of r = self: |s| <= bound.
    ///
    /// The bound is positive. One division of 32 bits.
    #[inline]
    pub fn bounded(self, bound: Fixed) -> Fixed {
        let bound = bound.0.unsigned_abs().max(1);
        let (mut size, mut offset) = (self.0.unsigned_abs(), bound);
        // The product fits 32 bits; the quotient loses what is below its own unit.
        let most = u32::MAX / bound;
        while size > most {
            size >>= 1;
            offset >>= 1;
        }
        let quotient = (bound * size).checked_div(offset + size).unwrap_or_default() as i32;
        Fixed(if self.0 < 0 { -quotient } else { quotient })
    }

    /// e^self, within 1.5e-7 relatively, for |self| of at most [`Fixed::MOST_BOUND`].
    #[inline(never)] // one copy
    pub fn exp(self) -> f32 {
        /// log2(e) in units of 2^-30, ln(2) in units of 2^-32.
        const LOG2_E: i64 = 1_549_082_005;
        const LN_2: u64 = 2_977_044_472;
        // e^self = 2^whole 2^(i/32) 2^rest, where rest is below 1/32, in units of 2^-32.
        let power = (i64::from(self.0) * LOG2_E) >> 14;
        let (whole, fraction) = ((power >> 32) as i32, power as u32);
        let (i, rest) = (fraction >> 27, fraction & ((1 << 27) - 1));
        // 2^rest - 1 = ln(2) rest + .240227 rest^2 + .055504 rest^3, in units of 2^-32.
        let short = rest >> 12;
        let square = (short * short) >> 15;
        let cube = (square * short) >> 15;
        let linear = ((u64::from(rest) * LN_2) >> 32) as u32;
        let above = linear + ((square * 31_487) >> 10) + ((cube * 14_550) >> 16);
        let table = POWERS.get(i as usize).copied().unwrap_or_default();
        let mantissa = table + ((u64::from(table) * u64::from(above)) >> 32) as u32;
        // The leading bit of the mantissa, bit 31, adds 1 to the exponent.
        let rounded = (mantissa >> 8) + ((mantissa >> 7) & 1);
        f32::from_bits(rounded.wrapping_add(((whole + 126) as u32) << 23))
    }
}

impl core::ops::Neg for Fixed {
    type Output = Fixed;

    fn neg(self) -> Fixed {
        Fixed(self.0.wrapping_neg())
    }
}

/// A feature as an input of an integer conditioner: 2^14 + a 2^exponent, rounded to the nearest
/// integer and saturated, from 1 to 2^15 - 1. NaN becomes 2^14, as 0 does.
///
/// Integers alone: a float's exponent says by how much its mantissa shifts.
#[inline(never)] // one copy
pub fn quantized(a: f32, exponent: i8) -> u16 {
    const INFINITE: u32 = f32::INFINITY.to_bits();
    let bits = a.to_bits();
    let size = bits & i32::MAX as u32;
    let mantissa = (size & 0x007f_ffff) | 0x0080_0000;
    let shift = 150 - (size >> 23) as i32 - i32::from(exponent);
    let rounded = match shift {
        _ if size > INFINITE => 0,
        ..10 => (1 << 14) - 1,
        10..=24 => (((mantissa >> (shift - 1)) + 1) >> 1).min((1 << 14) - 1),
        _ => 0,
    } as u16;
    if bits == size { (1 << 14) + rounded } else { (1 << 14) - rounded }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_are_those_of_2() {
        for (i, &power) in POWERS.iter().enumerate() {
            let exact = (2f64.powf(i as f64 / 32.0) * f64::from(1u32 << 31)).round();
            assert_eq!(f64::from(power), exact, "2^({i}/32)");
        }
    }

    #[test]
    fn exp_is_within_its_error_of_every_argument() {
        let mut worst = 0.0_f64;
        let most = Fixed::MOST_BOUND.0;
        for bits in (-most..=most).step_by(if cfg!(miri) { 99_991 } else { 1 }) {
            let exact = (f64::from(bits) / 65536.0).exp();
            worst = worst.max((f64::from(Fixed(bits).exp()) / exact - 1.0).abs());
        }
        assert!(worst < 1.5e-7, "{worst:e}");
    }

    #[test]
    fn bounded_is_near_its_formula_and_keeps_its_bound() {
        for bound in [1.0, 2.0, 3.7, 8.0, 64.0] {
            let fixed = Fixed((bound * 65536.0) as i32);
            let numbers = (-400_000..400_000).step_by(if cfg!(miri) { 9973 } else { 7 }).chain([
                i32::MIN,
                i32::MIN + 1,
                -1 << 30,
                1 << 30,
                i32::MAX - 1,
                i32::MAX,
            ]);
            for bits in numbers {
                let r = f64::from(bits) / 65536.0;
                let (s, exact) = (Fixed(bits).bounded(fixed), r / (1.0 + r.abs() / bound));
                assert!(s.0.abs() <= fixed.0, "bounded({r}) is {s:?}");
                let error = (f64::from(s.0) - exact * 65536.0).abs();
                assert!(
                    error <= 2.0 + bound * bound,
                    "bounded({r}, {bound}) is off by {error} units"
                );
            }
        }
    }

    #[test]
    fn to_f32_is_the_nearest() {
        for bits in [0, 1, -1, 65536, -65537, (1 << 24) + 1, i32::MIN, i32::MAX] {
            assert_eq!(Fixed(bits).to_f32(), (f64::from(bits) / 65536.0) as f32);
        }
    }

    #[test]
    fn inputs_are_rounded_and_saturate_and_never_wrap() {
        let exact = |a: f32, exponent: i8| {
            let scaled = f64::from(a) * f64::from(exponent).exp2();
            if a.is_nan() { 16384.0 } else { 16384.0 + scaled.round().clamp(-16383.0, 16383.0) }
        };
        let edge = |i: i32| f64::from(i) / 2.0;
        let steps = (-70_000..70_000).step_by(if cfg!(miri) { 997 } else { 1 }).map(edge);
        for exponent in [-20, -3, 0, 1, 8, 12, 30] {
            let unit = f64::from(-exponent).exp2();
            let numbers = steps.clone().flat_map(|step| {
                let a = (step * unit) as f32;
                [a, a.next_up(), a.next_down()]
            });
            let far =
                [0.0, -0.0, 1e30, -1e30, f32::MAX, f32::MIN, f32::INFINITY, f32::NEG_INFINITY];
            let odd = [f32::NAN, -f32::NAN, f32::MIN_POSITIVE, -1e-40, 1e-30];
            for a in numbers.chain(far).chain(odd) {
                let found = quantized(a, exponent as i8);
                assert_eq!(f64::from(found), exact(a, exponent as i8), "{a} at {exponent}");
            }
        }
    }
}
