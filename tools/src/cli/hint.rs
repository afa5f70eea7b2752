//! Errors and warnings in the words of the command line: the one place where a hint names flags.

use crate::hint::{Hint, Hinted};

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
        Hint::CorrectCell => format!(
            "{message}: drop the row, correct the cell, or leave the column out by --exclude"
        ),
        Hint::Exclude => format!("{message}: leave it out by --exclude"),
        Hint::ExcludeOne(column) => format!("{message}; leave one out by --exclude {column}"),
        Hint::ExcludeColumns(columns) => {
            format!("{message}; leave them out by --exclude {columns}")
        }
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
            format!("{message}: leave out --label, or give --array for an .npz file")
        }
        Hint::Measure => format!("{message}, so there is no estimate: `couplet measure` measures"),
    }
}
