use std::{
    collections::VecDeque,
    io::{self, BufRead},
};

/// The lines of a text that say something: neither blank nor comments. They end in LF, CR LF or CR.
#[derive(Debug)]
pub struct Lines<R> {
    reader: R,
    comment: u8,
    /// What the reader gave up to its last LF, and where the next line begins in it.
    chunk: Vec<u8>,
    next: usize,
    /// Lines of all kinds so far.
    count: usize,
    /// Lines that were looked at before their turn.
    ahead: VecDeque<(usize, Vec<u8>)>,
}

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

impl<R: BufRead> Lines<R> {
    /// Nothing is read yet.
    pub fn new(reader: R, comment: u8) -> Self {
        Lines { reader, comment, chunk: Vec::new(), next: 0, count: 0, ahead: VecDeque::new() }
    }

    /// The next line, LF at its end whatever the file has, into `line`; gives its number, from 1.
    pub fn read(&mut self, line: &mut Vec<u8>) -> io::Result<Option<usize>> {
        match self.ahead.pop_front() {
            Some((number, ahead)) => {
                *line = ahead;
                Ok(Some(number))
            }
            None => self.read_on(line),
        }
    }

    /// The next lines, at most so many, one after another; they stay to be read.
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

    fn read_on(&mut self, line: &mut Vec<u8>) -> io::Result<Option<usize>> {
        loop {
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
            let rest = &self.chunk[self.next..];
            let length = rest.iter().position(|byte| b"\r\n".contains(byte)).unwrap_or(rest.len());
            let end = if rest[length..].starts_with(b"\r\n") {
                2
            } else {
                usize::from(length < rest.len())
            };
            let text = &rest[..length];
            self.next += length + end;
            self.count += 1;
            let first = text.iter().find(|byte| !byte.is_ascii_whitespace());
            if first.is_some_and(|&first| first != self.comment) {
                line.clear();
                line.extend_from_slice(text);
                line.push(b'\n');
                return Ok(Some(self.count));
            }
        }
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
