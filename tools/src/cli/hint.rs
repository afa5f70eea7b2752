//! Errors and warnings in the words of the command line: the one place where a hint names flags.

use crate::hint::{Hint, Hinted};
use std::slice;

/// An error in one line, from the outermost context to the cause, with hints in words of flags.
pub fn line(error: &anyhow::Error) -> String {
    let worded = |cause: &(dyn std::error::Error + 'static)| match cause.downcast_ref() {
        Some(hinted) => words(hinted),
        None => cause.to_string(),
    };
    let line = error.chain().map(worded).collect::<Vec<_>>().join(": ");
    // One line, whatever a file or its columns are called.
    line.replace(['\n', '\r'], " ")
}

/// What is wrong and which flags help.
pub fn words(Hinted { message, hint }: &Hinted) -> String {
    match hint {
        Hint::DropMissing => {
            format!("{message}: fill the cell, or drop such rows by --drop-missing")
        }
        Hint::CorrectCell { column, word } => format!(
            "{message}: drop the row, correct the cell, or leave the column out by {}; give {} \
             --drop-missing if it stands for a missing value",
            flag("--exclude", slice::from_ref(column)),
            flag("--missing", slice::from_ref(word))
        ),
        Hint::ExcludeTexts { columns, label } => {
            let them = if columns.len() == 1 { "it" } else { "them" };
            let or_label = label.as_ref().map_or(String::new(), |label| {
                let label = flag("--label", slice::from_ref(label));
                format!(", or give {label} if that says which rows are anomalies")
            });
            format!("{message}: leave {them} out by {}{or_label}", flag("--exclude", columns))
        }
        Hint::SayLayout => format!(
            "{message}: say how the table is written by --delimiter, --decimal, --header or --skip"
        ),
        Hint::Label(column) => {
            let column = slice::from_ref(column);
            let (label, exclude) = (flag("--label", column), flag("--exclude", column));
            format!("{message}; give {label} if it says which rows are anomalies, else {exclude}")
        }
        Hint::SayNormal(words) if (1..=3).contains(&words.len()) => {
            let flags = words.iter().map(|word| flag("--normal", slice::from_ref(word)));
            format!("{message}: give {}", flags.collect::<Vec<_>>().join(" or "))
        }
        Hint::SayNormal(_) => {
            format!("{message}: say what the labels of normal rows are by --normal WORD")
        }
        Hint::OtherNormal(words) => match &words[..] {
            [word] => {
                format!(
                    "{message}; give {} if that is normal",
                    flag("--normal", slice::from_ref(word))
                )
            }
            _ => format!("{message}; give --normal WORD if another one is normal"),
        },
        Hint::Notation(notations) => {
            let flags = notations.iter().map(|notation| {
                let decimal = if notation.decimal == ',' { " --decimal ," } else { "" };
                let thousands = match notation.thousands {
                    Some(' ') => " --thousands space".into(),
                    Some('\'') => " --thousands \"'\"".into(),
                    Some(c) => format!(" --thousands {c}"),
                    None => String::new(),
                };
                format!("{decimal}{thousands} if numbers are written as in {notation}")
            });
            format!("{message}: give{}", flags.collect::<Vec<_>>().join(", or"))
        }
        Hint::Exclude => format!("{message}: leave it out by --exclude"),
        Hint::Header => format!("{message}; give --header yes if it names the columns"),
        Hint::NoHeader => format!("{message}; give --header no if it does not"),
        Hint::HeaderBelow(line) => {
            format!("{message}; give --header {line} if it names the columns")
        }
        Hint::SayHeader(column) => format!(
            "{message}: give --header yes if the line names the columns, else correct the cell or \
             leave the column out by --exclude {column}"
        ),
        Hint::SayWhereTheTableBegins => format!(
            "{message}: correct the line, or say where the table begins by --header LINE or --skip \
             LINES"
        ),
        Hint::ExcludeThis(column) => {
            format!("{message}: leave it out by {}", flag("--exclude", slice::from_ref(column)))
        }
        Hint::ExcludeThese(columns) => {
            let them = if columns.len() == 1 { "it" } else { "them" };
            format!("{message}; leave {them} out by {}", flag("--exclude", columns))
        }
        Hint::Keep(columns) if columns.is_empty() => message.clone(),
        Hint::Keep(columns) => {
            let otherwise =
                if columns.len() == 1 { "it is a feature" } else { "they are features" };
            format!("{message}; give {} if {otherwise}", flag("--include", columns))
        }
        Hint::ExcludeOne(column) => format!("{message}; leave one out by --exclude {column}"),
        Hint::ExcludeConstant => format!(
            "{message}; leave it out by --exclude, or subtract an offset first if its cells differ"
        ),
        Hint::StandardizeByMean => {
            format!("{message}: give --standardize mean, or leave it out by --exclude")
        }
        Hint::ChooseColumns => format!("{message} count only when --columns names them"),
        Hint::ChooseArray => format!("{message} by --array"),
        Hint::NoArray => format!("{message} to choose by --array"),
        Hint::ChooseDelimiter => format!("{message}: say which with --delimiter"),
        Hint::Dequantize => format!(
            "{message}; give --dequantize to add noise of one step, or leave them out by --exclude"
        ),
        Hint::StandardizeRobustly(others) => {
            let so_have = if others.is_empty() { "" } else { "; so have " };
            format!(
                "{message}: drop such rows if it is a sentinel, else take a logarithm or try \
                 --standardize robust{so_have}{others}"
            )
        }
        Hint::SubtractOffset => format!("{message}; subtract an offset first"),
        Hint::StartOver => format!("{message}: leave out --resume to start at the first step"),
        Hint::SameVersion => format!(
            "{message}: go on with that one, or leave out --resume to start at the first step"
        ),
        Hint::LowerLearningRate(rate) => format!("{message}, or --lr {rate} is too high"),
        Hint::ChooseFirmware => format!(
            "{message}: give the folder examples/firmware of couplet's repository with --firmware"
        ),
        Hint::NoAssembly => format!("--asm: {message}: leave it out"),
        Hint::NoLabels => {
            format!(
                "{message}: leave out --label (with an .npz file, give --array), or say what normal \
                 rows are called by --normal WORD"
            )
        }
        Hint::UnseenRows => format!(
            "{message}: give normal rows that it never saw, or hold some out by `couplet train \
             --calibration-fraction 0.2`"
        ),
        Hint::MoreRows => format!("{message}; give more such rows, or leave them out"),
        Hint::Measure => format!("{message}, so there is no estimate: `couplet measure` measures"),
    }
}

/// A flag with a list of columns, quoted for a shell.
fn flag(flag: &str, columns: &[String]) -> String {
    // shlex refuses only words with a NUL, and no cell of a text has one.
    let quoted = columns.iter().map(|column| shlex::try_quote(column).unwrap_or_default());
    format!("{flag} {}", quoted.collect::<Vec<_>>().join(","))
}
