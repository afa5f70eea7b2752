use super::{
    row::Row,
    source::{Header, RowSource, Take},
};
use anyhow::{Context, Result, bail, ensure};
use half::f16;
use std::io::{self, Read, Seek, SeekFrom};

/// The first bytes of a `.npy` file.
pub const MAGIC: &[u8] = b"\x93NUMPY";

/// How many numbers of an array in Fortran order are gathered at a time.
const CHUNK: usize = 1 << 18;

/// A NumPy array of one or two dimensions, rows first; see
/// <https://numpy.org/neps/nep-0001-npy-format.html>.
#[derive(Debug)]
pub struct Npy<R> {
    /// The name of the array in messages.
    name: String,
    rows: usize,
    columns: usize,
    fortran: bool,
    number: NumberType,
    header: Header,
    reader: R,
}

impl<R: Read> Npy<R> {
    /// Reads the header; `name` is the name of the array in messages.
    ///
    /// # Errors
    ///
    /// The header is not whole, or describes something other than a table of numbers.
    pub fn open(reader: R, name: String) -> Result<Self> {
        Self::parse(reader, name.clone()).context(name)
    }

    fn parse(mut reader: R, name: String) -> Result<Self> {
        let short = "the .npy header is not whole";
        let mut start = [0; 8];
        reader.read_exact(&mut start).context(short)?;
        ensure!(start.starts_with(MAGIC), "it does not begin as a .npy file does");
        let mut bytes = [0; 4];
        let width = if start[6] == 1 { 2 } else { 4 };
        reader.read_exact(&mut bytes[..width]).context(short)?;
        let length = u32::from_le_bytes(bytes);
        ensure!(length <= 1 << 20, "{short}");
        let mut dictionary = vec![0; length as usize];
        reader.read_exact(&mut dictionary).context(short)?;
        let text = String::from_utf8_lossy(&dictionary);

        let number = NumberType::parse(entry(&text, "descr")?)?;
        let fortran = entry(&text, "fortran_order")?.starts_with("True");
        let tuple = entry(&text, "shape")?;
        let shape =
            tuple.strip_prefix('(').and_then(|tuple| tuple.split(')').next()).unwrap_or_default();
        let lengths: Option<Vec<usize>> = shape
            .split(',')
            .map(str::trim)
            .filter(|n| !n.is_empty())
            .map(|n| n.parse().ok())
            .collect();
        let (rows, columns) = match lengths.as_deref() {
            Some(&[rows]) => (rows, 1),
            Some(&[rows, columns]) => (rows, columns),
            _ => bail!("the array's shape is ({shape}); it must be (rows, columns)"),
        };
        ensure!(rows > 0 && columns > 0, "the array's shape is ({shape}): there is nothing in it");
        ensure!(
            columns <= usize::from(u16::MAX),
            "the array has {columns} columns; at most {} make sense",
            u16::MAX
        );
        let whole = rows.checked_mul(columns).filter(|&count| count <= isize::MAX as usize / 8);
        ensure!(whole.is_some(), "the array's shape is ({shape}): larger than memory");
        let header = Header::numbered(columns, "row");
        Ok(Npy { name, rows, columns, fortran, number, header, reader })
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Passes the index and the numbers of each row to `take`.
    pub fn for_each(mut self, mut take: impl FnMut(usize, &[f64]) -> Result<()>) -> Result<()> {
        if self.fortran {
            return self.for_each_of_columns(take);
        }
        let mut row = vec![0.0; self.columns];
        for i in 0..self.rows {
            self.fill(&mut row)?;
            take(i, &row)?;
        }
        Ok(())
    }

    /// Likewise, where the columns lie one after another. They wait in a temporary file, and rows
    /// are gathered from it chunk by chunk.
    fn for_each_of_columns(
        mut self,
        mut take: impl FnMut(usize, &[f64]) -> Result<()>,
    ) -> Result<()> {
        let Npy { rows, columns, number, .. } = self;
        let temporary = "cannot use a temporary file";
        let mut file = tempfile::tempfile().context(temporary)?;
        let length = (rows * columns * number.size) as u64;
        let copied = io::copy(&mut self.reader.by_ref().take(length), &mut file);
        let whole = copied.and_then(|copied| match copied == length {
            true => Ok(()),
            false => Err(io::ErrorKind::UnexpectedEof.into()),
        });
        whole.with_context(|| self.short())?;

        let chunk = (CHUNK / columns).clamp(1, rows);
        let mut gathered = vec![0.0; chunk * columns];
        let mut bytes = vec![0; chunk * number.size];
        for start in (0..rows).step_by(chunk) {
            let count = chunk.min(rows - start);
            let bytes = &mut bytes[..count * number.size];
            for column in 0..columns {
                let place = (column * rows + start) * number.size;
                file.seek(SeekFrom::Start(place as u64)).context(temporary)?;
                file.read_exact(bytes).context(temporary)?;
                let cells = gathered.iter_mut().skip(column).step_by(columns);
                for (cell, bytes) in cells.zip(bytes.chunks_exact(number.size)) {
                    *cell = number.decode(bytes);
                }
            }
            for (i, row) in gathered.chunks_exact(columns).take(count).enumerate() {
                take(start + i, row)?;
            }
        }
        Ok(())
    }

    /// Reads the next numbers of the file.
    fn fill(&mut self, numbers: &mut [f64]) -> Result<()> {
        let mut buffer = [0; 8];
        let bytes = &mut buffer[..self.number.size];
        for number in numbers {
            self.reader.read_exact(bytes).with_context(|| self.short())?;
            *number = self.number.decode(bytes);
        }
        Ok(())
    }

    /// What is wrong with a file that is too short.
    fn short(&self) -> String {
        let Npy { name, rows, columns, .. } = self;
        format!("{name}: cannot read all of its {rows} x {columns} numbers")
    }
}

impl<R: Read> RowSource for Npy<R> {
    fn header(&self) -> &Header {
        &self.header
    }

    fn read(self: Box<Self>, take: Take<'_>) -> Result<()> {
        self.for_each(|i, row| take(i + 1, &Row::Numbers(row)))
    }
}

/// The text behind a key of the header, which is the source of a Python dictionary.
fn entry<'a>(header: &'a str, key: &str) -> Result<&'a str> {
    let value = header.split_once(&format!("'{key}':")).map(|(_, tail)| tail.trim_start());
    value.with_context(|| format!("the .npy header has no {key}"))
}

/// A type of number that NumPy stores.
#[derive(Clone, Copy, Debug)]
struct NumberType {
    /// The letter of the kind: `f`loat, `i`nteger, `u`nsigned integer or `b`ool.
    kind: u8,
    /// The size in bytes.
    size: usize,
    /// Whether the most significant byte comes first.
    big_endian: bool,
}

impl NumberType {
    /// Parses the name of a type as NumPy quotes it, such as `'<f8'`.
    fn parse(descr: &str) -> Result<Self> {
        let quoted = descr.strip_prefix('\'').and_then(|tail| tail.split('\'').next());
        let name = quoted.context(
            "the array is one of records; save their fields as the columns of a plain array",
        )?;
        let parsed = match name.as_bytes() {
            &[order, kind, size] => Some(NumberType {
                kind,
                size: usize::from(size.wrapping_sub(b'0')),
                big_endian: order == b'>',
            }),
            _ => None,
        };
        let known = |number: &NumberType| {
            matches!(
                (number.kind, number.size),
                (b'f', 2 | 4 | 8) | (b'i' | b'u', 1 | 2 | 4 | 8) | (b'b', 1)
            )
        };
        parsed.filter(known).with_context(|| {
            format!("the array holds `{name}`, no floats or integers; save it as float32")
        })
    }

    /// The number that these bytes encode.
    fn decode(self, bytes: &[u8]) -> f64 {
        let mut little = [0; 8];
        for (i, &byte) in bytes.iter().enumerate() {
            little[if self.big_endian { self.size - 1 - i } else { i }] = byte;
        }
        let bits = u64::from_le_bytes(little);
        let unused = 64 - 8 * self.size as u32;
        match (self.kind, self.size) {
            (b'f', 2) => f16::from_bits(bits as u16).into(),
            (b'f', 4) => f32::from_bits(bits as u32).into(),
            (b'f', _) => f64::from_bits(bits),
            (b'i', _) => ((bits << unused) as i64 >> unused) as f64,
            _ => bits as f64,
        }
    }
}
