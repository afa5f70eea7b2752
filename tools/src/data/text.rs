use super::{
    Reading,
    delimiter::Delimiter,
    detect::detect,
    heading::{Heading, names},
    lines::Lines,
    notation::Notation,
    reading::HeaderLine,
    records::Records,
    row::Row,
    sample::Sample,
    source::{Header, RowSource, Take},
};
use crate::hint::{Hint, Hinted};
use anyhow::{Context, Result, ensure};
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
    /// The first lines.
    sample: Sample,
    /// How many of these are no rows.
    above: usize,
}

impl<R: BufRead> Text<R> {
    /// Detects the delimiter, unless it is given, and finds the header.
    ///
    /// # Errors
    ///
    /// The text is empty or not in UTF-8, its delimiter is ambiguous, or its first line has names
    /// and numbers.
    pub fn open(reader: R, name: String, reading: &Reading) -> Result<Self> {
        let cannot_read = || format!("cannot read the data {name}");
        let mut lines = Lines::new(reader, reading.comment);
        lines.skip(reading.skip).with_context(cannot_read)?;
        let mut title = None;
        if let HeaderLine::At(line) = reading.header {
            let found = lines.skip_to(line).with_context(cannot_read)?;
            let found = found.with_context(|| format!("{name} has no line {line} to read"))?;
            let is_blank = found.iter().all(u8::is_ascii_whitespace);
            ensure!(!is_blank, "{name}, line {line} is blank and names no columns");
            title = Some(found);
        }
        let said = lines.take_separator().with_context(cannot_read)?;
        let first = lines.peek(SAMPLE).with_context(cannot_read)?;
        ensure!(
            !first.is_empty(),
            "{name} is empty: it needs rows of numbers, with or without a header"
        );
        ensure!(
            !first.contains(&0),
            "{name} is neither text in UTF-8 nor a format that couplet knows: save it as CSV"
        );
        let delimiter = match reading.delimiter.or(said.map(Delimiter::Byte)) {
            Some(delimiter) => delimiter,
            None => detect(&first, reading.notation).with_context(|| name.clone())?,
        };
        let comment = lines.comment_above().map(<[u8]>::to_vec);
        let mut records = Records::new(lines, delimiter, reading.notation);
        let mut sample = Sample::default();
        while !sample.is_full()
            && let Some((line, cells)) = records.next().with_context(cannot_read)?
        {
            sample.push(line, &Row::Text(cells));
        }
        let heading = match (reading.header, title) {
            (HeaderLine::Absent, _) => Heading::default(),
            (HeaderLine::First, _) => first_line(&sample).with_units(&sample, reading),
            (_, Some(title)) => {
                let names = cells(&title, reading.comment, delimiter);
                Heading { names: Some(names), ..Heading::default() }
            }
            (_, None) => {
                let found = Heading::find(&name, &sample, reading)?.with_units(&sample, reading);
                match comment.as_deref().map(|comment| cells(comment, reading.comment, delimiter)) {
                    Some(comment) if found.names.is_none() => found.or_comment(comment, &sample),
                    _ => found,
                }
            }
        };
        let width = sample.rows().next().map_or(0, |(_, row)| row.len());
        let mut header = Header::numbered(width, "line");
        if let Some(names) = heading.names {
            let legible = !names.iter().any(|name| name.contains(char::REPLACEMENT_CHARACTER));
            let first = sample.rows().next().filter(|_| heading.lines > 0);
            let place = first.map_or(String::new(), |(line, _)| format!(", line {line}"));
            ensure!(
                legible,
                "{name}{place}: the columns' names are not in UTF-8; save the file so"
            );
            header.named = true;
            header.names = names;
        }
        header.notes = heading.notes;
        header.comment = comment.map(|comment| String::from_utf8_lossy(&comment).into_owned());
        Ok(Text { name, header, records, sample, above: heading.lines })
    }
}

/// The first line names the columns, whatever it holds.
fn first_line(sample: &Sample) -> Heading {
    sample.rows().next().map_or_else(Heading::default, |(_, row)| Heading::named(names(&row)))
}

/// The cells of a line, without the character that makes it a comment.
fn cells(line: &[u8], comment: u8, delimiter: Delimiter) -> Vec<String> {
    let line = line.trim_ascii_start();
    let line = line.strip_prefix(&[comment]).unwrap_or(line);
    let mut records = Records::new(Lines::new(line, 0), delimiter, Notation::default());
    match records.next() {
        Ok(Some((_, cells))) => names(&Row::Text(cells)),
        _ => Vec::new(),
    }
}

impl<R: BufRead> RowSource for Text<R> {
    fn header(&self) -> &Header {
        &self.header
    }

    fn read(mut self: Box<Self>, take: Take<'_>) -> Result<()> {
        let (name, expected) = (&self.name, self.header.names.len());
        let mut check_and_take = |line: usize, row: &Row<'_>| {
            if row.len() != expected {
                let message = format!(
                    "{name}, line {line}: {} cells where the first line has {expected}",
                    row.len()
                );
                return Err(Hinted::new(message, Hint::SayWhereTheTableBegins).into());
            }
            take(line, row)
        };
        for (line, row) in self.sample.rows().skip(self.above) {
            check_and_take(line, &row)?;
        }
        while let Some((line, cells)) =
            self.records.next().with_context(|| format!("cannot read the data {name}"))?
        {
            check_and_take(line, &Row::Text(cells))?;
        }
        Ok(())
    }
}
