//! Whether the first line of a text names the columns, though names may be numbers.

use super::{
    Reading,
    clock::is_time,
    list::first_of,
    row::{Cell, Row},
    sample::Sample,
};
use crate::hint::{Hint, Hinted};
use anyhow::{Result, bail};

/// With fewer rows below it, a line of numbers is a row.
const FEWEST: usize = 10;

/// What the first lines of a text are.
#[derive(Clone, Debug, Default)]
pub struct Heading {
    /// The names of the columns, if the text has any.
    pub names: Option<Vec<String>>,
    /// The number of lines above the rows.
    pub lines: usize,
    /// What was recognised, and how to choose otherwise.
    pub notes: Vec<Hinted>,
}

impl Heading {
    /// Tells names from readings in the file of this name. Columns that are not read say nothing.
    ///
    /// The first line names the columns if it has words and no numbers, or if its numbers can hardly
    /// be readings: they count up from 0 or 1, as those that data frames give to columns, or they
    /// rise and are far from all readings below, as wavelengths are.
    ///
    /// # Errors
    ///
    /// The first line has numbers and a word where readings are numbers.
    pub fn find(name: &str, sample: &Sample, reading: &Reading) -> Result<Self> {
        let Some((line, first)) = sample.rows().next() else { return Ok(Heading::default()) };
        let columns: Vec<usize> = (0..first.len()).filter(|&i| !is_ignored(reading, i)).collect();
        let of = |kind: &dyn Fn(&Cell<'_>) -> bool| -> Vec<usize> {
            columns.iter().copied().filter(|&i| kind(&first.cell(i))).collect()
        };
        let numbers = of(&|cell| cell.number().is_some());
        let words = of(&|cell| is_word(cell, reading));
        let below: Vec<Below> = (0..first.len()).map(|i| Below::of(sample, i, reading)).collect();
        let shown = first_of(&names(&first));
        if numbers.is_empty() {
            let names = (!words.is_empty()).then(|| names(&first));
            return Ok(names.map_or_else(Heading::default, Heading::named));
        }
        let over_numbers = words.iter().find(|&&i| below[i].words == 0).copied();
        let values: Vec<f64> =
            numbers.iter().filter_map(|&i| first.cell(i).number()).map(|(_, x)| x).collect();
        let readings: Vec<&Below> = numbers.iter().map(|&i| &below[i]).collect();
        let is_index = of(&|cell| is_missing(cell, reading)) == [0] || over_numbers.is_some();
        match kind(&values, &readings, is_index) {
            Kind::Names => {
                let message = format!("line {line} ({shown}) names the columns");
                let note = Hinted::new(message, Hint::NoHeader);
                Ok(Heading { notes: vec![note], ..Heading::named(names(&first)) })
            }
            _ if let Some(word) = over_numbers => {
                let (number, word) = (first.cell(numbers[0]), (first.cell(word), word));
                let message =
                    format!("{name}, line {line}: `{number}` is a number and `{}` is not", word.0);
                bail!(Hinted::new(message, Hint::SayHeader(word.1)));
            }
            Kind::Doubtful => {
                let message = format!("line {line} ({shown}) is taken for a row");
                let notes = vec![Hinted::new(message, Hint::Header)];
                Ok(Heading { notes, ..Heading::default() })
            }
            Kind::Readings => Ok(Heading::default()),
        }
    }

    /// The first line names the columns.
    pub fn named(names: Vec<String>) -> Self {
        Heading { names: Some(names), lines: 1, notes: Vec::new() }
    }

    /// Takes the cells of a comment right above the rows for names, if there is a word for each
    /// column, as NumPy writes them.
    pub fn or_comment(mut self, comment: Vec<String>, sample: &Sample) -> Self {
        let width = sample.rows().next().map_or(0, |(_, row)| row.len());
        let is_name = |i: usize| {
            let name = &comment[i];
            !name.is_empty() && name.parse::<f64>().is_err() && !comment[..i].contains(name)
        };
        if width > 1 && comment.len() == width && (0..width).all(is_name) {
            let message = format!("a comment names the columns ({})", first_of(&comment));
            self.notes = vec![Hinted::new(message, Hint::NoHeader)];
            self.names = Some(comment);
        }
        self
    }

    /// Counts a line of units below the names among the lines above the rows.
    pub fn with_units(mut self, sample: &Sample, reading: &Reading) -> Self {
        let Some((line, units)) = sample.rows().nth(self.lines) else { return self };
        let below = |i| Below::after(sample, i, self.lines + 1, reading);
        let is_unit = |i: &usize| is_word(&units.cell(*i), reading) && below(*i).are_numbers();
        let all = 0..units.len();
        if self.lines == 1
            && all.clone().any(|i| is_unit(&i))
            && all.clone().all(|i| units.cell(i).number().is_none())
        {
            let message = format!("line {line} ({}) is taken for units", first_of(&names(&units)));
            self.notes.push(Hinted::new(message, Hint::HeaderBelow(line)));
            self.lines += 1;
        }
        self
    }
}

/// The cells of a line.
pub fn names(row: &Row<'_>) -> Vec<String> {
    (0..row.len()).map(|i| row.cell(i).to_string()).collect()
}

/// Whether a column of a text without names is not read.
fn is_ignored(reading: &Reading, column: usize) -> bool {
    let index = |wanted: &String| wanted.trim_start_matches('x').parse::<usize>().ok();
    let is = |wanted: &String| index(wanted) == Some(column);
    let used = [&reading.label, &reading.group].into_iter().flatten().any(is);
    let excluded = reading.exclude.iter().flatten().any(is);
    let passed_over = reading.columns.as_ref().is_some_and(|columns| {
        columns.iter().all(|column| index(column).is_some()) && !columns.iter().any(is)
    });
    !used && (excluded || passed_over)
}

/// Whether a cell is neither a number nor missing nor a time stamp.
fn is_word(cell: &Cell<'_>, reading: &Reading) -> bool {
    cell.number().is_none() && !is_missing(cell, reading) && !cell.text().is_some_and(is_time)
}

fn is_missing(cell: &Cell<'_>, reading: &Reading) -> bool {
    cell.is_missing() || reading.missing.iter().any(|word| cell.is(word))
}

/// What the numbers of a line are.
enum Kind {
    Names,
    Readings,
    Doubtful,
}

/// Tells names from readings. `is_index` says that the line has a further cell, which is empty or a
/// word above numbers: it names the index of the rows.
fn kind(values: &[f64], below: &[&Below], is_index: bool) -> Kind {
    let rows = below.iter().map(|below| below.numbers).min().unwrap_or(0);
    let far = |(&x, below): (&f64, &&Below)| below.distance(x) > below.range();
    let are_far = || rows > 1 && values.iter().zip(below).all(far);
    let rise = values.windows(2).all(|pair| pair[0] < pair[1]);
    let start = values[0];
    let count = (start == 0.0 || start == 1.0)
        && values.len() > 1
        && values.windows(2).all(|pair| pair[1] - pair[0] == 1.0);
    if count {
        let goes_on = values.iter().zip(below).any(|(&x, below)| below.goes_on_from(x));
        let many = values.len() > 2 && rows >= FEWEST;
        let other_digits = rows > 1 && below.iter().all(|below| below.fractions == below.numbers);
        return if !goes_on && (is_index || many || other_digits) {
            Kind::Names
        } else {
            Kind::Doubtful
        };
    }
    let enough = if is_index { values.len() > 1 } else { values.len() > 2 && rows >= FEWEST };
    let are_names = enough && rise && are_far();
    if are_names { Kind::Names } else { Kind::Readings }
}

/// What the cells of a column below the first line are.
struct Below {
    numbers: usize,
    words: usize,
    /// Numbers that are not written as whole ones.
    fractions: usize,
    low: f64,
    high: f64,
    /// The first two numbers.
    first: Vec<f64>,
}

impl Below {
    fn of(sample: &Sample, column: usize, reading: &Reading) -> Self {
        Below::after(sample, column, 1, reading)
    }

    /// What they are below this many lines.
    fn after(sample: &Sample, column: usize, lines: usize, reading: &Reading) -> Self {
        let mut below = Below {
            numbers: 0,
            words: 0,
            fractions: 0,
            low: f64::INFINITY,
            high: f64::NEG_INFINITY,
            first: Vec::new(),
        };
        for (_, row) in sample.rows().skip(lines).filter(|(_, row)| column < row.len()) {
            let cell = row.cell(column);
            match cell.number() {
                Some((_, x)) if x.is_finite() => {
                    below.numbers += 1;
                    below.fractions += usize::from(cell.to_string().parse::<i64>().is_err());
                    (below.low, below.high) = (below.low.min(x), below.high.max(x));
                    if below.first.len() < 2 {
                        below.first.push(x);
                    }
                }
                _ => below.words += usize::from(!is_missing(&cell, reading)),
            }
        }
        below
    }

    fn are_numbers(&self) -> bool {
        self.numbers > 0 && self.words == 0
    }

    fn range(&self) -> f64 {
        self.high - self.low
    }

    /// How far a number is outside of the others; below zero inside.
    fn distance(&self, x: f64) -> f64 {
        (self.low - x).max(x - self.high)
    }

    /// Whether the first numbers go on from this one in equal steps, as those of an index do.
    fn goes_on_from(&self, x: f64) -> bool {
        matches!(self.first[..], [a, b] if a != x && ((b - a) - (a - x)).abs() <= 1e-9 * (a - x).abs())
    }
}
