//! How fast a core is clocked.

use std::str::FromStr;

/// A frequency in hertz.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Clock(pub f64);

impl FromStr for Clock {
    type Err = String;

    /// Reads a number and a unit, as in `84MHz`, `32.768 kHz` or `16m`; hertz without a unit.
    fn from_str(text: &str) -> Result<Self, String> {
        let lower = text.to_ascii_lowercase();
        let number_and_prefix = lower.strip_suffix("hz").unwrap_or(&lower);
        let prefixes = [('k', 1e3), ('m', 1e6), ('g', 1e9)];
        let prefixed = prefixes.iter().find_map(|&(prefix, unit)| {
            number_and_prefix.strip_suffix(prefix).map(|number| (number, unit))
        });
        let (number, unit) = prefixed.unwrap_or((number_and_prefix, 1.0));
        match number.trim().parse::<f64>() {
            Ok(number) if number.is_finite() && number > 0.0 => Ok(Clock(number * unit)),
            _ => Err("give a frequency, as in 84MHz or 32kHz".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_are_frequencies() {
        for (text, hertz) in [
            ("84MHz", 84e6),
            ("32.768 kHz", 32768.0),
            ("1GHz", 1e9),
            ("8000000", 8e6),
            ("16m", 16e6),
        ] {
            assert_eq!(text.parse(), Ok(Clock(hertz)), "{text}");
        }
        for text in ["", "MHz", "-1MHz", "0", "nan", "infHz", "84 bananas"] {
            assert!(text.parse::<Clock>().is_err(), "{text}");
        }
    }
}
