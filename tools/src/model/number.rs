use super::kernel::Products;
use couplet::Fixed;

/// f32, which training computes in, or f64, which gradient checks compute in.
pub trait Number: Products {
    /// The exp of this beside 1 is below what rounding takes.
    const NEGLIGIBLE: f32;

    /// The device's exp for |x| <= 87 or NaN; loops over it become vectors in f32.
    fn near_exp(self) -> Self;

    /// exp for training, within 3 ulp in f32; loops over it become vectors. Below -87 and above 88
    /// it stays at the exps of these.
    fn quick_exp(self) -> Self;

    /// ln of a positive normal number for training, within 2e-7 absolutely and relatively in f32;
    /// loops over it become vectors.
    fn quick_ln(self) -> Self;

    /// A number of units of 2^-16.
    fn from_fixed(units: i32) -> Self;

    /// e^s, with the device's bits in f32.
    fn exp_fixed(s: Fixed) -> Self;

    /// The input of an integer conditioner that is nearest to it, as on the device.
    fn quantized(self, exponent: i8) -> u16;

    /// In double precision.
    fn to_f64(self) -> f64;

    /// The nearest value.
    fn from_f64(value: f64) -> Self;
}

impl Number for f64 {
    const NEGLIGIBLE: f32 = -40.0;

    fn near_exp(self) -> f64 {
        self.exp()
    }

    fn quick_exp(self) -> f64 {
        self.exp()
    }

    fn quick_ln(self) -> f64 {
        self.ln()
    }

    fn from_fixed(units: i32) -> f64 {
        f64::from(units) / 65536.0
    }

    fn exp_fixed(s: Fixed) -> f64 {
        Self::from_fixed(s.bits()).exp()
    }

    /// Of the nearest f32: the bits are the device's where it is one.
    fn quantized(self, exponent: i8) -> u16 {
        couplet::quantized(self as f32, exponent)
    }

    fn to_f64(self) -> f64 {
        self
    }

    fn from_f64(value: f64) -> f64 {
        value
    }
}

/// 1.5 * 2^23: added to a small number, it leaves the nearest whole number in the lowest bits.
const ROUND: f32 = 12_582_912.0;

impl Number for f32 {
    const NEGLIGIBLE: f32 = -18.0;

    #[inline(always)]
    fn near_exp(self) -> f32 {
        if self.is_nan() { self } else { couplet::near_exp(self) }
    }

    /// exp(x) = 2^k exp(r) with x = k ln 2 + r and |r| <= ln 2 / 2, where Taylor's first seven
    /// terms do. No branch, so that loops become vectors.
    #[inline(always)]
    fn quick_exp(self) -> f32 {
        let x = self.clamp(-87.0, 88.0);
        let rounded = x * std::f32::consts::LOG2_E + ROUND;
        let k = rounded - ROUND;
        // ln 2 in two parts, the first so short that k times it is exact.
        let r = x - k * 0.693_359_4 + k * 2.121_944_4e-4;
        let terms = [1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0];
        let exp_r = terms.into_iter().fold(0.0, |sum, term| sum * r + term);
        exp_r * f32::from_bits((rounded.to_bits() << 23).wrapping_add(1.0_f32.to_bits()))
    }

    /// ln(x) = k ln 2 + ln(m) with x = 2^k m and m from sqrt(1/2) to sqrt(2), and ln(m) = 2 artanh(t)
    /// with t = (m - 1) / (m + 1), |t| < .172, where five terms do. No branch, so that loops become
    /// vectors.
    #[inline(always)]
    fn quick_ln(self) -> f32 {
        let bits = self.to_bits().wrapping_sub(std::f32::consts::FRAC_1_SQRT_2.to_bits());
        let k = (bits as i32 >> 23) as f32;
        let m = f32::from_bits(
            (bits & 0x007f_ffff).wrapping_add(std::f32::consts::FRAC_1_SQRT_2.to_bits()),
        );
        let t = (m - 1.0) / (m + 1.0);
        let terms = [2.0 / 9.0, 2.0 / 7.0, 2.0 / 5.0, 2.0 / 3.0, 2.0];
        let series = terms.into_iter().fold(0.0, |sum, term| sum * (t * t) + term);
        k * std::f32::consts::LN_2 + t * series
    }

    fn from_fixed(units: i32) -> f32 {
        Fixed::from_bits(units).to_f32()
    }

    fn exp_fixed(s: Fixed) -> f32 {
        s.exp()
    }

    fn quantized(self, exponent: i8) -> u16 {
        couplet::quantized(self, exponent)
    }

    fn to_f64(self) -> f64 {
        self.into()
    }

    fn from_f64(value: f64) -> f32 {
        value as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_exp_has_the_bits_of_the_device() {
        for x in (-87_000..=87_000).map(|i| i as f32 * 1e-3).chain([-87.0, -0.0, 87.0]) {
            assert_eq!(x.near_exp().to_bits(), couplet::Real::exp(x).to_bits(), "exp({x})");
        }
        assert!(f32::NAN.near_exp().is_nan());
    }

    #[test]
    fn quick_exp_is_within_3_ulp() {
        for x in (-870_000..=880_000).map(|i| i as f32 * 1e-4) {
            let exact = f64::from(x).exp();
            let ulp = f64::from((exact as f32).next_up()) - f64::from(exact as f32);
            let error = (f64::from(x.quick_exp()) - exact).abs() / ulp;
            assert!(error <= 3.0, "exp({x}) is off by {error} ulp");
        }
        assert!(f32::NAN.quick_exp().is_nan());
    }

    #[test]
    fn quick_ln_is_within_2e_7() {
        for x in (-1_260_000..=1_270_000).map(|i| (i as f32 * 1e-4).exp2()) {
            let exact = f64::from(x).ln();
            let error = (f64::from(x.quick_ln()) - exact).abs();
            assert!(error <= 2e-7 * exact.abs().max(1.0), "ln({x}) is off by {error:e}");
        }
        assert_eq!(1.0.quick_ln(), 0.0);
    }
}
