//! Arrays and macros as text of C.

use super::number::number;
use anyhow::Result;
use std::fmt::{Display, Write};

/// How long a line of numbers may be.
const WIDTH: usize = 98;

/// The constants of one model.
pub struct Arrays<'a> {
    /// What is written so far.
    pub text: String,
    /// What the names begin with.
    pub name: &'a str,
}

impl Arrays<'_> {
    /// A comment on what follows.
    pub fn comment(&mut self, doc: &str) -> Result<()> {
        writeln!(self.text, "\n/* {doc} */")?;
        Ok(())
    }

    /// A macro with a value.
    pub fn macro_of(&mut self, word: &str, doc: &str, value: impl Display) -> Result<()> {
        self.comment(doc)?;
        let value = value.to_string();
        let value = if value.starts_with('-') { format!("({value})") } else { value };
        writeln!(self.text, "#define {}_{word} {value}", self.name)?;
        Ok(())
    }

    /// An array of floats.
    pub fn vector(&mut self, word: &str, doc: &str, values: &[f32]) -> Result<()> {
        let numbers: Vec<String> = values.iter().copied().map(number).collect();
        self.array("float", word, &[&values.len()], doc, &numbers)
    }

    /// An array.
    pub fn array(
        &mut self,
        kind: &str,
        word: &str,
        sizes: &[&usize],
        doc: &str,
        values: &[String],
    ) -> Result<()> {
        self.table(kind, word, sizes, doc, &[(String::new(), values.to_vec())])
    }

    /// An array of one or two dimensions, each row below its name.
    pub fn table(
        &mut self,
        kind: &str,
        word: &str,
        sizes: &[&usize],
        doc: &str,
        rows: &[(String, Vec<String>)],
    ) -> Result<()> {
        self.comment(doc)?;
        let sizes: String = sizes.iter().map(|size| format!("[{}]", (**size).max(1))).collect();
        let nested = sizes.matches('[').count() > 1;
        writeln!(self.text, "static const {kind} {}_{word}{sizes} = {{", self.name)?;
        for (row, (name, values)) in rows.iter().enumerate() {
            let comment = if name.is_empty() { String::new() } else { format!(" /* {name} */") };
            if nested {
                writeln!(self.text, "    {{{comment}")?;
            }
            let indent = if nested { "        " } else { "    " };
            let none = ["0".to_string()];
            lines(&mut self.text, indent, if values.is_empty() { &none } else { values })?;
            if nested {
                writeln!(self.text, "    }}{}", if row + 1 < rows.len() { "," } else { "" })?;
            }
        }
        writeln!(self.text, "}};")?;
        Ok(())
    }
}

/// Values with commas between them, as many in a line as fit.
pub fn lines(text: &mut String, indent: &str, values: &[String]) -> Result<()> {
    let mut line = indent.to_string();
    for (i, value) in values.iter().enumerate() {
        if line.len() + value.len() + 2 > WIDTH {
            writeln!(text, "{}", line.trim_end())?;
            line = indent.to_string();
        }
        line += value;
        line += if i + 1 < values.len() { ", " } else { "" };
    }
    writeln!(text, "{line}")?;
    Ok(())
}
