use super::{
    Reading,
    detect::detect,
    lines::Lines,
    records::{Cells, Records},
    row::Row,
    source::{Header, RowSource, Take},
};
use anyhow::{Context, Result, bail, ensure};
use std::io::BufRead;

/// The number of lines that the delimiter is detected from.
const SAMPLE: usize = 100;

/// A text whose cells are separated by a delimiter, with or without a header. It is read as a
/// stream.
#[derive(Debug)]
pub struct Text<R> {
    name: String,
    header: Header,
    records: Records<R>,
    /// The first record, if it is a row, and its line.
    first: Option<(usize, Cells)>,
}

impl<R: BufRead> Text<R> {
    /// Detects the delimiter, unless it is given, and reads the header.
    ///
    /// # Errors
    ///
    /// The text is empty or not in UTF-8, its delimiter is ambiguous, or its first line has both
    /// names and numbers.
    pub fn open(reader: R, name: String, reading: &Reading) -> Result<Self> {
        let mut lines = Lines::new(reader, reading.comment);
        let sample = lines.peek(SAMPLE).with_context(|| format!("cannot read the data {name}"))?;
        ensure!(
            !sample.is_empty(),
            "{name} is empty: it needs rows of numbers, with or without a header"
        );
        ensure!(
            !sample.contains(&0),
            "{name} is neither text in UTF-8 nor a format that couplet knows: save it as CSV"
        );
        let delimiter = match reading.delimiter {
            Some(delimiter) => delimiter,
            None => detect(&sample).with_context(|| name.clone())?,
        };
        let mut records = Records::new(lines, delimiter);
        let record = records.next().with_context(|| format!("cannot read the data {name}"))?;
        let (line, cells) = record.with_context(|| format!("{name} is empty"))?;
        let row = Row::Text(cells);
        let texts = || (0..row.len()).map(|i| row.cell(i));
        let number = texts().find(|cell| cell.number().is_some());
        let text = texts().find(|cell| cell.number().is_none() && !cell.is_missing());
        if let (Some(number), Some(text)) = (number, &text) {
            bail!(
                "{name}, line {line}: `{number}` is a number and `{text}` is not; it must be all \
                 names or all numbers"
            );
        }
        let mut header = Header::numbered(row.len(), "line");
        let mut first = None;
        if text.is_some() {
            header.named = true;
            header.names = texts().map(|cell| cell.to_string()).collect();
            let legible =
                !header.names.iter().any(|name| name.contains(char::REPLACEMENT_CHARACTER));
            ensure!(
                legible,
                "{name}, line {line}: the columns' names are not in UTF-8; save the file so"
            );
        } else {
            first = Some((line, cells.clone()));
        }
        Ok(Text { name, header, records, first })
    }
}

impl<R: BufRead> RowSource for Text<R> {
    fn header(&self) -> &Header {
        &self.header
    }

    fn read(mut self: Box<Self>, take: Take<'_>) -> Result<()> {
        if let Some((line, cells)) = &self.first {
            take(*line, &Row::Text(cells))?;
        }
        while let Some((line, cells)) =
            self.records.next().with_context(|| format!("cannot read the data {}", self.name))?
        {
            let expected = self.header.names.len();
            ensure!(
                cells.len() == expected,
                "{}, line {line}: {} cells where the first line has {expected}",
                self.name,
                cells.len()
            );
            take(line, &Row::Text(cells))?;
        }
        Ok(())
    }
}
