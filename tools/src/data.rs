//! Rows of numbers from CSV files.

use anyhow::{Context, Result, bail, ensure};
use csv::{ReaderBuilder, StringRecord, Trim};
use std::{fs, path::Path};

/// Columns that are about a row and not features of it, unless they are asked for by name.
pub const NOT_FEATURES: [&str; 2] = ["label", "log_prob"];

/// Which columns are features.
#[derive(Clone, Copy, Debug)]
pub enum Columns<'a> {
    /// All but [`NOT_FEATURES`].
    All,
    /// These, which the header must name.
    Named(&'a [String]),
    /// A model's features: by name where there is a header, by position where there is none.
    Model(&'a [String]),
}

/// The features of each row, as the device would read them.
#[derive(Clone, Debug)]
pub struct Table {
    /// The features' names.
    pub features: Vec<String>,
    /// Row by row.
    pub rows: Vec<f32>,
    /// The line of the file that each row begins on, from 1.
    pub lines: Vec<usize>,
    /// Each row's true log-density, where the file has a column `log_prob` that is not a feature.
    pub log_prob: Option<Vec<f64>>,
    /// Columns that were left out.
    pub left_out: Vec<String>,
}

impl Table {
    /// Reads a CSV file, with or without a header.
    ///
    /// # Errors
    ///
    /// One line that names the file and, where there is one, the line and the column of what is wrong.
    pub fn read(path: &Path, columns: Columns<'_>) -> Result<Self> {
        let name = path.display();
        let bytes = fs::read(path).with_context(|| format!("cannot read the data {name}"))?;
        let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).trim(Trim::All).from_reader(&*bytes);
        let mut records = reader.records();
        let first = match records.next() {
            None => bail!("{name} is empty: it needs rows of numbers, with or without a header"),
            Some(first) => first.with_context(|| format!("{name} is not a CSV file"))?,
        };

        if let (1, Some(separator)) = (first.len(), first[0].find([';', '\t'])) {
            let separators = if first[0][separator..].starts_with(';') { "semicolons" } else { "tabs" };
            bail!("{name}, line {}: there are {separators} and no commas; separate cells by commas", line_of(&first, &bytes));
        }
        let number = first.iter().find(|cell| cell.parse::<f32>().is_ok());
        let text = first.iter().find(|cell| !cell.is_empty() && cell.parse::<f32>().is_err());
        if let (Some(number), Some(text)) = (number, text) {
            let line = line_of(&first, &bytes);
            bail!("{name}, line {line}: `{number}` is a number and `{text}` is not; it must be all names or all numbers");
        }
        let header = text.is_some();
        let names: Vec<String> =
            if header { first.iter().map(String::from).collect() } else { (0..first.len()).map(|i| format!("x{i}")).collect() };
        let selected = select(&names, header, columns).with_context(|| format!("{name}"))?;
        let twice = selected.iter().map(|&i| &names[i]).find(|wanted| names.iter().filter(|name| name == wanted).count() > 1);
        if let Some(twice) = twice {
            bail!("{name}: two columns are called {twice}; rename one");
        }
        let features: Vec<String> = match columns {
            Columns::Model(features) => features.to_vec(),
            _ => selected.iter().map(|&i| names[i].clone()).collect(),
        };
        let truth = names.iter().position(|name| name == "log_prob").filter(|i| header && !selected.contains(i));
        let left_out = (0..names.len()).filter(|i| !selected.contains(i)).map(|i| names[i].clone()).collect();

        let mut table = Table { features, rows: Vec::new(), lines: Vec::new(), log_prob: truth.map(|_| Vec::new()), left_out };
        let mut read = |record: &StringRecord| -> Result<()> {
            let line = || line_of(record, &bytes);
            ensure!(
                record.len() == names.len(),
                "{name}, line {}: {} cells where the first line has {}",
                line(),
                record.len(),
                names.len()
            );
            let number = |i: usize| -> Result<f32> {
                let (cell, column) = (&record[i], &names[i]);
                let hint = "drop the row or fill the cell";
                let Ok(value) = cell.parse::<f32>() else {
                    bail!("{name}, line {}, column {column}: `{cell}` is not a number; {hint}", line());
                };
                ensure!(value.is_finite(), "{name}, line {}, column {column}: `{cell}` is not a finite f32; {hint}", line());
                Ok(value)
            };
            table.lines.push(line());
            for &i in &selected {
                table.rows.push(number(i)?);
            }
            if let (Some(i), Some(log_prob)) = (truth, &mut table.log_prob) {
                number(i)?;
                log_prob.push(record[i].parse()?);
            }
            Ok(())
        };
        if !header {
            read(&first)?;
        }
        for record in records {
            read(&record.with_context(|| format!("{name} is not a CSV file"))?)?;
        }
        ensure!(!table.rows.is_empty(), "{name} has a header but no rows");
        Ok(table)
    }

    /// D.
    pub fn dimension(&self) -> usize {
        self.features.len()
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows.len() / self.dimension()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

/// The line that a record begins on, from 1. The reader's own position is where the last record ended, before blank lines.
fn line_of(record: &StringRecord, bytes: &[u8]) -> usize {
    let (end, line) = record.position().map_or((0, 1), |position| (position.byte() as usize, position.line() as usize));
    let blank = bytes[end..].iter().take_while(|byte| b"\r\n".contains(byte));
    line + blank.filter(|&&byte| byte == b'\n').count()
}

fn select(names: &[String], header: bool, columns: Columns<'_>) -> Result<Vec<usize>> {
    let find = |wanted: &String| {
        let found = names.iter().position(|name| name == wanted);
        found.with_context(|| format!("no column is called {wanted}; there are {}", names.join(", ")))
    };
    match columns {
        Columns::All => {
            let feature = |&i: &usize| !header || !NOT_FEATURES.contains(&names[i].as_str());
            let features: Vec<usize> = (0..names.len()).filter(feature).collect();
            ensure!(!features.is_empty(), "there is no feature: {} count only when --columns names them", names.join(", "));
            Ok(features)
        }
        Columns::Named(wanted) => {
            ensure!(
                header,
                "the first line is numbers, so there are no column names to choose {} by: add a header",
                wanted.join(", ")
            );
            if let Some(twice) = wanted.iter().enumerate().find(|(i, name)| wanted[..*i].contains(name)) {
                bail!("column {} is chosen twice", twice.1);
            }
            wanted.iter().map(find).collect()
        }
        Columns::Model(features) if header => features.iter().map(find).collect(),
        Columns::Model(features) => {
            ensure!(
                names.len() == features.len(),
                "{} columns and no header, where the model has {} features: {}",
                names.len(),
                features.len(),
                features.join(", ")
            );
            Ok((0..names.len()).collect())
        }
    }
}
