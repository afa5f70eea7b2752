use super::{delimiter::Delimiter, notation::Notation};

/// Which line of a text names the columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HeaderLine {
    /// The first, if it looks like that.
    #[default]
    Detected,
    /// The first.
    First,
    /// None.
    Absent,
    /// This one, counted from 1. What is above it is not read.
    At(usize),
}

/// How to read rows from a file.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The columns that are features, in this order: by name, or by index from 0; a name wins.
    /// `None` takes all but labels, `log_prob`, indices and time stamps.
    pub columns: Option<Vec<String>>,
    /// The columns to leave out, by name or by index.
    pub exclude: Option<Vec<String>>,
    /// Columns that are features although they look like labels, indices or time stamps.
    pub include: Option<Vec<String>>,
    /// The column that says whether a row is an anomaly, by name or by index: 0 is normal. It is
    /// never a feature. `None` takes the array `y` of an `.npz` file, if there is one.
    pub label: Option<String>,
    /// The column that says which rows belong together, by name or by index. It is never a feature.
    pub group: Option<String>,
    /// The columns that a flow to be trained is given, by name or by index. They are never features.
    pub context: Vec<String>,
    /// Those of them that are numbers although they have few values.
    pub context_numbers: Vec<String>,
    /// The array of an `.npz` file to read. `None` takes `X`, or the only one.
    pub array: Option<String>,
    /// What separates the cells of a text. `None` finds it out.
    pub delimiter: Option<Delimiter>,
    /// How a text writes numbers.
    pub notation: Notation,
    /// What the comment lines of a text begin with.
    pub comment: u8,
    /// The number of lines at the start of a text that are not read.
    pub skip: usize,
    /// Which line of a text names the columns.
    pub header: HeaderLine,
    /// Words and numbers that stand for missing values, beside the usual ones.
    pub missing: Vec<String>,
    /// What the labels of normal rows are called. `None` takes 0, or a word that says so.
    pub normal: Option<String>,
    /// Whether to drop rows with missing values instead of refusing them.
    pub drop_missing: bool,
}

impl Default for Reading {
    fn default() -> Self {
        Reading {
            columns: None,
            exclude: None,
            include: None,
            label: None,
            group: None,
            context: Vec::new(),
            context_numbers: Vec::new(),
            array: None,
            delimiter: None,
            notation: Notation::default(),
            comment: b'#',
            skip: 0,
            header: HeaderLine::Detected,
            missing: Vec::new(),
            normal: None,
            drop_missing: false,
        }
    }
}
