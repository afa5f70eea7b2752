//! The command line: arguments, commands, and the files they write.

pub mod args;
pub mod checkpoint_file;
pub mod commands;
pub mod hint;
pub mod interrupt;
pub mod output;
pub mod reading;
pub mod words;
