//! Numbers in tables.

/// From this size on a number has an exponent.
const LARGE: f64 = 1e7;

/// A number with four digits after the point; with an exponent where it would be too wide for a
/// table.
pub fn short(number: f64) -> String {
    if number.is_finite() && number.abs() >= LARGE {
        format!("{number:.4e}")
    } else {
        format!("{number:.4}")
    }
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn large_numbers_have_an_exponent() {
        assert_eq!(short(1.061_09), "1.0611");
        assert_eq!(short(-9_999_999.0), "-9999999.0000");
        assert_eq!(short(144_829_384_723.234), "1.4483e11");
        assert_eq!(short(f64::INFINITY), "inf");
    }
}
