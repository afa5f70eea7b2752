use super::{
    Delimiter, Notation, Reading,
    gzip::Gzip,
    npy::{self, Npy},
    npz::Npz,
    source::RowSource,
    text::Text,
};
use crate::{
    hint::{Hint, Hinted},
    input,
};
#[cfg(not(feature = "parquet"))]
use anyhow::bail;
use anyhow::{Context, Result, ensure};
use std::{
    io::{BufRead, BufReader, Cursor, Read},
    path::Path,
};

/// How a zip archive begins: with its first file, or with its end if it is empty.
const ZIP: [&[u8]; 2] = [b"PK\x03\x04", b"PK\x05\x06"];
const PARQUET: &[u8] = b"PAR1";
const GZIP: &[u8] = b"\x1f\x8b";

/// The number of bytes that tell every format.
const MAGIC: u64 = 8;

/// The size of a buffer in bytes.
const BUFFER: usize = 1 << 16;

/// Opens a file. Its first bytes tell the format.
///
/// # Errors
///
/// The file cannot be read, is of no known format, or is not whole.
pub fn open(path: &Path, reading: &Reading) -> Result<Box<dyn RowSource>> {
    let name = path.display().to_string();
    let Notation { decimal, thousands } = reading.notation;
    ensure!(
        thousands != Some(decimal),
        "`{decimal}` cannot separate both fractions and thousands: say which is which"
    );
    let separates_cells = |c: char| reading.delimiter == Some(Delimiter::Byte(c as u8));
    ensure!(
        !separates_cells(decimal) && !thousands.is_some_and(separates_cells),
        "one character cannot separate both cells and parts of numbers: say which it is"
    );
    let cannot_read = || format!("cannot read the data {name}");
    let start = |file: &mut dyn Read| -> Result<Vec<u8>> {
        let mut start = Vec::new();
        file.take(MAGIC).read_to_end(&mut start).with_context(cannot_read)?;
        Ok(start)
    };
    let mut file = input::open(path).with_context(cannot_read)?;
    let mut magic = start(&mut file)?;
    let is_zip = |magic: &[u8]| ZIP.iter().any(|zip| magic.starts_with(zip));
    let zip = is_zip(&magic);
    ensure!(
        zip || reading.array.is_none(),
        Hinted::new(format!("{name} is not an .npz file, so it has no arrays"), Hint::NoArray)
    );
    ensure!(
        !input::is_standard(path) || !(zip || magic.starts_with(PARQUET)),
        "standard input holds an .npz or a Parquet file, which is not read from its beginning to its \
         end: save it to a file and give its path"
    );
    if magic.starts_with(PARQUET) {
        #[cfg(feature = "parquet")]
        return Ok(Box::new(super::parquet::Parquet::open(file, name)?));
        #[cfg(not(feature = "parquet"))]
        bail!(
            "{name} is a Parquet file: build couplet with `cargo build --release -p \
             couplet-tools --features parquet`, or save it as CSV"
        );
    }
    if zip {
        return Ok(Box::new(Npz::open(path, reading)?));
    }
    // The bytes that were read come first again.
    let mut stream: Box<dyn BufRead> =
        Box::new(BufReader::with_capacity(BUFFER, Cursor::new(magic.clone()).chain(file)));
    if magic.starts_with(GZIP) {
        let mut inside = Gzip::new(stream);
        magic = start(&mut inside)?;
        stream =
            Box::new(BufReader::with_capacity(BUFFER, Cursor::new(magic.clone()).chain(inside)));
    }
    if magic.starts_with(npy::MAGIC) {
        return Ok(Box::new(Npy::open(stream, name)?));
    }
    ensure!(!is_zip(&magic), "{name} holds a zip archive in gzip: unpack it with gunzip");
    Ok(Box::new(Text::open(stream, name, reading)?))
}
