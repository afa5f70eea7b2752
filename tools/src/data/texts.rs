use super::{Notation, columns::may_be_label, list::first_of, row::Row, source::Header};
use crate::hint::{Hint, Hinted};
use anyhow::{Error, Result};
use std::collections::BTreeMap;

/// The most words that are kept of a column.
const WORDS: usize = 3;

/// The columns of features that hold text. Once one is found, the rest of the file is read for the
/// others alone, so that all can be named at once.
#[derive(Clone, Debug, Default)]
pub struct Texts {
    columns: BTreeMap<usize, Text>,
}

/// The text in a column.
#[derive(Clone, Debug)]
struct Text {
    /// The place of the first one.
    place: usize,
    /// The first different ones.
    words: Vec<String>,
    count: usize,
}

impl Texts {
    /// Whether no column holds text.
    pub fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }

    /// Notes the columns in which a row has text.
    pub fn look_at(&mut self, place: usize, row: &Row<'_>, features: &[usize]) {
        for &column in features {
            let cell = row.cell(column);
            let word = cell.to_string();
            if cell.number().is_none() && !cell.is_missing() && Notation::others(&word).is_empty() {
                let new = Text { place, words: Vec::new(), count: 0 };
                let text = self.columns.entry(column).or_insert(new);
                text.count += 1;
                if text.words.len() < WORDS && !text.words.contains(&word) {
                    text.words.push(word);
                }
            }
        }
    }

    /// Refuses a file whose columns hold text.
    ///
    /// # Errors
    ///
    /// A single text and its place; or the columns, if there are several, or one with text in all of
    /// the `rows`. Where all `features` hold text, the table is written otherwise.
    pub fn refuse(&self, name: &str, header: &Header, features: usize, rows: usize) -> Result<()> {
        let Some((&first, text)) = self.columns.first_key_value() else { return Ok(()) };
        let Text { place, words, count } = text;
        let (unit, word) = (header.unit, &words[0]);
        if self.columns.len() == 1 && *count < rows {
            let column = &header.names[first];
            let hint = Hint::CorrectCell { column: column.clone(), word: word.clone() };
            let problem = Hinted::new(format!("`{word}` is not a number"), hint);
            let place = format!("{name}, {unit} {place}, column {column}");
            return Err(Error::new(problem).context(place));
        }
        let columns: Vec<String> =
            self.columns.keys().map(|&column| header.names[column].clone()).collect();
        let hold = match &columns[..] {
            [column] => format!("column {column} holds text"),
            columns => format!("columns {} hold text", first_of(columns)),
        };
        let label = self.columns.iter().find(|&(&column, Text { words, count, .. })| {
            let two = words.len() == 2 && *count == rows;
            two || may_be_label(&header.names[column])
        });
        let label = label.map(|(&column, _)| header.names[column].clone());
        let message = format!("{hold}, such as `{word}` in {unit} {place}");
        let hint = if columns.len() == features && columns.len() > 1 {
            Hint::SayLayout
        } else {
            Hint::ExcludeTexts { columns, label }
        };
        let problem = Hinted::new(message, hint);
        Err(Error::new(problem).context(name.to_string()))
    }
}
