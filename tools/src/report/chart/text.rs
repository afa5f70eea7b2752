//! Text in charts, whose size is only estimated: a reader's font may be another one.

/// The width of a text in its font size, estimated from above.
pub fn width(text: &str) -> f64 {
    text.chars().map(|c| if is_wide(c) { 1.0 } else { 0.62 }).sum()
}

/// Whether a character is as wide as it is high: those of Chinese, Japanese and Korean, and
/// pictures.
fn is_wide(c: char) -> bool {
    matches!(c, '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe6f}' | '\u{ff00}'..='\u{ff60}'
        | '\u{1f300}'..='\u{1faff}' | '\u{20000}'..='\u{3fffd}')
}

/// As much of a text as has room, in font sizes, with an ellipsis where it is cut.
pub fn fitted(text: &str, room: f64) -> String {
    if width(text) <= room {
        return text.to_string();
    }
    let mut left = room - width("\u{2026}");
    let shown = text.chars().take_while(|c| {
        left -= width(c.encode_utf8(&mut [0; 4]));
        left >= 0.0
    });
    shown.chain(['\u{2026}']).collect()
}

/// A number with a true minus sign, which is as wide as a digit.
pub fn minus(number: &str) -> String {
    number.replace('-', "\u{2212}")
}

#[cfg(test)]
mod tests {
    use super::fitted;

    #[test]
    fn long_text_is_cut() {
        assert_eq!(fitted("Lagertemperatur", 20.0), "Lagertemperatur");
        assert_eq!(fitted("Lagertemperatur", 5.0), "Lagerte…");
        assert_eq!(fitted("轴承温度传感器", 4.0), "轴承温…");
        assert_eq!(fitted("<a & b>", 10.0), "<a & b>");
    }
}
