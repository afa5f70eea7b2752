//! README.md shows what its commands print.

mod common;

use common::{Folder, repository};
use std::{env, fs, path::Path, process::Command};

/// The block of code on the README that has this line, without its fences.
fn block(line: &str) -> String {
    let readme = fs::read_to_string(repository("README.md")).unwrap();
    let blocks = readme.split("\n```").map(str::to_string);
    let mut found = blocks.filter(|block| block.contains(line));
    let block = found.next().unwrap_or_else(|| panic!("README.md has no block with {line}"));
    assert!(found.next().is_none(), "README.md has two blocks with {line}");
    block.split_once('\n').unwrap().1.to_string()
}

/// COUPLET_UPDATE=1 writes what is printed into the README.
fn shows(shown: &str, printed: &str) {
    if env::var_os("COUPLET_UPDATE").is_some() {
        let path = repository("README.md");
        let readme = fs::read_to_string(&path).unwrap();
        fs::write(path, readme.replace(shown, printed)).unwrap();
    } else {
        assert_eq!(shown, printed, "COUPLET_UPDATE=1 writes what is printed into README.md");
    }
}

/// What a shell prints for a command, with `couplet` on its path; errors and warnings too.
fn printed(folder: &Folder, command: &str) -> String {
    let couplet = Path::new(env!("CARGO_BIN_EXE_couplet")).parent().unwrap();
    let path = format!("{}:{}", couplet.display(), env::var("PATH").unwrap());
    let output = Command::new("sh")
        .args(["-c", &format!("exec 2>&1; {command}")])
        .env("PATH", path)
        .current_dir(folder.path(""))
        .output()
        .unwrap();
    assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_way_from_a_table_to_firmware_prints_what_it_shows() {
    let shown = block("$ couplet train readings.csv");
    let folder = Folder::new();
    fs::create_dir(folder.path("src")).unwrap();
    let run = |command: &str| format!("$ {command}\n{}", printed(&folder, command));
    let commands = shown.lines().filter_map(|line| line.strip_prefix("$ "));
    let printed: String = commands.map(run).collect();
    assert!(printed.lines().count() > 12, "{printed}");
    shows(&shown, printed.trim_end());
}

/// The demo's table and the picture of everything that it draws. COUPLET_UPDATE=1 writes them.
#[test]
fn the_demo_prints_and_draws_what_is_shown() {
    let shown = block("set      flow ");
    let folder = Folder::new();
    let printed = printed(&folder, "couplet demo");
    let table = printed.split("\n\n").find(|part| part.starts_with("set  ")).expect("a table");
    let gradients = printed.lines().find(|line| line.starts_with("gradients of the six models: "));
    assert!(gradients.is_some_and(|line| line.ends_with(" checks passed")), "{printed}");
    assert_eq!(printed.lines().count(), 6 + 1 + 1 + 7 + 1 + 1, "{printed}");
    let (drawn, picture) = (folder.read("demo/all.png"), repository("examples/demo.png"));
    if env::var_os("COUPLET_UPDATE").is_some() {
        fs::write(&picture, &drawn).unwrap();
    }
    assert!(fs::read(&picture).unwrap() == drawn, "{} is another picture", picture.display());
    shows(&shown, table);
}
