//! What `couplet measure` measures, and how close `couplet info --target` comes to it.
//!
//! Where QEMU or a core's Rust target is missing, the core is skipped; with
//! COUPLET_ON_TARGET=require it fails.

mod common;

use common::{Folder, c::Compiler, can_run, committed, repository};
use couplet_tools::{
    device::estimate::Estimate,
    device::preset::Preset,
    device::table::{self, Line},
    device::target::Target,
    model::{Base, Description, Shape},
};
use std::{env, fs, iter::zip, process::Command};

const MODEL: &str = "examples/models/moons.safetensors";

/// `couplet measure --table tools/tests/cost/unseen.csv` has measured these: the workloads W1, W2
/// and W3 (two, eight and sixteen features), five random shapes whose widths are multiples of 8,
/// and five of any width. The estimates were not fitted to them.
const UNSEEN: &str = include_str!("cost/unseen.csv");

/// Likewise. Random shapes, drawn when terms and weights of the estimates had been settled.
const LATER: &str = include_str!("cost/later.csv");

/// Likewise. Random shapes, drawn when it had been settled how much stack to spare.
const LATEST: &str = include_str!("cost/latest.csv");

/// Likewise. Shapes with a Student's t base, a triangle and clamped inputs.
const STUDENT: &str = include_str!("cost/student.csv");

/// Likewise. Shapes with a marginal.
const MARGINAL: &str = include_str!("cost/marginal.csv");

/// `couplet info --help` and README.md say how many shapes and how close.
#[test]
fn estimates_are_as_close_as_info_says_to_what_was_measured_of_unseen_shapes() {
    let mut lines = Vec::new();
    for csv in [UNSEEN, LATER, LATEST] {
        lines.extend(table::read(csv).unwrap());
    }
    assert_eq!(lines.len(), Target::ALL.len() * Estimate::UNSEEN_SHAPES);
    let far: Vec<String> = lines.iter().flat_map(far_estimates).collect();
    assert!(far.is_empty(), "{} are far\n{}", far.len(), far.join("\n"));

    let claim = "instructions were within 5 % and code within 25 %; stack was never larger than \
                 estimated, and at most 30 % smaller.";
    let words = |text: String| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let help = words(Folder::new().works("info --help").stdout);
    assert!(help.contains(&format!("For 24 other shapes, of any width, on six cores, {claim}")));
    let readme = words(String::from_utf8(committed("README.md")).unwrap());
    assert!(readme.contains(&format!("On 24 other shapes {claim}")), "{readme}");
}

#[test]
fn estimates_with_student_triangle_clamps_and_marginal_are_as_close() {
    for csv in [STUDENT, MARGINAL] {
        let far: Vec<String> = table::read(csv).unwrap().iter().flat_map(far_estimates).collect();
        assert!(far.is_empty(), "{} are far\n{}", far.len(), far.join("\n"));
    }
}

/// The figures of a line whose estimates are farther off than is said.
fn far_estimates(measured: &Line) -> Vec<String> {
    let estimate = Estimate::of(&measured.description().unwrap(), measured.target).unwrap();
    let (code, instructions) = (Estimate::CODE_PERCENT, Estimate::INSTRUCTIONS_PERCENT);
    let stack = Estimate::STACK_PERCENT;
    let figures = [
        ("code for log_prob", estimate.log_prob_code, measured.log_prob_code, -code..=code),
        ("code", estimate.code, measured.code, -code..=code),
        ("stack for log_prob", estimate.log_prob_stack, measured.log_prob_stack, 0.0..=stack),
        ("stack for sample", estimate.sample_stack, measured.sample_stack, 0.0..=stack),
        (
            "instructions for log_prob",
            estimate.log_prob,
            measured.log_prob_instructions,
            -instructions..=instructions,
        ),
        (
            "instructions for sample",
            estimate.sample,
            measured.sample_instructions,
            -instructions..=instructions,
        ),
    ];
    let far = figures.into_iter().filter_map(|(what, estimate, figure, bounds)| {
        let error = 100.0 * (estimate / figure as f64 - 1.0);
        let line =
            || format!("{what}: {estimate:.0}, measured {figure}, {error:+.1} %: {measured:?}");
        (!bounds.contains(&error)).then(line)
    });
    far.collect()
}

/// Default shapes and presets are what people ask for first. Held-out rows choose what else a flow
/// has: `cost/student.csv` has some of that.
#[test]
fn default_shapes_and_presets_are_what_was_measured() {
    for d in 2..=Estimate::MOST_MEASURED_FEATURES {
        let features: Vec<String> = (0..d).map(|i| format!("x{i}")).collect();
        let shape = Shape { base: Base::Normal, ..Shape::default() };
        let default = Description::new(features.clone(), shape.clone()).unwrap();
        let presets = [Preset::TINY, Preset::SMALL, Preset::LARGE]
            .map(|preset| preset.fit(&features, &shape).unwrap());
        for description in presets.iter().chain([&default]) {
            for target in Target::ALL {
                assert!(
                    Estimate::is_measured(description, target).unwrap(),
                    "{description:?} was not measured on a {}",
                    target.name
                );
            }
        }
    }
}

/// Each line of the README's table is what is measured. Another compiler than the one that
/// Cargo.toml promises may cost a little more or less. COUPLET_UPDATE=1 writes the lines of today
/// into the README.
#[test]
fn the_cost_tables_of_the_readme_are_what_is_measured() {
    let path = repository("README.md");
    let mut readme = fs::read_to_string(&path).unwrap();
    let commands: Vec<String> = readme
        .lines()
        .filter(|line| line.starts_with("couplet measure "))
        .map(str::to_string)
        .collect();
    assert_eq!(commands.len(), 3, "the README shows these commands: {commands:?}");
    for command in commands {
        let mut words: Vec<&str> = command.split(' ').skip(1).collect();
        let cores = words.pop().unwrap();
        let runnable: Vec<&str> =
            cores.split(',').filter(|core| can_run(core.parse().unwrap())).collect();
        let is_in_c = words.contains(&"c");
        if runnable.is_empty() || is_in_c && !Compiler::M4F.is_here() {
            continue;
        }
        let cores = runnable.join(",");
        let table = measure(&[&words[..], &[&cores]].concat());
        assert!(table.lines().count() > 2, "{table}");
        for line in table.lines() {
            let shown = readme.lines().find(|shown| name(shown) == name(line));
            let shown =
                shown.unwrap_or_else(|| panic!("README.md does not show\n{table}")).to_string();
            if env::var_os("COUPLET_UPDATE").is_some() {
                readme = readme.replace(&shown, line);
            } else {
                assert!(
                    is_as_shown(line, &shown),
                    "{line}\nand README.md says\n{shown}\n\
                     COUPLET_UPDATE=1 cargo test --workspace --test measure --test on_target readme \
                     writes it there"
                );
            }
        }
    }
    if env::var_os("COUPLET_UPDATE").is_some() {
        fs::write(path, readme).unwrap();
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

/// Whether a line shows the same figures. Bytes of code may differ by 8: names of files in panic
/// messages are padded. With another compiler than the promised one, and in C, whose compiler nobody
/// promises, figures may differ by 10 %.
fn is_as_shown(line: &str, shown: &str) -> bool {
    let promised = concat!("rustc ", env!("CARGO_PKG_RUST_VERSION"), ".");
    let version = Command::new("rustc").arg("--version").output().unwrap().stdout;
    let is_promised = String::from_utf8_lossy(&version).starts_with(promised);
    let (found, shown) = (figures(line), figures(shown));
    found.len() == shown.len()
        && zip(found, shown).enumerate().all(|(column, (found, shown))| {
            let tolerance = match column {
                _ if !is_promised || line.contains(", in C |") => 0.1 * shown,
                CODE | CODE_OF_ALL_MAPS => 8.0,
                _ => 0.0,
            };
            (found - shown).abs() <= tolerance
        })
}

/// Which figures of a line are bytes of code.
const CODE: usize = 1;
const CODE_OF_ALL_MAPS: usize = 2;

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
            && said.contains("estimated for a Cortex-M0, at opt-level 3, instructions within 5 %, code within 25 %, stack with some to spare:\n"),
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
