use crate::data::{Delimiter, HeaderLine, Notation, Reading};
use clap::Args;

/// The flags that say how to read data, shared by the commands that do.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Data")]
pub struct ReadingArgs {
    /// Columns that are features, in this order: by name, or by index from 0 if no column has that
    /// name [default: all but label, log_prob, indices and time stamps]
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    pub columns: Option<Vec<String>>,
    /// Columns to leave out, by name or by index
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',', conflicts_with = "columns")]
    pub exclude: Option<Vec<String>>,
    /// Columns that are features although they look like an index, a time stamp or a label
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',', conflicts_with = "columns")]
    pub include: Option<Vec<String>>,
    /// Column that labels anomalies, by name or by index: numbers or words. It is never a feature
    /// [default: y of an .npz file]
    #[arg(long, value_name = "COLUMN")]
    pub label: Option<String>,
    /// Label of normal rows [default: 0, or a word such as normal or False]
    #[arg(long, value_name = "WORD", allow_hyphen_values = true)]
    pub normal: Option<String>,
    /// Array of an .npz file to read [default: X, or the only one]
    #[arg(long, value_name = "NAME")]
    pub array: Option<String>,
    /// Delimiter between the cells of a text: a character, `tab`, or `space` for any number of
    /// spaces [default: detected]
    #[arg(long, value_name = "CHAR", value_parser = delimiter)]
    pub delimiter: Option<Delimiter>,
    /// Decimal separator of the numbers in a text: `.` or `,`
    #[arg(long, value_name = "CHAR", default_value = ".", value_parser = decimal)]
    pub decimal: char,
    /// What separates groups of three digits in a text: `,`, `.`, `'` or `space` [default: nothing]
    #[arg(long, value_name = "CHAR", value_parser = thousands)]
    pub thousands: Option<char>,
    /// Character that starts a comment line in a text
    #[arg(long, value_name = "CHAR", default_value = "#", value_parser = comment)]
    pub comment: u8,
    /// Lines at the start of a text that are not read
    #[arg(long, value_name = "LINES", default_value_t = 0)]
    pub skip: usize,
    /// Whether the first line of a text names the columns, `yes` or `no`; or the number of the line
    /// that does, which may be a comment [default: detected]
    #[arg(long, value_name = "LINE", value_parser = header)]
    pub header: Option<HeaderLine>,
    /// Words or numbers that stand for missing values, beside the usual ones
    #[arg(long, value_name = "WORDS", value_delimiter = ',', allow_hyphen_values = true)]
    pub missing: Vec<String>,
    /// Drop rows with missing values (empty, NA, NaN, null, ?, #N/A, not finite) instead of refusing
    /// them
    #[arg(long)]
    pub drop_missing: bool,
    /// Add uniform noise of one step to rounded columns; a model records the steps of its training
    /// rows and later takes those
    #[arg(long)]
    pub dequantize: bool,
}

impl From<&ReadingArgs> for Reading {
    fn from(args: &ReadingArgs) -> Self {
        let args = args.clone();
        Reading {
            columns: args.columns,
            exclude: args.exclude,
            include: args.include,
            label: args.label,
            group: None,
            context: Vec::new(),
            context_numbers: Vec::new(),
            array: args.array,
            delimiter: args.delimiter,
            notation: Notation { decimal: args.decimal, thousands: args.thousands },
            comment: args.comment,
            skip: args.skip,
            header: args.header.unwrap_or_default(),
            missing: args.missing,
            normal: args.normal,
            drop_missing: args.drop_missing,
        }
    }
}

/// Parses a delimiter: a character, or the name of one that is hard to type.
fn delimiter(text: &str) -> Result<Delimiter, String> {
    match text {
        "tab" | "\\t" => Ok(Delimiter::Byte(b'\t')),
        "space" | " " => Ok(Delimiter::Blanks),
        _ => match text.as_bytes() {
            &[byte] if byte.is_ascii_graphic() && byte != b'"' => Ok(Delimiter::Byte(byte)),
            _ => Err("give one character other than a quote, `tab` or `space`".into()),
        },
    }
}

/// Parses what separates the fraction of a number.
fn decimal(text: &str) -> Result<char, String> {
    match text {
        "." => Ok('.'),
        "," => Ok(','),
        _ => Err("give `.` or `,`".into()),
    }
}

/// Parses what separates groups of three digits.
fn thousands(text: &str) -> Result<char, String> {
    match text {
        "," => Ok(','),
        "." => Ok('.'),
        "'" => Ok('\''),
        "space" | " " => Ok(' '),
        _ => Err("give `,`, `.`, `'` or `space`".into()),
    }
}

/// Parses which line names the columns.
fn header(text: &str) -> Result<HeaderLine, String> {
    match text {
        "yes" => Ok(HeaderLine::First),
        "no" => Ok(HeaderLine::Absent),
        _ => match text.parse() {
            Ok(line) if line > 0 => Ok(HeaderLine::At(line)),
            _ => Err("give `yes`, `no` or the number of a line, from 1".into()),
        },
    }
}

/// Parses the character that starts a comment.
fn comment(text: &str) -> Result<u8, String> {
    match text.as_bytes() {
        &[byte] if byte.is_ascii_graphic() => Ok(byte),
        _ => Err("give one character".into()),
    }
}
