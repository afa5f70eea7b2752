use super::{delimiter::Delimiter, lines::Lines, notation::Notation};
use csv_core::{ReadRecordResult, Reader, ReaderBuilder};
use std::io::{self, BufRead};

/// The records of a text, one after another. A record is a line, unless a quoted cell holds line
/// ends.
#[derive(Debug)]
pub struct Records<R> {
    lines: Lines<R>,
    blanks: bool,
    parser: Reader,
    line: Vec<u8>,
    cells: Cells,
}

/// The cells of a record.
#[derive(Clone, Debug)]
pub struct Cells {
    text: Vec<u8>,
    /// Where each cell ends in the text.
    ends: Vec<usize>,
    /// The number of cells; the text and the ends have spare space.
    len: usize,
    notation: Notation,
}

impl Cells {
    /// How numbers are written in the cells.
    pub fn notation(&self) -> Notation {
        self.notation
    }

    /// The number of cells.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Leaves nothing of a cell but white space.
    pub fn empty(&mut self, i: usize) {
        let start = if i == 0 { 0 } else { self.ends[i - 1] };
        self.text[start..self.ends[i]].fill(b' ');
    }

    /// The bytes of a cell, without the white space around it.
    pub fn bytes(&self, i: usize) -> &[u8] {
        let start = if i == 0 { 0 } else { self.ends[i - 1] };
        self.text[start..self.ends[i]].trim_ascii()
    }
}

impl<R: BufRead> Records<R> {
    /// Starts before the first record.
    pub fn new(lines: Lines<R>, delimiter: Delimiter, notation: Notation) -> Self {
        let (blanks, byte) = match delimiter {
            Delimiter::Byte(byte) => (false, byte),
            Delimiter::Blanks => (true, b' '),
        };
        let parser = ReaderBuilder::new().delimiter(byte).build();
        Records {
            lines,
            blanks,
            parser,
            line: Vec::new(),
            cells: Cells { text: vec![0; 256], ends: vec![0; 16], len: 0, notation },
        }
    }

    /// Parses the next record. Returns the line it begins on, from 1, and its cells; `None` at the
    /// end.
    pub fn next(&mut self) -> io::Result<Option<(usize, &Cells)>> {
        let Some(first) = self.lines.read(&mut self.line)? else { return Ok(None) };
        let (mut from, mut length) = (0, 0);
        self.cells.len = 0;
        if self.blanks {
            squeeze(&mut self.line);
        }
        loop {
            let Cells { text, ends, len, .. } = &mut self.cells;
            let (result, read, written, ended) =
                self.parser.read_record(&self.line[from..], &mut text[length..], &mut ends[*len..]);
            from += read;
            length += written;
            *len += ended;
            match result {
                ReadRecordResult::OutputFull => text.resize(2 * text.len(), 0),
                ReadRecordResult::OutputEndsFull => ends.resize(2 * ends.len(), 0),
                ReadRecordResult::Record | ReadRecordResult::End => {
                    return Ok(Some((first, &self.cells)));
                }
                ReadRecordResult::InputEmpty => {
                    from = 0;
                    if self.lines.read(&mut self.line)?.is_none() {
                        self.line.clear();
                    } else if self.blanks {
                        squeeze(&mut self.line);
                    }
                }
            }
        }
    }
}

/// Replaces each run of spaces and tabs by one space, and removes those at either end. Quoted cells
/// stay as they are.
fn squeeze(line: &mut Vec<u8>) {
    let (mut quoted, mut last) = (false, b' ');
    line.retain_mut(|byte| {
        quoted ^= *byte == b'"';
        if *byte == b'\t' && !quoted {
            *byte = b' ';
        }
        let keep = quoted || *byte != b' ' || last != b' ';
        last = *byte;
        keep
    });
    if line.ends_with(b" \n") {
        line.truncate(line.len() - 2);
        line.push(b'\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, delimiter: Delimiter, expected: &[(usize, &[&str])]) {
        let mut records =
            Records::new(Lines::new(text.as_bytes(), b'#'), delimiter, Notation::default());
        for &(line, cells) in expected {
            let (at, found) = records.next().unwrap().expect("a record");
            let found: Vec<_> = (0..found.len())
                .map(|i| String::from_utf8(found.bytes(i).to_vec()).unwrap())
                .collect();
            assert_eq!(
                (at, &*found),
                (line, &*cells.iter().map(|cell| cell.to_string()).collect::<Vec<_>>())
            );
        }
        assert!(records.next().unwrap().is_none());
    }

    #[test]
    fn a_quoted_cell_may_hold_delimiters_quotes_and_line_ends() {
        let text = "\"a,\"\"b\"\"\",c\r\n\"d\r\ne\", f \r\n\n5\",6\n";
        check(
            text,
            Delimiter::Byte(b','),
            &[(1, &["a,\"b\"", "c"]), (2, &["d\ne", "f"]), (5, &["5\"", "6"])],
        );
    }

    #[test]
    fn runs_of_spaces_and_tabs_are_one_delimiter() {
        check(
            "  1 \t2  \n3\t\t4\n\"a  b\" c\n",
            Delimiter::Blanks,
            &[(1, &["1", "2"]), (2, &["3", "4"]), (3, &["a  b", "c"])],
        );
    }

    #[test]
    fn a_record_may_be_of_any_length() {
        let cells: Vec<String> = (0..1000).map(|i| i.to_string().repeat(9)).collect();
        let expected: Vec<&str> = cells.iter().map(String::as_str).collect();
        check(&cells.join(";"), Delimiter::Byte(b';'), &[(1, &expected)]);
    }

    #[test]
    fn a_quote_that_is_never_closed_ends_with_the_text() {
        check("1,\"2\n3,4", Delimiter::Byte(b','), &[(1, &["1", "2\n3,4"])]);
    }
}
