use super::{lines::Lines, records::Records, row::Row};
use anyhow::{Result, bail};
use std::fmt;

/// What separates the cells of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delimiter {
    /// One of this byte.
    Byte(u8),
    /// Any number of spaces and tabs.
    Blanks,
}

/// Those that are looked for, the plainest first.
const USUAL: [Delimiter; 5] = [
    Delimiter::Byte(b','),
    Delimiter::Byte(b';'),
    Delimiter::Byte(b'\t'),
    Delimiter::Byte(b'|'),
    Delimiter::Blanks,
];

impl Delimiter {
    /// From a flag: a character, or the name of one that is hard to type.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text {
            "tab" | "\\t" => Ok(Delimiter::Byte(b'\t')),
            "space" | " " => Ok(Delimiter::Blanks),
            _ => match text.as_bytes() {
                &[byte] if byte.is_ascii_graphic() && byte != b'"' => Ok(Delimiter::Byte(byte)),
                _ => Err("give one character other than a quote, `tab` or `space`".into()),
            },
        }
    }

    /// The delimiter of a text that begins with these lines: that by which most of them have as
    /// many cells as the first, at least two; among such, that which makes the most of the cells
    /// numbers; spaces only where nothing else does as well. A text of one column has none, and
    /// commas are as good as any.
    pub fn detect(lines: &[u8]) -> Result<Self> {
        let mut best = vec![(Delimiter::Byte(b','), Fit::default())];
        for delimiter in USUAL {
            let fit = Fit::of(lines, delimiter);
            let known = best[0].1;
            if fit > known {
                best = vec![(delimiter, fit)];
            } else if fit == known && fit.lines > 0 && delimiter != Delimiter::Blanks {
                best.push((delimiter, fit));
            }
        }
        if let [(first, _), (second, _), ..] = best[..] {
            bail!("cells could be separated by {first} or by {second}: say which with --delimiter");
        }
        Ok(best[0].0)
    }
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

/// How well a delimiter fits some lines; more is better.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
struct Fit {
    /// Lines with as many cells as the first.
    lines: usize,
    /// The part of the cells below the first line that are numbers.
    numbers: f64,
}

impl Fit {
    fn of(lines: &[u8], delimiter: Delimiter) -> Self {
        let mut records = Records::new(Lines::new(lines, 0), delimiter);
        let (mut width, mut alike, mut below, mut numbers) = (0, 0, 0, 0);
        while let Ok(Some((_, cells))) = records.next() {
            let row = Row::Text(cells);
            if width == 0 {
                width = row.len();
            } else {
                below += row.len();
                numbers += (0..row.len()).filter(|&i| row.cell(i).number().is_some()).count();
            }
            alike += usize::from(row.len() == width);
        }
        if width < 2 {
            return Fit::default();
        }
        Fit { lines: alike, numbers: numbers as f64 / (below as f64).max(1.0) }
    }
}
