use super::row::begins_with_sheet_error;
use std::{
    collections::VecDeque,
    io::{self, BufRead},
    ops::Range,
};

/// The lines of a text that are neither blank nor comments. They end in LF, CR LF or CR.
#[derive(Debug)]
pub struct Lines<R> {
    reader: R,
    comment: u8,
    /// The bytes read last, up to a LF.
    chunk: Vec<u8>,
    /// Where the next line begins in the chunk.
    next: usize,
    /// The number of lines so far, blank ones and comments included.
    count: usize,
    /// The last comment, until a line is found that is none.
    comment_above: Option<Vec<u8>>,
    /// Whether such a line was found.
    begun: bool,
    /// Lines that were peeked at and not read yet, with their numbers.
    ahead: VecDeque<(usize, Vec<u8>)>,
}

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

impl<R: BufRead> Lines<R> {
    /// Starts before the first line. `comment` is what a comment begins with.
    pub fn new(reader: R, comment: u8) -> Self {
        Lines {
            reader,
            comment,
            chunk: Vec::new(),
            next: 0,
            count: 0,
            comment_above: None,
            begun: false,
            ahead: VecDeque::new(),
        }
    }

    /// Reads the next line into `line`, with a LF at its end whatever the file has. Returns the
    /// number of the line, from 1; `None` at the end.
    pub fn read(&mut self, line: &mut Vec<u8>) -> io::Result<Option<usize>> {
        match self.ahead.pop_front() {
            Some((number, ahead)) => {
                *line = ahead;
                Ok(Some(number))
            }
            None => self.read_on(line),
        }
    }

    /// Returns the next lines, at most `most`, without taking them.
    pub fn peek(&mut self, most: usize) -> io::Result<Vec<u8>> {
        while self.ahead.len() < most {
            let mut line = Vec::new();
            match self.read_on(&mut line)? {
                Some(number) => self.ahead.push_back((number, line)),
                None => break,
            }
        }
        Ok(self.ahead.iter().flat_map(|(_, line)| line).copied().collect())
    }

    /// Passes over this many lines, whatever they hold.
    pub fn skip(&mut self, count: usize) -> io::Result<()> {
        for _ in 0..count {
            self.next_line()?;
        }
        Ok(())
    }

    /// Passes over the lines above this one, counted from 1, and takes it, whatever it holds; `None`
    /// if there is no such line to come.
    pub fn skip_to(&mut self, number: usize) -> io::Result<Option<Vec<u8>>> {
        while self.count < number {
            match self.next_line()? {
                Some(line) if self.count == number => return Ok(Some(self.chunk[line].to_vec())),
                Some(_) => (),
                None => break,
            }
        }
        Ok(None)
    }

    /// Takes a first line such as `sep=;`, in which spreadsheets say what separates cells.
    pub fn take_separator(&mut self) -> io::Result<Option<u8>> {
        self.peek(1)?;
        let line = self.ahead.front().map(|(_, line)| line.trim_ascii().to_ascii_lowercase());
        let line = line.unwrap_or_default();
        let text = line.strip_prefix(b"\"").and_then(|line| line.strip_suffix(b"\""));
        let text = text.unwrap_or(&line);
        let separator = match text.strip_prefix(b"sep=") {
            Some(b"") => Some(b'\t'),
            Some(&[byte]) => Some(byte),
            _ => None,
        };
        if separator.is_some() {
            self.ahead.pop_front();
        }
        Ok(separator)
    }

    /// The last comment above the first line.
    pub fn comment_above(&self) -> Option<&[u8]> {
        self.comment_above.as_deref()
    }

    /// Reads the next line that is neither blank nor a comment.
    fn read_on(&mut self, line: &mut Vec<u8>) -> io::Result<Option<usize>> {
        while let Some(range) = self.next_line()? {
            let text = &self.chunk[range];
            let first = text.iter().find(|byte| !byte.is_ascii_whitespace());
            let is_comment = first == Some(&self.comment) && !begins_with_sheet_error(text);
            match first {
                Some(_) if is_comment && self.begun => (),
                Some(_) if is_comment => self.comment_above = Some(text.to_vec()),
                Some(_) => {
                    self.begun = true;
                    line.clear();
                    line.extend_from_slice(text);
                    line.push(b'\n');
                    return Ok(Some(self.count));
                }
                None => (),
            }
        }
        Ok(None)
    }

    /// Finds the next line, whatever it holds, and returns where it is in the chunk.
    fn next_line(&mut self) -> io::Result<Option<Range<usize>>> {
        if self.next == self.chunk.len() {
            self.chunk.clear();
            self.next = 0;
            if self.reader.read_until(b'\n', &mut self.chunk)? == 0 {
                return Ok(None);
            }
            if self.count == 0 && self.chunk.starts_with(BYTE_ORDER_MARK) {
                self.next = BYTE_ORDER_MARK.len();
            }
        }
        let start = self.next;
        let tail = &self.chunk[start..];
        let length = tail.iter().position(|byte| b"\r\n".contains(byte)).unwrap_or(tail.len());
        let end =
            if tail[length..].starts_with(b"\r\n") { 2 } else { usize::from(length < tail.len()) };
        self.next += length + end;
        self.count += 1;
        Ok(Some(start..start + length))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_whatever_ends_them_and_blank_ones_left_out() {
        let text = b"\xef\xbb\xbfa\r\n\r\n # note\nb\rc\r\rd\n \t \ne";
        for ahead in [0, 2, 9] {
            let mut lines = Lines::new(&text[..], b'#');
            lines.peek(ahead).unwrap();
            let mut found = Vec::new();
            let mut line = Vec::new();
            while let Some(number) = lines.read(&mut line).unwrap() {
                found.push((number, String::from_utf8(line.clone()).unwrap()));
            }
            let expected = [(1, "a\n"), (4, "b\n"), (5, "c\n"), (7, "d\n"), (9, "e\n")];
            assert_eq!(found, expected.map(|(number, line)| (number, line.to_string())));
        }
    }
}
