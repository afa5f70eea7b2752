use std::{borrow::Cow, fmt};

/// How a text writes its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Notation {
    /// What separates the fraction: a point or a comma.
    pub decimal: char,
    /// What separates groups of three digits, if anything does. A space stands for narrow and
    /// no-break spaces, too.
    pub thousands: Option<char>,
}

impl Default for Notation {
    fn default() -> Self {
        Notation { decimal: '.', thousands: None }
    }
}

impl Notation {
    /// Other ways to write numbers, the commonest first.
    const OTHERS: [Notation; 6] = [
        Notation { decimal: ',', thousands: None },
        Notation { decimal: '.', thousands: Some(',') },
        Notation { decimal: ',', thousands: Some('.') },
        Notation { decimal: '.', thousands: Some('\'') },
        Notation { decimal: '.', thousands: Some(' ') },
        Notation { decimal: ',', thousands: Some(' ') },
    ];

    /// The text as Rust writes a number; `None` if it is no number in this notation.
    pub fn plain(self, text: &str) -> Option<Cow<'_, str>> {
        if self == Notation::default() {
            return Some(Cow::Borrowed(text));
        }
        let (start, fraction) = match text.split_once(self.decimal) {
            Some((start, fraction)) => (start, Some(fraction)),
            None => (text, None),
        };
        let foreign = |part: &str| part.contains(['.', ',', '\'']);
        let whole = self.without_groups(start)?;
        if foreign(&whole) || fraction.is_some_and(foreign) {
            return None;
        }
        Some(Cow::Owned(fraction.map_or(whole.clone(), |fraction| format!("{whole}.{fraction}"))))
    }

    /// The part before the fraction, without what separates groups of three digits.
    fn without_groups(self, text: &str) -> Option<String> {
        let Some(thousands) = self.thousands else { return Some(text.into()) };
        let separates = |c: char| match thousands {
            ' ' => [' ', '\u{a0}', '\u{202f}'].contains(&c),
            _ => c == thousands,
        };
        let groups: Vec<&str> = text.split(separates).collect();
        let [first, others @ ..] = &groups[..] else { return None };
        let digits = |group: &str| group.bytes().all(|byte| byte.is_ascii_digit());
        let first_digits = first.trim_start_matches(['-', '+']);
        let grouped = (1..=3).contains(&first_digits.len())
            && digits(first_digits)
            && others.iter().all(|group| group.len() == 3 && digits(group));
        (others.is_empty() || grouped).then(|| groups.concat())
    }

    /// Whether the text is a number in this notation.
    pub fn reads(self, text: &str) -> bool {
        self.plain(text).is_some_and(|plain| plain.parse::<f64>().is_ok_and(f64::is_finite))
    }

    /// The other notations in which a text is a number that is none by itself; those with one
    /// difference, if there are any.
    pub fn others(text: &str) -> Vec<Notation> {
        if text.parse::<f64>().is_ok() {
            return Vec::new();
        }
        let differences = |notation: &Notation| {
            usize::from(notation.decimal == ',') + usize::from(notation.thousands.is_some())
        };
        let mut others: Vec<Notation> =
            Notation::OTHERS.into_iter().filter(|notation| notation.reads(text)).collect();
        let fewest = others.iter().map(differences).min();
        others.retain(|notation| Some(differences(notation)) == fewest);
        others
    }
}

impl fmt::Display for Notation {
    /// A thousand and a half.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let group = self.thousands.map_or(String::new(), String::from);
        write!(f, "1{group}000{}5", self.decimal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_in_their_notation_and_no_other() {
        let read = |decimal, thousands, text: &str| {
            let plain = Notation { decimal, thousands }.plain(text);
            plain.and_then(|plain| plain.parse::<f64>().ok())
        };
        assert_eq!(read(',', None, "1,5"), Some(1.5));
        assert_eq!(read(',', None, "-1,5e-3"), Some(-1.5e-3));
        assert_eq!(read(',', None, "12"), Some(12.0));
        assert_eq!(read(',', None, "1.5"), None);
        assert_eq!(read(',', None, "1,5,5"), None);
        assert_eq!(read(',', Some('.'), "-1.234.567,5"), Some(-1_234_567.5));
        assert_eq!(read(',', Some('.'), "1.5"), None);
        assert_eq!(read('.', Some(','), "1,234"), Some(1234.0));
        assert_eq!(read('.', Some(','), "1234.5"), Some(1234.5));
        assert_eq!(read('.', Some(','), "1234,567"), None);
        assert_eq!(read('.', Some(' '), "1\u{a0}234 567"), Some(1_234_567.0));
        assert_eq!(read('.', None, "1.5"), Some(1.5));
    }

    #[test]
    fn other_notations_of_a_text_are_found() {
        let others = |text: &str| -> Vec<String> {
            Notation::others(text).iter().map(Notation::to_string).collect()
        };
        assert_eq!(others("1,5"), ["1000,5"]);
        assert_eq!(others("1,234"), ["1000,5", "1,000.5"]);
        assert_eq!(others("1,234.5"), ["1,000.5"]);
        assert_eq!(others("1.234,5"), ["1.000,5"]);
        assert_eq!(others("1'234.5"), ["1'000.5"]);
        assert_eq!(others("1 234,5"), ["1 000,5"]);
        assert!(
            others("1.234").is_empty() && others("off").is_empty() && others("1,2,3").is_empty()
        );
    }
}
