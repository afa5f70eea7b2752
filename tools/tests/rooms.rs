//! The library knows no command line: only `src/cli` uses clap and names flags.

use clap::CommandFactory;
use couplet_tools::cli::args::Cli;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// What the quality table asks of `couplet train` is data: rows of flags, which `cli` parses.
const ROWS_OF_FLAGS: [&str; 2] = ["bench/workloads.rs", "bench/ablation.rs"];

/// The sources of the library: all but the command line.
fn library() -> Vec<PathBuf> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![src.clone()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push(path);
            }
        }
    }
    let is_library = |path: &PathBuf| {
        let path = path.strip_prefix(&src).unwrap();
        !path.starts_with("cli") && path != Path::new("main.rs")
    };
    files.retain(is_library);
    assert!(files.len() > 50, "{files:?}");
    files
}

/// The lines of code in the library, without comments, each behind its place.
fn code() -> Vec<(String, String)> {
    let lines = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        let lines = text.lines().map(str::to_string).collect::<Vec<_>>();
        lines.into_iter().enumerate().map(move |(i, line)| {
            let code = if line.trim_start().starts_with("//") { String::new() } else { line };
            (format!("{}:{}", path.display(), i + 1), code)
        })
    };
    let rust = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "rs");
    library().into_iter().filter(rust).flat_map(lines).collect()
}

/// Every flag of every command, as in `--columns`.
fn flags() -> Vec<String> {
    let command = Cli::command();
    let arguments = command.get_subcommands().flat_map(|command| command.get_arguments());
    let flags: Vec<String> =
        arguments.filter_map(|argument| Some(format!("--{}", argument.get_long()?))).collect();
    assert!(flags.contains(&"--columns".to_string()), "{flags:?}");
    flags
}

/// Whether a line names a flag in a text. A text that is nothing but a flag is an argument to
/// another program, such as cargo.
fn names(line: &str, flag: &str) -> bool {
    line.match_indices(flag).any(|(start, _)| {
        let rest = &line[start + flag.len()..];
        let whole = !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '-');
        let argument = line[..start].ends_with('"') && rest.starts_with('"');
        whole && !argument
    })
}

#[test]
fn the_library_does_not_use_clap() {
    for (place, line) in code() {
        assert!(!line.contains("clap"), "{place}: {line}");
    }
}

#[test]
fn no_text_of_the_library_names_a_flag() {
    let flags = flags();
    for (place, line) in code() {
        if !ROWS_OF_FLAGS.iter().any(|file| place.contains(file)) {
            let named = flags.iter().find(|flag| names(&line, flag));
            assert!(named.is_none(), "{place}: {line}");
        }
    }
}

#[test]
fn a_flag_is_told_from_a_longer_one_and_from_another_programs() {
    assert!(names(r#"bail!("leave it out by --exclude {column}")"#, "--exclude"));
    assert!(names(r#""--asm: there is none""#, "--asm"));
    assert!(!names(r#"bail!("give --noise-among")"#, "--noise"));
    assert!(!names(r#"cargo.arg("--target")"#, "--target"));
}
