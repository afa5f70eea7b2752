//! What `couplet measure` measures, and how close `couplet info --target` comes to it.
//!
//! Where QEMU or a core's Rust target is missing, the core is skipped; with
//! COUPLET_ON_TARGET=require it fails.

mod common;

use common::{Folder, committed, repository};
use couplet_tools::{
    device::cost::Cost,
    device::estimate::{Estimate, Measurement},
    device::target::Target,
};
use std::{env, process::Command};

const MODEL: &str = "examples/models/moons.safetensors";

/// `couplet measure --table tools/tests/cost/unseen.csv` has measured these. The estimates were not
/// fitted to them.
const UNSEEN: &str = include_str!("cost/unseen.csv");

/// Likewise. Random shapes, drawn when terms and weights of the estimates had been settled.
const LATER: &str = include_str!("cost/later.csv");

/// Of the workloads W1, W2 and W3, two, eight and sixteen features, of five random shapes whose
/// widths are multiples of 8, and of five of any width. The bound, in per cent, is the one that
/// `couplet info` states.
#[test]
fn estimates_are_as_close_as_info_says_to_what_was_measured_of_unseen_shapes() {
    let misses = misses(UNSEEN, 13, Estimate::PERCENT);
    assert!(misses.is_empty(), "{} misses\n{}", misses.len(), misses.join("\n"));
}

/// As README.md has it: 214 of 216 figures are within that bound, and the farthest is 5.6 % off.
#[test]
fn estimates_are_nearly_as_close_to_shapes_drawn_later() {
    let misses = misses(LATER, 6, Estimate::PERCENT);
    assert_eq!(misses.len(), 2, "{}", misses.join("\n"));
    assert!(
        self::misses(LATER, 6, 5.6).is_empty() && !self::misses(LATER, 6, 5.5).is_empty(),
        "{}",
        misses.join("\n")
    );
}

/// Which figures of a table with so many shapes for each core are farther from their estimates, in
/// per cent.
fn misses(table: &str, shapes: usize, bound: f64) -> Vec<String> {
    let table = Measurement::table(table).unwrap();
    assert_eq!(table.len(), Target::ALL.len() * shapes);
    let mut misses = Vec::new();
    for measured in &table {
        let description = measured.description().unwrap();
        let estimate = Estimate::of(&description, measured.target).unwrap();
        let weights = Cost::of_shape(&description).flash;
        for (what, estimate, figure) in [
            (
                "flash for log_prob",
                weights as f64 + estimate.log_prob_code,
                weights + measured.log_prob_code,
            ),
            ("flash", weights as f64 + estimate.code, weights + measured.code),
            ("stack for log_prob", estimate.log_prob_stack, measured.log_prob_stack),
            ("stack for sample", estimate.sample_stack, measured.sample_stack),
            ("instructions for log_prob", estimate.log_prob, measured.log_prob_instructions),
            ("instructions for sample", estimate.sample, measured.sample_instructions),
        ] {
            let error = 100.0 * (estimate / figure as f64 - 1.0);
            if error.abs() > bound {
                misses.push(format!(
                    "{what}: {estimate:.0}, measured {figure}, {error:+.1} %: {measured:?}"
                ));
            }
        }
    }
    misses
}

/// Each line of the README's table, within 2 %, or 10 % with another compiler than the one it was
/// measured with.
#[test]
fn the_cost_tables_of_the_readme_are_what_is_measured() {
    let readme = String::from_utf8(committed("README.md")).unwrap();
    let commands: Vec<&str> =
        readme.lines().filter(|line| line.starts_with("couplet measure ")).collect();
    assert_eq!(commands.len(), 2, "the README shows these commands: {commands:?}");
    for command in commands {
        let mut words: Vec<&str> = command.split(' ').skip(1).collect();
        let cores = words.pop().unwrap();
        let runnable: Vec<&str> = cores.split(',').filter(|core| can_run(core)).collect();
        if runnable.is_empty() {
            continue;
        }
        let cores = runnable.join(",");
        let table = measure(&[&words[..], &[&cores]].concat());
        assert!(table.lines().count() > 2, "{table}");
        for line in table.lines() {
            let documented = readme.lines().find(|documented| name(documented) == name(line));
            let documented =
                documented.unwrap_or_else(|| panic!("README.md does not show\n{table}"));
            for (figure, documented) in figures(line).into_iter().zip(figures(documented)) {
                assert!(
                    (figure - documented).abs() <= tolerance() * documented,
                    "{line}\nand README.md says {documented}"
                );
            }
            assert_eq!(figures(line).len(), figures(documented).len());
        }
    }
}

/// `couplet measure ...` at the root of the repository, with the builds of tests/on_target.rs.
fn measure(arguments: &[&str]) -> String {
    let output = assert_cmd::Command::new(env!("CARGO_BIN_EXE_couplet"))
        .args(arguments)
        .current_dir(repository(""))
        .env("CARGO_TARGET_DIR", concat!(env!("CARGO_TARGET_TMPDIR"), "/firmware"))
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "couplet {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

/// Model and core.
fn name(line: &str) -> Vec<&str> {
    line.split(" | ").take(2).collect()
}

fn figures(line: &str) -> Vec<f64> {
    let cells = line.split(" | ").skip(2);
    cells
        .flat_map(|cell| cell.split(' ').filter_map(|word| word.parse().ok()).collect::<Vec<f64>>())
        .collect()
}

fn tolerance() -> f64 {
    let promised = concat!("rustc ", env!("CARGO_PKG_RUST_VERSION"), ".");
    let version = Command::new("rustc").arg("--version").output().unwrap().stdout;
    if String::from_utf8_lossy(&version).starts_with(promised) { 0.02 } else { 0.1 }
}

/// Whether QEMU and the Rust target of a core are there.
fn can_run(core: &str) -> bool {
    let target = Target::ALL.into_iter().find(|target| target.to_string() == core).unwrap();
    let emulator = Command::new(target.emulator()).arg("--version").output().is_ok();
    let libraries = Command::new("rustc")
        .args(["--print", "target-libdir", "--target", target.triple()])
        .output();
    let installed = libraries.is_ok_and(|path| {
        std::path::Path::new(String::from_utf8_lossy(&path.stdout).trim()).is_dir()
    });
    let required = env::var_os("COUPLET_ON_TARGET").is_some_and(|value| value == "require");
    assert!(!required || (emulator && installed), "{core} cannot be measured here");
    emulator && installed
}

#[test]
fn info_estimates_for_a_core_and_a_clock() {
    let folder = Folder::with("m.safetensors", committed(MODEL));
    let plain = folder.works("info m.safetensors").stdout;
    let said = folder.works("info m.safetensors --target m0 --clock 48MHz").stdout;
    let line = |start: &str| {
        said.lines()
            .find(|line| line.trim_start().starts_with(start))
            .unwrap_or_else(|| panic!("no {start} in {said}"))
    };
    assert!(
        !plain.contains("estimated")
            && said.contains("estimated for a Cortex-M0, at opt-level 3, flash, stack and instructions within 5 %:\n"),
        "{said}"
    );
    let first =
        |line: &str| line.split_whitespace().find_map(|word| word.parse::<f64>().ok()).unwrap();
    let (instructions, microseconds) = (first(line("instructions ")), first(line("time ")));
    assert!((microseconds - instructions * 1.5 / 48.0).abs() <= 0.5, "{said}");
    assert!(said.contains("an estimate"), "{said}");
}

#[test]
fn what_cannot_be_measured_is_refused() {
    let folder = Folder::with("m.safetensors", committed(MODEL));
    folder.refuses("measure m.safetensors --firmware nowhere", "no firmware in nowhere: ...");
    folder.refuses(
        "measure m.safetensors --target m0 --asm",
        "--asm: there is none for Cortex-M0, which has no floating point: leave it out",
    );
    folder.refuses("measure none.safetensors", "cannot read the model none.safetensors: ...");
    folder.refuses("measure --table none.csv", "cannot read none.csv: ...");
    let folder = folder.and("t.csv", "core,features\nz80,2\n");
    folder.refuses("measure --table t.csv", "t.csv: ...");
}
