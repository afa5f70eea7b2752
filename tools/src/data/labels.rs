use super::{list::first_of, row::Cell};
use crate::hint::{Hint, Hinted};
use anyhow::{Result, bail};

/// Words for normal rows, in lower case.
const NORMAL: [&str; 14] = [
    "normal",
    "benign",
    "ok",
    "okay",
    "good",
    "healthy",
    "nominal",
    "regular",
    "inlier",
    "valid",
    "pass",
    "no",
    "false",
    "background",
];

/// Words that say yes, in lower case.
const YES: [&str; 4] = ["true", "yes", "t", "y"];

/// The most words that labels can be.
const MOST: usize = 200;

/// Reads the labels of a column: numbers, where 0 is normal, or words.
#[derive(Clone, Debug)]
pub struct Labels {
    /// The column's name.
    name: String,
    /// What normal rows are called, if it was said.
    normal: Option<String>,
    /// Each label that is known so far, as the file has it.
    words: Vec<String>,
    /// The label of each row, by its index.
    rows: Vec<u8>,
    /// Whether the labels are numbers, which is all that is kept of them.
    numbers: bool,
}

impl Labels {
    /// No labels yet of a column of this name. Normal rows are called `normal`, if that is given.
    pub fn new(name: String, normal: Option<String>) -> Self {
        Labels { name, normal, words: Vec::new(), rows: Vec::new(), numbers: false }
    }

    /// Adds the label of the next row.
    ///
    /// # Errors
    ///
    /// The cell is missing, or is a word where others are numbers, or there are too many words.
    pub fn push(&mut self, cell: &Cell<'_>) -> Result<()> {
        let is_normal = self.normal.as_ref().is_some_and(|normal| cell.is(normal));
        if cell.is_missing() && !is_normal {
            let message = format!("`{cell}` is a missing value");
            bail!(Hinted::new(message, Hint::DropMissing));
        }
        let number = cell.number();
        let word = match (&self.normal, number) {
            // Labels that are numbers are equal if the numbers are.
            (Some(_), Some((_, number))) => number.to_string(),
            (None, Some((_, number))) => String::from(if number == 0.0 { "0" } else { "1" }),
            (_, None) => cell.to_string(),
        };
        if self.normal.is_none() {
            if !self.rows.is_empty() && self.numbers != number.is_some() {
                let (this, others) =
                    if self.numbers { ("word", "numbers") } else { ("number", "words") };
                let message = format!("`{cell}` is a {this}, and the labels above are {others}");
                bail!(Hinted::new(message, Hint::SayNormal(Vec::new())));
            }
            self.numbers = number.is_some();
        }
        let known = self.words.iter().position(|known| *known == word);
        let index = known.unwrap_or_else(|| {
            self.words.push(word);
            self.words.len() - 1
        });
        match u8::try_from(index) {
            Ok(index) if usize::from(index) < MOST => self.rows.push(index),
            _ => bail!("there are more than {MOST} different labels"),
        }
        Ok(())
    }

    /// Whether each row is an anomaly, and what was taken for normal if that was not said.
    ///
    /// # Errors
    ///
    /// No word, or more than one, is known to say that a row is normal.
    pub fn finish(self) -> Result<(Vec<bool>, Option<Hinted>)> {
        let Labels { name, normal, words, rows, numbers } = self;
        let said = normal.map(|word| word.parse::<f64>().map_or(word, |number| number.to_string()));
        let list = || first_of(&words);
        let normal = match &said {
            Some(normal) if words.contains(normal) || words.is_empty() => normal.clone(),
            Some(normal) => {
                bail!("no label of column {name} is `{normal}`; there are {}", list());
            }
            None if numbers => "0".into(),
            None => {
                match &words.iter().filter(|word| is_normal(word, &name)).collect::<Vec<_>>()[..] {
                    [word] => word.to_string(),
                    _ => {
                        let message = format!(
                            "the labels of column {name} are {}, and which is normal is not known",
                            list()
                        );
                        bail!(Hinted::new(message, Hint::SayNormal(words)));
                    }
                }
            }
        };
        let anomalies: Vec<bool> =
            rows.iter().map(|&word| words[usize::from(word)] != normal).collect();
        let count = anomalies.iter().filter(|&&anomaly| anomaly).count();
        // Of numbers nobody doubts that 0 is normal, unless most rows are something else, or the
        // column is called `ok`, for example.
        let most = 2 * count > rows.len() && count < rows.len();
        let is_doubtful = !numbers || most || says_normal(&name);
        let note = (said.is_none() && is_doubtful).then(|| {
            let message = format!(
                "label {name}: `{normal}` is taken for normal, all else for an anomaly ({count} of {} \
                 rows)",
                rows.len()
            );
            let others = words.iter().filter(|word| **word != normal && !numbers);
            let others = others.cloned().collect();
            Hinted::new(message, Hint::OtherNormal(others))
        });
        Ok((anomalies, note))
    }
}

/// The words of a text, in lower case.
fn words(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric());
    words.map(str::to_ascii_lowercase).collect()
}

/// Whether a column is called by what is normal, as `ok` is.
fn says_normal(column: &str) -> bool {
    words(column).iter().any(|word| word != "no" && NORMAL.contains(&&word[..]))
}

/// Whether a word says that a row is normal: by itself, or by saying yes in a column that is called
/// `ok`, for example.
fn is_normal(word: &str, column: &str) -> bool {
    let known: &[&str] = if says_normal(column) { &YES } else { &NORMAL };
    words(word).first().is_some_and(|word| known.contains(&&word[..]))
}
