//! examples/c: the model is what the command in its header writes, and the program prints on a
//! Cortex-M4F and here what its page shows.

mod common;

use common::{
    Folder,
    c::{Compiler, say},
    committed, repository,
};
use std::process::Command;

fn text(path: &str) -> String {
    String::from_utf8(committed(path)).unwrap()
}

#[test]
fn the_model_is_what_the_command_in_its_header_writes() {
    let expected = text("examples/c/moons.h");
    let command =
        expected.lines().nth(1).and_then(|line| line.strip_prefix("//     couplet ")).unwrap();
    let model = committed("examples/models/moons_alarm.safetensors");
    let folder = Folder::with("moons_alarm.safetensors", model);
    folder.works(command);
    assert!(
        folder.text("moons.h") == expected,
        "examples/c/moons.h is out of date: run couplet {command}"
    );
}

/// What `make` prints.
fn made(target: &str) -> String {
    let build = Folder::new();
    let output = Command::new("make")
        .args(["--silent", target])
        .arg(format!("BUILD={}", build.path("build").display()))
        .current_dir(repository("examples/c"))
        .output()
        .unwrap();
    // The debugger's output may come on either stream; warnings must not.
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8(said).unwrap();
    assert!(output.status.success(), "{said}");
    said
}

#[test]
fn the_program_prints_what_the_page_shows_here_and_on_a_core() {
    let page = text("examples/c/README.md").replace("\n    ", "\n");
    for (target, compiler) in [("host", Compiler::HOST[0]), ("run", Compiler::M4F)] {
        if compiler.is_here() {
            let printed = made(target);
            assert!(printed.starts_with("self-test passed\n"), "{printed}");
            assert!(page.contains(&printed), "the page does not show\n{printed}");
            say(&format!("make {target} prints what the page shows"));
        }
    }
}

#[test]
fn the_density_takes_little_more_than_its_weights() {
    if !Compiler::M4F.is_here() {
        return;
    }
    let size = made("size");
    let bytes: usize =
        size.lines().nth(1).unwrap().split_whitespace().next().unwrap().parse().unwrap();
    let code = bytes - 4 * 2082; // the parameters
    assert!(code < 4096, "{code} bytes of code");
    say(&format!("log_prob takes {code} bytes of code on a Cortex-M4F"));
}

/// The program in C of the main page runs here.
#[test]
fn the_program_of_the_main_page_runs() {
    let page = text("README.md");
    let program = page.split_once("```c\n").unwrap().1.split_once("\n```").unwrap().0;
    let folder = Folder::with("main.c", format!("{program}\n"))
        .and("moons.h", committed("examples/c/moons.h"));
    for compiler in Compiler::HOST.iter().filter(|compiler| compiler.is_here()) {
        for language in [&["-std=c99"][..], &["-x", "c++", "-std=c++11"]] {
            let strict = ["-Wall", "-Wextra", "-Wpedantic", "-Werror", "main.c", "-o", "main"];
            let built = Command::new(compiler.command)
                .args([language, &strict].concat())
                .current_dir(folder.path(""))
                .output()
                .unwrap();
            assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
            assert!(Command::new(folder.path("main")).status().unwrap().success());
        }
    }
}
