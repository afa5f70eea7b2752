/// A number as C, with the nine digits from which every compiler reads it back.
pub fn number(value: f32) -> String {
    let text = format!("{value:.8e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let mantissa = mantissa.trim_end_matches('0').trim_end_matches('.');
    match exponent {
        "0" if mantissa.contains('.') => format!("{mantissa}f"),
        "0" => format!("{mantissa}.0f"),
        _ => format!("{mantissa}e{exponent}f"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_literals_of_c() {
        let pairs = [
            (0.0, "0.0f"),
            (-0.0, "-0.0f"),
            (2.0, "2.0f"),
            (-1.5, "-1.5f"),
            (0.1, "1.00000001e-1f"),
            (16_777_217.0, "1.6777216e7f"),
            (f32::MAX, "3.40282347e38f"),
            (1e-45, "1.40129846e-45f"),
        ];
        for (value, text) in pairs {
            assert_eq!(number(value), text);
            assert_eq!(text.trim_end_matches('f').parse(), Ok(value));
        }
    }
}
