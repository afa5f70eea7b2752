use super::{delimiter::Delimiter, lines::Lines, notation::Notation, records::Records, row::Row};
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
pub fn detect(lines: &[u8], notation: Notation) -> Result<Delimiter> {
    let mut best = vec![(Delimiter::Byte(b','), Fit::default())];
    let in_numbers = |delimiter: &Delimiter| match delimiter {
        Delimiter::Byte(byte) => {
            [Some(notation.decimal), notation.thousands].contains(&Some(char::from(*byte)))
        }
        Delimiter::Blanks => notation.thousands == Some(' '),
    };
    for delimiter in CANDIDATES.into_iter().filter(|delimiter| !in_numbers(delimiter)) {
        let (fit, _) = Fit::of(lines, delimiter, notation);
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
    let (delimiter, fit) = best[0];
    refuse_other_notation(lines, notation, delimiter, fit)?;
    Ok(delimiter)
}

/// Refuses a delimiter that splits numbers: with another one, all cells are numbers in another
/// notation.
fn refuse_other_notation(
    lines: &[u8],
    notation: Notation,
    delimiter: Delimiter,
    fit: Fit,
) -> Result<()> {
    for other in CANDIDATES.into_iter().filter(|other| *other != delimiter) {
        let (other_fit, odd) = Fit::of(lines, other, notation);
        if let Some((odd, readable)) = odd
            && other_fit.lines >= fit.lines
            && readable > fit.numbers
        {
            let message = format!("`{odd}` is not a number, and cells are separated by {other}");
            bail!(Hinted::new(message, Hint::Notation(Notation::others(&odd))));
        }
    }
    Ok(())
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
    /// How well it fits; and if cells are numbers in another notation only, the first of these, and
    /// the part of the cells that are numbers in any.
    fn of(lines: &[u8], delimiter: Delimiter, notation: Notation) -> (Self, Option<(String, f64)>) {
        let mut records = Records::new(Lines::new(lines, 0), delimiter, notation);
        let (mut width, mut alike, mut below, mut numbers, mut others) = (0, 0, 0, 0, 0);
        let mut odd = None;
        while let Ok(Some((_, cells))) = records.next() {
            let row = Row::Text(cells);
            if width == 0 {
                width = row.len();
            } else {
                below += row.len();
                for cell in (0..row.len()).map(|i| row.cell(i)) {
                    if cell.number().is_some() {
                        numbers += 1;
                    } else if !Notation::others(&cell.to_string()).is_empty() {
                        others += 1;
                        odd.get_or_insert_with(|| cell.to_string());
                    }
                }
            }
            alike += usize::from(row.len() == width);
        }
        if width < 2 {
            return (Fit::default(), None);
        }
        let part = |count: usize| count as f64 / (below as f64).max(1.0);
        let fit = Fit { lines: alike, numbers: part(numbers) };
        (fit, odd.map(|odd| (odd, part(numbers + others))))
    }
}
