//! Columns that are no features although nobody said so: they number the rows or say when each was
//! taken, so that later rows have values that no model has seen.

use super::{
    clock::{epoch, is_date, is_time},
    sample::Sample,
    source::Header,
    trend::Trend,
};

/// Why a column is no feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aside {
    /// It numbers the rows.
    Index,
    /// It says when a row was taken.
    Time,
    /// It has no name and holds nothing, as where lines end with a delimiter.
    Empty,
}

impl Aside {
    /// The reasons that are worth a word.
    pub const TOLD: [Aside; 2] = [Aside::Index, Aside::Time];

    /// What the columns of a list are, in words. `one` says that the list has one column.
    pub fn words(self, columns: &str, one: bool) -> String {
        let (is, are) = match self {
            Aside::Index => ("is an index", "are indices"),
            Aside::Time => ("holds time stamps", "hold time stamps"),
            Aside::Empty => ("is empty", "are empty"),
        };
        match one {
            true => format!("column {columns} {is} and is left out"),
            false => format!("columns {columns} {are} and are left out"),
        }
    }

    /// What the name and the first rows tell of a column; `None` where it may be a feature.
    pub fn of(header: &Header, column: usize, sample: &Sample) -> Option<Self> {
        let name = if header.named { header.names[column].as_str() } else { "x" };
        if is_named_by_a_data_frame(name) {
            let is_empty = sample.rows().all(|(_, row)| row.cell(column).is_missing());
            return Some(if is_empty { Aside::Empty } else { Aside::Index });
        }
        if holds_time_stamps(sample, column) {
            return Some(Aside::Time);
        }
        let values = Values::of(sample, column)?;
        let words = words(name);
        let ends = |list: &[&str]| words.last().is_some_and(|word| list.contains(&&word[..]));
        let is_clock = words.iter().any(|word| CLOCKS.contains(&&word[..]));
        // A `light_index` may be a measurement.
        let is_index = ends(&IDS) || (words.len() == 1 && ends(&INDICES));
        let index = (is_index && values.are_whole && values.are_distinct())
            || (ends(&NUMBERS) && values.are_whole && values.rise_or_fall())
            || (!header.named && values.number_the_rows());
        let time = if is_clock {
            // A `rise time` that rises at first may be a measurement.
            values.epoch().is_some()
                || values.are_dates
                || (CLOCKS.contains(&&words[0][..]) && values.trend.counts())
        } else {
            values.nearly_sorted() && (values.are_dates || values.are_recorded())
        };
        match (time, index) {
            (true, _) => Some(Aside::Time),
            (_, true) => Some(Aside::Index),
            _ => None,
        }
    }
}

/// Words for time stamps in names of columns.
const CLOCKS: [&str; 9] =
    ["time", "timestamp", "timestamps", "ts", "date", "datetime", "epoch", "unixtime", "utc"];

/// Last words of names whose columns are indices where no whole number comes twice.
const IDS: [&str; 3] = ["id", "rowid", "uid"];

/// Whole names of such columns.
const INDICES: [&str; 2] = ["index", "idx"];

/// Last words of names whose columns are indices where whole numbers rise or fall all the way.
const NUMBERS: [&str; 9] =
    ["row", "no", "nr", "sample", "record", "seq", "sequence", "line", "rownum"];

/// The words of a name, in lower case.
fn words(name: &str) -> Vec<String> {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_ascii_lowercase).collect()
}

/// Whether data frames call their index so when they write it.
fn is_named_by_a_data_frame(name: &str) -> bool {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    name.is_empty()
        || name.strip_prefix("Unnamed: ").is_some_and(digits)
        || name
            .strip_prefix("__index_level_")
            .and_then(|tail| tail.strip_suffix("__"))
            .is_some_and(digits)
}

/// Whether all cells of a column are texts that say when, but for missing ones.
pub fn holds_time_stamps(sample: &Sample, column: usize) -> bool {
    let mut found = false;
    for (_, row) in sample.rows() {
        let cell = row.cell(column);
        if cell.text().is_some_and(is_time) {
            found = true;
        } else if !cell.is_missing() {
            return false;
        }
    }
    found
}

/// The first numbers of a column.
struct Values {
    numbers: Vec<f64>,
    trend: Trend,
    low: f64,
    high: f64,
    are_whole: bool,
    are_dates: bool,
}

/// Fewer numbers tell nothing.
const FEWEST: usize = 10;

/// The longest time between two rows that a recording has on average, in seconds.
const LONGEST_STEP: f64 = 86_400.0;

impl Values {
    /// `None` where there are too few numbers, or cells that are none.
    fn of(sample: &Sample, column: usize) -> Option<Self> {
        let mut numbers = Vec::new();
        for (_, row) in sample.rows() {
            let cell = row.cell(column);
            match cell.number() {
                Some((_, number)) if number.is_finite() => numbers.push(number),
                _ if cell.is_missing() => (),
                _ => return None,
            }
        }
        if numbers.len() < FEWEST {
            return None;
        }
        let mut trend = Trend::default();
        numbers.iter().for_each(|&x| trend.push(x));
        Some(Values {
            trend,
            low: numbers.iter().copied().fold(f64::INFINITY, f64::min),
            high: numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            are_whole: numbers.iter().all(|x| x.fract() == 0.0),
            are_dates: numbers.iter().all(|&x| is_date(x)),
            numbers,
        })
    }

    fn are_distinct(&self) -> bool {
        let mut sorted = self.numbers.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        sorted.windows(2).all(|pair| pair[0] < pair[1])
    }

    fn rise_or_fall(&self) -> bool {
        self.trend.changes() == self.numbers.len() - 1 && self.trend.against() == 0
    }

    /// Whether the numbers are whole and go on by one, up or down.
    fn number_the_rows(&self) -> bool {
        let step = self.numbers[1] - self.numbers[0];
        let goes_on = |pair: &[f64]| pair[1] - pair[0] == step;
        self.are_whole && step.abs() == 1.0 && self.numbers.windows(2).all(goes_on)
    }

    fn nearly_sorted(&self) -> bool {
        self.trend.changes() > 0 && 10 * self.trend.against() <= self.trend.changes()
    }

    fn epoch(&self) -> Option<f64> {
        epoch(self.low, self.high)
    }

    /// Whether the numbers are times since 1970, as densely as a logger writes them.
    fn are_recorded(&self) -> bool {
        let days = (self.high - self.low) / self.numbers.len() as f64 / LONGEST_STEP;
        self.epoch().is_some_and(|unit| days * unit <= 1.0)
    }
}
