//! What to do about an error, as a value: the library knows no command line, so every interface
//! words hints in its own terms.

use crate::data::Notation;
use std::{error::Error, fmt};

/// What to do about what is wrong. The command line words it by its flags, in `cli::hint`.
#[derive(Clone, Debug, PartialEq)]
pub enum Hint {
    /// Fill the cell, or drop rows with missing values.
    DropMissing,
    /// Correct the cell, drop the row, exclude its column, or say that the word stands for a missing
    /// value.
    CorrectCell {
        /// The name of the column.
        column: String,
        /// What is in the cell.
        word: String,
    },
    /// Exclude the columns, which hold text; or say that one is the label, if it may be.
    ExcludeTexts {
        /// All columns of features that hold text.
        columns: Vec<String>,
        /// One of them that may be a label.
        label: Option<String>,
    },
    /// Say how the table is written: no column holds numbers only.
    SayLayout,
    /// Say that this column is the label, or exclude it.
    Label(String),
    /// Say what the labels of normal rows are called, which may be one of these.
    SayNormal(Vec<String>),
    /// Say what the labels of normal rows are called, if it is one of these instead.
    OtherNormal(Vec<String>),
    /// Say that numbers are written in one of these ways.
    Notation(Vec<Notation>),
    /// Exclude the column.
    Exclude,
    /// Say that the first line names the columns.
    Header,
    /// Say that no line names the columns.
    NoHeader,
    /// Say that this line names the columns.
    HeaderBelow(usize),
    /// Say that the first line names the columns, or correct its cell in this column or exclude it.
    SayHeader(usize),
    /// Correct the line, or say where the table begins.
    SayWhereTheTableBegins,
    /// Exclude this column.
    ExcludeThis(String),
    /// Exclude these columns.
    ExcludeThese(Vec<String>),
    /// Keep these columns, which were left out and hold numbers; there may be none.
    Keep(Vec<String>),
    /// Exclude this column, which follows from another.
    ExcludeOne(String),
    /// Exclude the column, or subtract an offset where its cells differ by less than f32 resolves.
    ExcludeConstant,
    /// Standardize by mean and standard deviation, or exclude the column.
    StandardizeByMean,
    /// Choose the columns that are features by name.
    ChooseColumns,
    /// Choose the array of the archive.
    ChooseArray,
    /// Choose no array: only an archive has some.
    NoArray,
    /// Say which delimiter separates the cells.
    ChooseDelimiter,
    /// Add noise of one step to the rounded columns, or exclude them.
    Dequantize,
    /// Drop sentinels, take a logarithm, or standardize robustly; so too for these columns, a list
    /// in words that may be empty.
    StandardizeRobustly(String),
    /// Subtract an offset before the readings are rounded to f32.
    SubtractOffset,
    /// Do not resume from the checkpoint, but start at the first step.
    StartOver,
    /// Resume with the version of couplet that wrote the checkpoint, or start at the first step.
    SameVersion,
    /// Take a lower learning rate than this one.
    LowerLearningRate(f64),
    /// Say in which folder the firmware of couplet's repository is.
    ChooseFirmware,
    /// Leave dense layers in Rust: no assembly is written for this core.
    NoAssembly,
    /// Choose no column of labels, or another array than the one that comes with some.
    NoLabels,
    /// Give normal rows that the model never saw, or hold some out of the training.
    UnseenRows,
    /// Give more such rows, or leave them out.
    MoreRows,
    /// Measure this model, instead of estimating its cost.
    Measure,
}

/// What is wrong, and what to do about it: an error, or a warning. Displayed without the hint.
#[derive(Clone, Debug, PartialEq)]
pub struct Hinted {
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: Hint,
}

impl Hinted {
    /// A message with its hint.
    pub fn new(message: impl Into<String>, hint: Hint) -> Self {
        Hinted { message: message.into(), hint }
    }
}

impl fmt::Display for Hinted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for Hinted {}
