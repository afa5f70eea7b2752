use std::fmt;

/// What separates the cells of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delimiter {
    /// One occurrence of this byte.
    Byte(u8),
    /// Any number of spaces and tabs.
    Blanks,
}

impl fmt::Display for Delimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Delimiter::Byte(b',') => f.write_str("commas"),
            Delimiter::Byte(b';') => f.write_str("semicolons"),
            Delimiter::Byte(b'\t') => f.write_str("tabs"),
            Delimiter::Byte(byte) => write!(f, "`{}`", char::from(*byte)),
            Delimiter::Blanks => f.write_str("spaces"),
        }
    }
}
