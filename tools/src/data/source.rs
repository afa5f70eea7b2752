use super::{
    Reading,
    npy::{self, Npy},
    npz::Npz,
    row::Row,
    text::Text,
};
#[cfg(not(feature = "parquet"))]
use anyhow::bail;
use anyhow::{Context, Result, ensure};
use flate2::bufread::MultiGzDecoder;
use std::{
    fs::File,
    io::{BufRead, BufReader, Cursor, Read},
    path::Path,
};

/// An archive begins with its first file, or is empty.
const ZIP: [&[u8]; 2] = [b"PK\x03\x04", b"PK\x05\x06"];
const PARQUET: &[u8] = b"PAR1";
const GZIP: &[u8] = b"\x1f\x8b";

/// What a file says of its columns before the first row.
#[derive(Clone, Debug)]
pub struct Header {
    /// The columns' names; x0, x1, ... where the file has none.
    pub names: Vec<String>,
    /// Whether the file named them.
    pub named: bool,
    /// The column that its format sets apart for labels.
    pub label: Option<usize>,
    /// What its rows are counted by: `line` or `row`.
    pub unit: &'static str,
}

impl Header {
    /// For columns without names.
    pub fn numbered(columns: usize, unit: &'static str) -> Self {
        Header {
            names: (0..columns).map(|i| format!("x{i}")).collect(),
            named: false,
            label: None,
            unit,
        }
    }
}

/// Takes a row and where it begins, from 1.
pub type Take<'a> = &'a mut dyn FnMut(usize, &Row<'_>) -> Result<()>;

/// A file that has been opened and whose header has been read.
pub trait Source {
    /// The columns.
    fn header(&self) -> &Header;

    /// Hands over each row in order, one at a time.
    fn read(self: Box<Self>, take: Take<'_>) -> Result<()>;
}

/// Opens a file; its first bytes tell the format.
pub fn open(path: &Path, reading: &Reading) -> Result<Box<dyn Source>> {
    let name = path.display().to_string();
    let cannot_read = || format!("cannot read the data {name}");
    let start = |file: &mut dyn Read| -> Result<Vec<u8>> {
        let mut start = Vec::new();
        file.take(8).read_to_end(&mut start).with_context(cannot_read)?;
        Ok(start)
    };
    let mut file = File::open(path).with_context(cannot_read)?;
    let mut magic = start(&mut file)?;
    let is_zip = |magic: &[u8]| ZIP.iter().any(|zip| magic.starts_with(zip));
    let zip = is_zip(&magic);
    ensure!(
        zip || reading.array.is_none(),
        "{name} is not an .npz file, so it has no arrays to choose by --array"
    );
    if magic.starts_with(PARQUET) {
        #[cfg(feature = "parquet")]
        return Ok(Box::new(super::parquet::Parquet::open(file, name)?));
        #[cfg(not(feature = "parquet"))]
        bail!(
            "{name} is a Parquet file: build couplet with `cargo build --release -p couplet-tools --features parquet`, or save \
             it as CSV"
        );
    }
    if zip {
        return Ok(Box::new(Npz::open(path, reading)?));
    }
    let mut stream: Box<dyn BufRead> =
        Box::new(BufReader::with_capacity(1 << 16, Cursor::new(magic.clone()).chain(file)));
    if magic.starts_with(GZIP) {
        let mut inside = MultiGzDecoder::new(stream);
        magic = start(&mut inside)?;
        stream =
            Box::new(BufReader::with_capacity(1 << 16, Cursor::new(magic.clone()).chain(inside)));
    }
    if magic.starts_with(npy::MAGIC) {
        return Ok(Box::new(Npy::open(stream, name)?));
    }
    ensure!(!is_zip(&magic), "{name} holds a zip archive in gzip: unpack it with gunzip");
    Ok(Box::new(Text::open(stream, name, reading)?))
}
