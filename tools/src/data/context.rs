//! Columns of context: numbers, or levels that become an input each.

use super::{
    notation::Notation,
    row::{Cell, number},
    stream::reading,
};
use crate::model::{Context, ContextColumn};
use anyhow::{Result, bail, ensure};
use std::borrow::Cow;

/// The most levels of a column of words.
const MOST_LEVELS: usize = 32;

/// The most different values of a column of whole numbers that holds levels.
const FEW: usize = 8;

/// The features of rows, without the contexts behind them.
pub fn features_of(rows: &[f32], width: usize, d: usize) -> Cow<'_, [f32]> {
    match width == d {
        true => Cow::Borrowed(rows),
        false => rows.chunks_exact(width).flat_map(|row| &row[..d]).copied().collect(),
    }
}

/// What is known of the context of these columns from rows, whose first `d` numbers are features.
/// Levels are standardised to -1 and 1, whatever their number of rows.
///
/// # Errors
///
/// A constant column.
pub fn context_of(columns: &[ContextColumn], rows: &[f32], d: usize) -> Result<Context> {
    let width = d + columns.iter().map(|column| column.inputs().len()).sum::<usize>();
    let mut context = Context::default();
    let mut input = d;
    for column in columns {
        for name in column.inputs() {
            let values = super::statistics::column(rows, width, input);
            input += 1;
            let least = values.iter().copied().fold(f64::INFINITY, f64::min);
            let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let (mean, std) = match column.levels {
                Some(_) => (0.5, 0.5),
                None => super::statistics::moments(&values),
            };
            if column.levels.is_none() && (least >= most || std as f32 <= 0.0) {
                bail!("the context {name} is constant ({least}): it says nothing, so leave it out");
            }
            context.mean.push(mean as f32);
            context.std.push(std as f32);
            context.least.push(least as f32);
            context.most.push(most as f32);
        }
    }
    Ok(context)
}

/// What each input of a level is that training never saw. The context is then not known, since all
/// levels that it saw are 0 or 1.
pub const UNKNOWN_LEVEL: f32 = -1.0;

/// Appends the inputs of a cell to a row: NaN where the cell is missing, [`UNKNOWN_LEVEL`] where it
/// is a level that training never saw.
///
/// # Errors
///
/// A word where the column holds numbers.
pub fn push(column: &ContextColumn, cell: &Cell<'_>, row: &mut Vec<f32>) -> Result<()> {
    match &column.levels {
        None => row.push(reading(cell, &column.name)?),
        Some(levels) => {
            let found = levels.iter().position(|level| cell.is(level));
            let none = if cell.is_missing() { f32::NAN } else { UNKNOWN_LEVEL };
            let input = |i: usize| found.map_or(none, |found| f32::from(u8::from(i == found)));
            row.extend((0..levels.len()).map(input));
        }
    }
    Ok(())
}

/// The inputs of a value, as a row of a text would have it.
///
/// # Errors
///
/// It is no number where the column holds numbers, or a level that training never saw.
pub fn context_inputs(column: &ContextColumn, value: &str) -> Result<Vec<f32>> {
    let mut inputs = Vec::new();
    push(column, &Cell::Text(value.into(), Notation::default()), &mut inputs)?;
    let is_none =
        |input: &f32| !input.is_finite() || column.levels.is_some() && *input == UNKNOWN_LEVEL;
    ensure!(!inputs.iter().any(is_none), "`{value}` is nothing that training saw");
    Ok(inputs)
}

/// The cells of a column of context. Only all cells together tell whether it holds numbers or levels.
#[derive(Clone, Debug)]
pub struct ContextCells {
    name: String,
    /// Whether it is to hold numbers, however few.
    numbers_asked: bool,
    /// Each cell as a number; NaN of a word.
    numbers: Vec<f32>,
    /// The different cells, up to one more than [`MOST_LEVELS`].
    words: Vec<String>,
    /// Which of them each cell is, as long as there are not too many.
    which: Vec<u8>,
    /// Whether a cell is a word, and whether all numbers are whole.
    has_words: bool,
    are_whole: bool,
}

impl ContextCells {
    /// No cell of the column of this name, which is to hold numbers if that is asked.
    pub fn new(name: String, numbers_asked: bool) -> Self {
        ContextCells {
            name,
            numbers_asked,
            numbers: Vec::new(),
            words: Vec::new(),
            which: Vec::new(),
            has_words: false,
            are_whole: true,
        }
    }

    /// Takes a cell.
    pub fn push(&mut self, cell: &Cell<'_>) -> Result<()> {
        let value = match cell.number() {
            Some(_) => number(cell, &self.name)?,
            None if cell.is_missing() => number(cell, &self.name)?,
            None => (f32::NAN, f64::NAN),
        };
        self.has_words |= value.1.is_nan();
        self.are_whole &= value.1.fract() == 0.0;
        // 1 and 1.0 are one level.
        let word = if value.1.is_nan() { cell.to_string() } else { value.1.to_string() };
        self.take(value.0, word);
        Ok(())
    }

    fn take(&mut self, number: f32, word: String) {
        self.numbers.push(number);
        let known = self.words.iter().position(|known| *known == word);
        let which = known.unwrap_or(self.words.len());
        if known.is_none() && self.words.len() <= MOST_LEVELS {
            self.words.push(word);
        }
        self.which.push(which.min(MOST_LEVELS) as u8);
    }

    /// Appends the cells of the same column of another file.
    pub fn append(&mut self, other: ContextCells) {
        self.has_words |= other.has_words;
        self.are_whole &= other.are_whole;
        for (number, which) in other.numbers.into_iter().zip(other.which) {
            let word = other.words[usize::from(which)].clone();
            self.take(number, word);
        }
    }

    /// The column that the cells are of: levels where there are words or few whole numbers, unless
    /// numbers were asked for.
    ///
    /// # Errors
    ///
    /// Too many words, or one.
    pub fn column(&self) -> Result<ContextColumn> {
        let ContextCells { name, words, has_words, numbers_asked: numbers, .. } = self;
        ensure!(
            !(*numbers && *has_words),
            "the context {name} has words, as `{}`, so it is no number",
            self.first_word()
        );
        let are_few = self.are_whole && words.len() <= FEW;
        if *numbers || !has_words && !are_few || words.len() < 2 && !has_words {
            return Ok(ContextColumn::number(name));
        }
        ensure!(
            words.len() <= MOST_LEVELS,
            "the context {name} has more than {MOST_LEVELS} different words: give it fewer levels"
        );
        ensure!(
            words.len() >= 2,
            "the context {name} is `{}` in all rows: it says nothing, so leave it out",
            words[0]
        );
        let mut levels = words.clone();
        let value = |level: &String| level.parse::<f64>().unwrap_or(f64::INFINITY);
        levels.sort_by(|a, b| value(a).total_cmp(&value(b)).then(a.cmp(b)));
        Ok(ContextColumn { name: name.clone(), levels: Some(levels) })
    }

    /// Appends the inputs of cell i to a row.
    pub fn push_inputs(&self, column: &ContextColumn, i: usize, row: &mut Vec<f32>) {
        match &column.levels {
            None => row.push(self.numbers[i]),
            Some(levels) => {
                let word = &self.words[usize::from(self.which[i])];
                row.extend(levels.iter().map(|level| f32::from(u8::from(level == word))));
            }
        }
    }

    fn first_word(&self) -> &str {
        let is_word = |word: &&String| word.parse::<f64>().is_err();
        self.words.iter().find(is_word).map_or("", String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(words: &[&str]) -> ContextCells {
        asked(words, false)
    }

    fn asked(words: &[&str], numbers: bool) -> ContextCells {
        let mut cells = ContextCells::new("mode".into(), numbers);
        for word in words {
            cells.push(&cell(word)).unwrap();
        }
        cells
    }

    fn cell(word: &str) -> Cell<'_> {
        Cell::Text(word.into(), Notation::default())
    }

    fn levels(words: &[&str]) -> Option<Vec<String>> {
        cells(words).column().unwrap().levels
    }

    #[test]
    fn words_and_few_whole_numbers_are_levels() {
        assert_eq!(levels(&["full", "eco", "full"]).unwrap(), ["eco", "full"]);
        assert_eq!(levels(&["10", "9", "9.0", "2"]).unwrap(), ["2", "9", "10"]);
        assert_eq!(levels(&["off", "10", "9"]).unwrap(), ["9", "10", "off"]);
        assert_eq!(levels(&["0.5", "1", "2"]), None);
        assert_eq!(levels(&["1", "2", "3", "4", "5", "6", "7", "8", "9"]), None);
        assert_eq!(asked(&["1", "2"], true).column().unwrap(), ContextColumn::number("mode"));
    }

    #[test]
    fn what_is_neither_is_refused() {
        let said =
            |words: &[&str], numbers| asked(words, numbers).column().unwrap_err().to_string();
        assert_eq!(
            said(&["eco", "eco"], false),
            "the context mode is `eco` in all rows: it says nothing, so leave it out"
        );
        assert_eq!(
            said(&["1", "eco"], true),
            "the context mode has words, as `eco`, so it is no number"
        );
        let many: Vec<String> = (0..40).map(|i| format!("m{i}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(
            said(&many, false),
            "the context mode has more than 32 different words: give it fewer levels"
        );
    }

    #[test]
    fn rows_have_an_input_for_each_level() {
        let mut both = cells(&["full", "eco"]);
        both.append(cells(&["turbo", "eco"]));
        let column = both.column().unwrap();
        let mut row = Vec::new();
        (0..4).for_each(|i| both.push_inputs(&column, i, &mut row));
        // eco, full, turbo
        assert_eq!(row, [0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0]);

        let mut known = Vec::new();
        push(&column, &cell("full"), &mut known).unwrap();
        assert_eq!(known, [0.0, 1.0, 0.0]);
        let mut unknown = Vec::new();
        push(&column, &cell("off"), &mut unknown).unwrap();
        assert_eq!(unknown, [UNKNOWN_LEVEL; 3]);
        let mut missing = Vec::new();
        push(&column, &cell(""), &mut missing).unwrap();
        assert!(missing.len() == 3 && missing.iter().all(|input| input.is_nan()));
    }

    #[test]
    fn a_constant_number_is_refused() {
        let columns = [ContextColumn::number("load")];
        let found = context_of(&columns, &[1.0, 2.0, 3.0, 4.0, 5.0, 7.0], 2).unwrap();
        assert_eq!((found.least, found.most), (vec![3.0], vec![7.0]));
        let constant = context_of(&columns, &[1.0, 2.0, 3.0, 4.0, 5.0, 3.0], 2).unwrap_err();
        assert_eq!(
            constant.to_string(),
            "the context load is constant (3): it says nothing, so leave it out"
        );
    }
}
