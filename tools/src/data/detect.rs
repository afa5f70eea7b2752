use super::{delimiter::Delimiter, lines::Lines, records::Records, row::Row};
use crate::hint::{Hint, Hinted};
use anyhow::{Result, bail};

/// The delimiters that are tried, the plainest first.
const CANDIDATES: [Delimiter; 5] = [
    Delimiter::Byte(b','),
    Delimiter::Byte(b';'),
    Delimiter::Byte(b'\t'),
    Delimiter::Byte(b'|'),
    Delimiter::Blanks,
];

/// Finds the delimiter of a text by its first lines.
///
/// With the best delimiter, the most lines have as many cells as the first line, and at least two.
/// Where two delimiters have equally many lines, the one with more numbers in the cells wins.
/// Spaces win only where no other delimiter fits as well. A text of one column has no delimiter;
/// then the function returns a comma.
///
/// # Errors
///
/// Two delimiters other than spaces fit equally well.
pub fn detect(lines: &[u8]) -> Result<Delimiter> {
    let mut best = vec![(Delimiter::Byte(b','), Fit::default())];
    for delimiter in CANDIDATES {
        let fit = Fit::of(lines, delimiter);
        let known = best[0].1;
        if fit > known {
            best = vec![(delimiter, fit)];
        } else if fit == known && fit.lines > 0 && delimiter != Delimiter::Blanks {
            best.push((delimiter, fit));
        }
    }
    if let [(first, _), (second, _), ..] = best[..] {
        let message = format!("cells could be separated by {first} or by {second}");
        bail!(Hinted::new(message, Hint::ChooseDelimiter));
    }
    Ok(best[0].0)
}

/// How well a delimiter fits some lines; more is better.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
struct Fit {
    /// The number of lines with as many cells as the first.
    lines: usize,
    /// The part of the cells below the first line that are numbers, from 0 to 1.
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
