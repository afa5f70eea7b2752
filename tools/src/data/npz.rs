use super::{
    Reading,
    npy::Npy,
    row::Row,
    source::{Header, RowSource, Take},
};
use crate::hint::{Hint, Hinted};
use anyhow::{Context, Result, bail, ensure};
use std::{
    fs::File,
    io::{BufReader, Read},
    path::Path,
};
use zip::ZipArchive;

/// A NumPy archive of arrays: one holds the rows, another may hold a label for each row.
#[derive(Debug)]
pub struct Npz {
    archive: Archive,
    array: String,
    labels: Option<Vec<f64>>,
    header: Header,
    name: String,
}

impl Npz {
    /// Chooses the arrays and reads the labels.
    ///
    /// # Errors
    ///
    /// The archive is not whole, or an array is not there, ambiguous, or of another length.
    pub fn open(path: &Path, reading: &Reading) -> Result<Self> {
        let name = path.display().to_string();
        let file = File::open(path).with_context(|| format!("cannot read the data {name}"))?;
        let mut archive = ZipArchive::new(BufReader::new(file))
            .with_context(|| format!("{name} is not a whole .npz file"))?;
        let arrays: Vec<String> = archive
            .file_names()
            .filter_map(|file| Some(file.ok()?.strip_suffix(".npy")?.to_string()))
            .collect();
        ensure!(
            !arrays.is_empty(),
            "{name} is a zip archive without NumPy arrays; unpack it, or save a spreadsheet as CSV"
        );
        let exists = |array: &str| arrays.iter().any(|known| known == array);
        let list = || arrays.join(", ");

        let array = match &reading.array {
            Some(array) if exists(array) => array.clone(),
            Some(array) => bail!("{name}: no array is called {array}; there are {}", list()),
            None if exists("X") => "X".into(),
            None if arrays.len() == 1 => arrays[0].clone(),
            None => bail!(Hinted::new(
                format!("{name}: choose one of the arrays {}", list()),
                Hint::ChooseArray
            )),
        };
        let label = match &reading.label {
            Some(label) => Some(label.clone()).filter(|label| exists(label)),
            None => Some("y".into()).filter(|_| reading.array.is_none() && exists("y")),
        };
        let data = open_array(&mut archive, &array, &name)?;
        let (rows, mut header) = (data.rows(), data.header().clone());
        drop(data);
        let mut labels = None;
        if let Some(label) = label {
            let numbers = read_all(&mut archive, &label, &name)?;
            ensure!(
                numbers.len() == rows,
                "{name}: {} numbers in {label} for {rows} rows in {array}",
                numbers.len()
            );
            header.label = Some(header.names.len());
            header.names.push(label);
            labels = Some(numbers);
        }
        Ok(Npz { archive, array, labels, header, name })
    }
}

impl RowSource for Npz {
    fn header(&self) -> &Header {
        &self.header
    }

    fn read(mut self: Box<Self>, take: Take<'_>) -> Result<()> {
        let data = open_array(&mut self.archive, &self.array, &self.name)?;
        let mut cells = Vec::new();
        data.for_each(|i, row| {
            cells.clear();
            cells.extend_from_slice(row);
            cells.extend(self.labels.iter().map(|labels| labels[i]));
            take(i + 1, &Row::Numbers(&cells))
        })
    }
}

type Archive = ZipArchive<BufReader<File>>;

/// Opens an array of the archive and reads its header.
fn open_array<'a>(
    archive: &'a mut Archive,
    array: &str,
    file: &str,
) -> Result<Npy<impl Read + use<'a>>> {
    let name = format!("{file}, array {array}");
    let stream = archive.by_name(&format!("{array}.npy")).with_context(|| name.clone())?;
    Npy::open(BufReader::new(stream), name)
}

/// Reads all numbers of an array, row by row.
fn read_all(archive: &mut Archive, array: &str, file: &str) -> Result<Vec<f64>> {
    let mut numbers = Vec::new();
    open_array(archive, array, file)?.for_each(|_, row| {
        numbers.extend_from_slice(row);
        Ok(())
    })?;
    Ok(numbers)
}
