//! Lines of numbers.

use super::number::number;

/// How long a line may be.
const WIDTH: usize = 98;

/// Numbers with commas between them, as many in a line as fit.
pub fn numbers(indent: &str, values: &[f32]) -> String {
    let mut text = String::new();
    let mut length = WIDTH;
    for (i, &value) in values.iter().enumerate() {
        let literal = number(value) + if i + 1 < values.len() { "," } else { "" };
        if length + 1 + literal.len() > WIDTH {
            text += if i > 0 { "\n" } else { "" };
            text += indent;
            length = indent.len();
        } else {
            text.push(' ');
            length += 1;
        }
        length += literal.len();
        text += &literal;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_full_and_no_longer_than_they_may_be() {
        let text = numbers("    ", &[0.1; 20]);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 4); // five numbers of 15 letters in each
        assert!(lines.iter().all(|line| line.len() <= WIDTH && line.starts_with("    1.0")));
        assert!(!text.ends_with(',') && !text.contains(", \n"), "{text}");
        let values: Vec<f32> = text
            .split(',')
            .map(|value| value.trim().trim_end_matches('f').parse().unwrap())
            .collect();
        assert_eq!(values, [0.1; 20]);
    }
}
