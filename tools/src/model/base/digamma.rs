/// digamma(x), the derivative of ln Gamma(x), for x > 0.
///
/// digamma(x) = digamma(x + 1) - 1 / x leads to x >= 8, where seven terms of the asymptotic series
/// are exact to rounding: Abramowitz and Stegun (1964), 6.3.5 and 6.3.18.
pub fn digamma(mut x: f64) -> f64 {
    let mut below = 0.0;
    while x < 8.0 {
        below -= 1.0 / x;
        x += 1.0;
    }
    let square = 1.0 / (x * x);
    let terms = [
        -1.0 / 12.0,
        691.0 / 32_760.0,
        -1.0 / 132.0,
        1.0 / 240.0,
        -1.0 / 252.0,
        1.0 / 120.0,
        -1.0 / 12.0,
    ];
    let series = terms.into_iter().fold(0.0, |sum, term| (sum + term) * square);
    below + x.ln() - 0.5 / x + series
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against differences of ln Gamma, and where the value is known.
    #[test]
    fn digamma_is_the_slope_of_ln_gamma() {
        for x in [0.5, 0.75, 1.0, 1.5, 2.0, 3.7, 7.9, 8.1, 25.0, 500.0] {
            let h = 1e-4 * x;
            let at = |k: f64| libm::lgamma(x + k * h);
            let slope = (8.0 * (at(1.0) - at(-1.0)) - (at(2.0) - at(-2.0))) / (12.0 * h);
            assert!((digamma(x) - slope).abs() < 1e-9 * slope.abs().max(1.0), "at {x}");
        }
        let euler = 0.577_215_664_901_532_9;
        assert!((digamma(1.0) + euler).abs() < 1e-13);
        assert!((digamma(0.5) + euler + 2.0 * std::f64::consts::LN_2).abs() < 1e-13);
    }
}
