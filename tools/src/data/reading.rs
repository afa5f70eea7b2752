use super::delimiter::Delimiter;
use clap::Args;

/// How to read the data.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Data")]
pub struct Reading {
    /// Which columns are features, in this order: by name, or by index from 0; a name wins
    /// [default: all but label and log_prob]
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    pub columns: Option<Vec<String>>,
    /// Which columns to leave out, by name or by index
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',', conflicts_with = "columns")]
    pub exclude: Option<Vec<String>>,
    /// The column that says whether a row is an anomaly: 0 is normal; never a feature [default: y
    /// of an .npz file]
    #[arg(long, value_name = "COLUMN")]
    pub label: Option<String>,
    /// The column that says which rows belong together; never a feature.
    #[arg(skip)]
    pub group: Option<String>,
    /// The array of an .npz file to read [default: X, or the only one]
    #[arg(long, value_name = "NAME")]
    pub array: Option<String>,
    /// What separates the cells of a text: a character, `tab`, or `space` for any number of spaces
    /// [default: found out]
    #[arg(long, value_name = "CHAR", value_parser = Delimiter::parse)]
    pub delimiter: Option<Delimiter>,
    /// What the lines of a text that are comments begin with
    #[arg(long, value_name = "CHAR", default_value = "#", value_parser = comment)]
    pub comment: u8,
    /// Drop rows with missing values (empty, NA, NaN, null, ?, not finite) instead of refusing
    /// them
    #[arg(long)]
    pub drop_missing: bool,
    /// Add uniform noise of one step to rounded columns; a model keeps the steps, and asked later
    /// it uses those it has
    #[arg(long)]
    pub dequantize: bool,
}

impl Default for Reading {
    fn default() -> Self {
        Reading {
            columns: None,
            exclude: None,
            label: None,
            group: None,
            array: None,
            delimiter: None,
            comment: b'#',
            drop_missing: false,
            dequantize: false,
        }
    }
}

fn comment(text: &str) -> Result<u8, String> {
    match text.as_bytes() {
        &[byte] if byte.is_ascii_graphic() => Ok(byte),
        _ => Err("give one character".into()),
    }
}
