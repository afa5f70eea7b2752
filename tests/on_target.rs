//! The crate on emulated cores: examples/firmware runs in QEMU, and every value that it computes
//! there has the bits that it has here.
//!
//! Where QEMU or a core's Rust target is missing, the core is skipped and the test says so; with
//! COUPLET_ON_TARGET=require it fails.

#![cfg(not(miri))] // it runs other programs

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io::{self, Read, Write};
use std::iter::zip;
use std::ops::Range;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

#[path = "../examples/firmware/src/bits.rs"]
mod bits;
#[path = "../tools/src/device/target.rs"]
#[allow(dead_code, reason = "the tools use the rest of it")]
mod target;

use target::Target;

const FIRMWARE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/firmware");

/// Points in a digest.
const BLOCK: u32 = 1000;

/// `opt-level` for the bits of each core: not the same for all, since they must not depend on it.
const OPT_LEVELS: [&str; 6] = ["3", "2", "1", "z", "s", "s"];

/// How many points of each model are compared on a core.
fn points_on(target: Target) -> u32 {
    if target.has_floating_point { 1000 } else { 100 }
}

/// The cores that can be emulated here; says what is missing for the others.
fn cores() -> impl Iterator<Item = Target> {
    Target::ALL.into_iter().filter(|&target| can_run(target))
}

/// A core by its name in tables.
fn core(name: &str) -> Target {
    name.parse().unwrap()
}

/// The cargo features that select a kernel: none, and assembly where there is some for the core.
fn kernels(target: Target) -> &'static [&'static str] {
    if target.has_floating_point { &["", "asm"] } else { &[""] }
}

/// Each optimisation level that boards use with each kernel of a core.
fn builds(target: Target) -> impl Iterator<Item = (&'static str, &'static str)> {
    ["3", "s", "z"]
        .into_iter()
        .flat_map(move |level| zip([level; 2], kernels(target).iter().copied()))
}

#[test]
fn every_value_has_the_same_bits_on_every_core() {
    let mut all = String::new();
    bits::report(0..Target::ALL.map(points_on).into_iter().max().unwrap(), &mut all).unwrap();
    for (core, opt_level) in zip(Target::ALL, OPT_LEVELS.into_iter().cycle()) {
        if !can_run(core) {
            continue;
        }
        let points = points_on(core);
        let is_of_core =
            |line: &&str| line.split(' ').nth(1).unwrap().parse::<u32>().unwrap() < points;
        let here: String = all.split_inclusive('\n').filter(is_of_core).collect();
        for features in kernels(core) {
            let there = run_bits(core, opt_level, features, 0..points, 0);
            let values = compare(&here, &there)
                .unwrap_or_else(|difference| panic!("{} {features}: {difference}", core.name));
            say(&format!(
                "{} {features}: {} points, {values} values have the same bits",
                core.name,
                here.lines().count()
            ));
        }
    }
}

#[test]
fn layers_of_every_shape_have_the_bits_of_their_sums() {
    let core = core("cortex-m4f");
    if !can_run(core) {
        return;
    }
    for (opt_level, features) in builds(core) {
        let layers = |what| {
            let mut cargo = on_core(what, core, opt_level);
            cargo.args(["--bin", "layers", "--features", features]);
            cargo
        };
        run(layers("build"), Duration::from_secs(600));
        let rows = run(layers("run"), Duration::from_secs(60));
        assert_eq!(rows, "3601 rows\n");
        say(&format!(
            "{} at opt-level {opt_level} {features}: all bits of {}",
            core.name,
            rows.trim_end()
        ));
    }
}

/// Many points, as digests of blocks of them. `COUPLET_POINTS` says how many for each core and
/// level.
#[test]
#[ignore = "takes an hour or two: 100,000 points on each core at opt-level 3, s and z"]
fn many_points_have_the_same_bits_on_every_core_at_every_level() {
    let (points, here) = many_digests(100_000);
    for core in cores() {
        for (opt_level, features) in builds(core) {
            let there = run_bits(core, opt_level, features, 0..points, BLOCK);
            if let Some((here, there)) =
                here.lines().zip(there.lines()).find(|(here, there)| here != there)
            {
                let point = there.split(' ').nth(1).unwrap().split_once("..").unwrap();
                let block = point.0.parse().unwrap()..point.1.parse().unwrap();
                let mut lines = String::new();
                bits::report(block.clone(), &mut lines).unwrap();
                let difference = compare(&lines, &run_bits(core, opt_level, features, block, 0));
                panic!(
                    "{} at opt-level {opt_level} {features}: {there} instead of {here}: {difference:?}",
                    core.name
                );
            }
            assert_eq!(here.lines().count(), there.lines().count(), "{there}");
            let points = points_in(&here);
            say(&format!(
                "{} at opt-level {opt_level} {features}: all bits of {points} points are the same",
                core.name
            ));
        }
    }
}

/// Without optimisation, with all of it, and for newer processors, which can multiply and add in
/// one instruction.
#[test]
fn many_points_have_the_same_bits_on_the_host_at_every_level() {
    let (_, here) = many_digests(2_000);
    for (profile, opt_level, flags) in
        [("dev", "0", ""), ("release", "3", ""), ("release", "3", "-Ctarget-cpu=x86-64-v3")]
    {
        if !flags.is_empty() && !has_fused_multiply_add() {
            say(&format!("SKIPPED on a host with {flags}: this one has no such instructions"));
            continue;
        }
        let mut cargo = clean_cargo();
        cargo.args(["test", "--quiet", "--locked", "--profile", profile, "--test", "on_target"]);
        cargo.args(["--target-dir", concat!(env!("CARGO_TARGET_TMPDIR"), "/host")]);
        for package in ["", "package.couplet."] {
            cargo.args(["--config", &format!("profile.{profile}.{package}opt-level={opt_level}")]);
        }
        cargo.args(["--", "--ignored", "--exact", "digests_of_the_host", "--nocapture"]);
        cargo.env("RUSTFLAGS", flags);
        cargo.envs(env::var("COUPLET_POINTS").map(|points| ("COUPLET_POINTS", points)));
        let output = run(cargo, Duration::from_secs(600));
        let there: String = output
            .split_inclusive('\n')
            .filter(|line| line.contains("..") && line.split(' ').count() == 3)
            .collect();
        assert_eq!(here, there, "at opt-level {opt_level} {flags}");
        say(&format!(
            "host at opt-level {opt_level} {flags}: all bits of {} points are the same",
            points_in(&here)
        ));
    }
}

#[test]
#[ignore = "prints what the test above compares, when that runs it"]
fn digests_of_the_host() {
    println!("\n{}", many_digests(2_000).1);
}

fn has_fused_multiply_add() -> bool {
    #[cfg(target_arch = "x86_64")]
    return is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
    #[cfg(not(target_arch = "x86_64"))]
    return false;
}

/// Digests of at least `points` points in all, or of COUPLET_POINTS.
fn many_digests(points: u32) -> (u32, String) {
    let points = env::var("COUPLET_POINTS")
        .map_or(points, |points| points.parse().expect("COUPLET_POINTS is a number"));
    let of_each_model = (points * 8).div_ceil(12 * 8 + 2); // of one model and of the monitor an eighth
    let mut digests = String::new();
    bits::digests(of_each_model, BLOCK, &mut digests).unwrap();
    (of_each_model, digests)
}

/// How many points the digests are of.
fn points_in(digests: &str) -> u32 {
    let count = |line: &str| {
        let (from, to) = line.split(' ').nth(1)?.split_once("..")?;
        Some(to.parse::<u32>().ok()? - from.parse::<u32>().ok()?)
    };
    digests.lines().map(|line| count(line).unwrap()).sum()
}

/// The READMEs show what the example prints. Another compiler than the one that Cargo.toml promises
/// may cost a little more or less. COUPLET_UPDATE=1 writes the cost of today into the READMEs.
#[test]
fn the_example_watches_and_costs_what_the_readmes_show() {
    if !can_run(core("cortex-m4f")) {
        return;
    }
    run(firmware("build"), Duration::from_secs(600));
    let output = run(firmware("run"), Duration::from_secs(60));
    let (lines, cost) = output.trim_end().rsplit_once('\n').unwrap();
    let [self_test, .., last] = &lines.lines().collect::<Vec<_>>()[..] else { panic!("{output}") };
    assert_eq!((*self_test, last.starts_with("sample")), ("self-test passed", true), "{output}");
    let verdicts: Vec<_> = lines
        .lines()
        .filter(|line| line.starts_with("reading"))
        .map(|line| line.ends_with("ALARM"))
        .collect();
    // The detector holds the first alarm for five readings.
    assert_eq!(verdicts, [false, false, false, true, true, true], "{output}");
    assert!(lines.contains("\nlook at y: 0.86 would be normal\n"), "{output}");
    assert!(lines.contains("NaN  0.83  log_prob     -inf  p 0.0001  ALARM"), "{output}");
    assert_eq!(numbers(cost).len(), 2, "{cost}");

    for name in ["README.md", "examples/firmware/README.md"] {
        let path = format!("{}/{name}", env!("CARGO_MANIFEST_DIR"));
        let readme = fs::read_to_string(&path).unwrap();
        let unindented = readme.replace("\n    ", "\n");
        assert!(unindented.contains(lines), "{name} does not show\n{output}");
        let shown = unindented.lines().find(|line| line.starts_with("log_prob:")).unwrap();
        if env::var_os("COUPLET_UPDATE").is_some() {
            fs::write(&path, readme.replace(shown, cost)).unwrap();
        } else {
            assert!(
                is_as_shown(cost, shown),
                "{cost}\nand {name} says\n{shown}\n\
                 COUPLET_UPDATE=1 cargo test --workspace --test measure --test on_target readme \
                 writes it there"
            );
        }
    }
    say(cost);
}

/// A reading beside its log_prob and a sample of a signal with six bands each take at most 150
/// instructions, the detector 32 bytes. A triangle of D = 30 features takes at most D (D + 30)
/// instructions: that fails where a kernel no longer loads four columns at once. The page of the
/// firmware shows what they take.
#[test]
fn what_stands_around_a_model_costs_what_the_readme_shows() {
    if !can_run(core("cortex-m4f")) {
        return;
    }
    let monitor = |what| {
        let mut cargo = firmware(what);
        cargo.args(["--bin", "monitor"]);
        cargo
    };
    run(monitor("build"), Duration::from_secs(600));
    let output = run(monitor("run"), Duration::from_secs(60));
    let readme = fs::read_to_string(format!("{FIRMWARE}/README.md")).unwrap();
    let limits = [
        ("push", 150.0),
        ("sample_with_6_bands", 150.0),
        ("triangle_of_30_features", 30.0 * (30.0 + 30.0)),
        ("bytes_of_detector", 32.0),
    ];
    let mut held = 0;
    for line in output.lines() {
        let [name, cost] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{output}") };
        let cost: f64 = cost.parse().unwrap();
        if let Some((_, limit)) = limits.iter().find(|(limited, _)| *limited == name) {
            assert!(cost <= *limit, "{line}, and at most {limit} are promised");
            held += 1;
        }
        let shown = readme.lines().find(|shown| shown.trim().starts_with(&format!("{name} ")));
        assert!(
            shown.is_some_and(|shown| is_as_shown(line, shown.trim())),
            "{line}, not {shown:?}"
        );
    }
    assert_eq!(held, limits.len(), "{output}");
    say(&output.trim_end().replace('\n', ", "));
}

/// Whether costs are the same, as QEMU counts instructions, or with another compiler than the
/// promised one within 10 %.
fn is_as_shown(cost: &str, shown: &str) -> bool {
    let promised = concat!("rustc ", env!("CARGO_PKG_RUST_VERSION"), ".");
    let version = Command::new("rustc").arg("--version").output().unwrap().stdout;
    if String::from_utf8_lossy(&version).starts_with(promised) {
        return cost == shown;
    }
    zip(numbers(cost), numbers(shown)).all(|(cost, shown)| (cost - shown).abs() <= 0.1 * shown)
}

fn numbers(line: &str) -> Vec<f64> {
    line.split(' ').filter_map(|word| word.parse().ok()).collect()
}

/// Each optimisation level, each kind of link-time optimisation and each of two cores, a quarter of
/// all combinations.
#[test]
fn no_panic_can_be_reached() {
    no_panic_links(|setting| setting % 4 == 0);
}

#[test]
#[ignore = "takes minutes: all other combinations"]
fn no_panic_can_be_reached_either() {
    no_panic_links(|setting| setting % 4 != 0);
}

fn no_panic_links(chosen: impl Fn(usize) -> bool) {
    let [m4f, m0] = ["cortex-m4f", "cortex-m0"].map(core);
    if !can_run(m4f) || !can_run(m0) {
        return;
    }
    let mut linked = 0;
    for (i, core) in [m4f, m0].into_iter().enumerate() {
        for (j, opt_level) in ["2", "3", "s", "z"].into_iter().enumerate() {
            for (k, (lto, units)) in
                [("fat", "1"), ("thin", "1"), ("off", "1"), ("off", "16")].into_iter().enumerate()
            {
                if chosen(i + j + k) {
                    let setting =
                        format!("{} at opt-level {opt_level}, lto {lto}, {units} units", core.name);
                    assert!(
                        links(core, opt_level, lto, units, "no-panic"),
                        "a panic can be reached: {setting}"
                    );
                    linked += 1;
                }
            }
        }
    }
    assert!(!links(m4f, "2", "fat", "1", "no-panic,plant-panic"), "a planted panic links");
    say(&format!("no panic can be reached in {linked} programs"));
}

/// Whether examples/firmware/src/bin/no_panic.rs does.
fn links(core: Target, opt_level: &str, lto: &str, units: &str, features: &str) -> bool {
    let mut build = on_core("build", core, opt_level);
    build.args(["--bin", "no_panic", "--features", features]);
    build.env("CARGO_PROFILE_RELEASE_LTO", lto).env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", units);
    let output = build.output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() || errors.contains("a_panic_can_be_reached"), "{errors}");
    output.status.success()
}

#[test]
fn a_different_bit_and_a_missing_line_are_seen() {
    let mut here = String::new();
    bits::report(0..8, &mut here).unwrap();
    assert_eq!(
        compare(&here, &here),
        Ok(8 * (13 * 3 + 4 * (2 + 2 + 2 + 5 + 7 + 4 + 2 + 5 + 5 + 2 + 5 + 2 + 8) + 94))
    );

    let line = here.lines().find(|line| line.starts_with("moons 6 ")).unwrap();
    let end = line.len() - 1;
    let last = if line.ends_with('0') { '1' } else { '0' };
    let other = here.replace(line, &format!("{}{last}", &line[..end]));
    let difference = compare(&here, &other).unwrap_err();
    assert!(difference.starts_with("moons, point 6, sample[1]: "), "{difference}");

    let short = &here[..here.trim_end().rfind('\n').unwrap()];
    assert!(compare(&here, short).unwrap_err().contains("111 lines instead of 112"));
}

/// How many values have the same bits, if all do and if they are worth comparing.
fn compare(here: &str, there: &str) -> Result<usize, String> {
    let mut values = 0;
    let mut finite: BTreeMap<&str, [u32; 2]> = BTreeMap::new();
    for (here, there) in here.lines().zip(there.lines()) {
        let mut words = here.split(' ');
        let (Some(model), Some(point)) = (words.next(), words.next()) else {
            return Err(format!("what is {here}?"));
        };
        let mut other_words = there.split(' ').skip(2);
        for (quantity, bits) in words.filter_map(|word| word.split_once('=')) {
            let other =
                other_words.next().and_then(|word| word.strip_prefix(quantity)?.strip_prefix('='));
            let other: Vec<&str> = other.unwrap_or_default().split(',').collect();
            for (i, bits) in bits.split(',').enumerate() {
                let other = other.get(i).copied().unwrap_or("missing");
                if bits != other {
                    return Err(format!(
                        "{model}, point {point}, {quantity}[{i}]: {other} instead of {bits}, of\n{there}\n{here}"
                    ));
                }
                values += 1;
            }
            if quantity == "log_prob" {
                let kind = usize::from(bits != "ff800000");
                finite.entry(model).or_default()[kind] += 1;
            }
        }
        if here != there {
            return Err(format!("\n{there} instead of\n{here}"));
        }
    }
    let (lines, other_lines) = (here.lines().count(), there.lines().count());
    if lines != other_lines {
        return Err(format!(
            "{other_lines} lines instead of {lines}, the last {:?}",
            there.lines().last()
        ));
    }
    match finite.iter().find(|(_, kinds)| kinds[1] < kinds[0] || kinds[0] == 0) {
        Some((model, [infinite, finite])) => {
            Err(format!("{model}: {finite} finite and {infinite} infinite values of log_prob"))
        }
        None => Ok(values),
    }
}

/// What examples/firmware/src/bin/bits.rs prints on a core: lines, or digests of blocks.
fn run_bits(
    core: Target,
    opt_level: &str,
    features: &str,
    points: Range<u32>,
    block: u32,
) -> String {
    let bits = |what| {
        let mut cargo = on_core(what, core, opt_level);
        cargo.args(["--bin", "bits", "--features", features]);
        cargo.env("COUPLET_FROM", points.start.to_string());
        cargo.env("COUPLET_TO", points.end.to_string());
        cargo.env("COUPLET_BLOCK", block.to_string());
        cargo
    };
    run(bits("build"), Duration::from_secs(600));
    run(bits("run"), Duration::from_secs(if block > 0 { 7200 } else { 120 }))
}

/// `cargo build ...` or `cargo run ...` in examples/firmware for a core.
fn on_core(what: &str, core: Target, opt_level: &str) -> Command {
    let mut cargo = firmware(what);
    cargo.args(["--target", core.triple]);
    let flags = format!("-Clink-arg=-Tlink.x\x1f-Ctarget-cpu={}", core.cpu);
    cargo.env("CARGO_ENCODED_RUSTFLAGS", flags);
    cargo.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", opt_level);
    cargo.env("COUPLET_MACHINE", core.machine);
    cargo
}

/// `cargo build --release --locked` or `cargo run ...` in examples/firmware.
fn firmware(what: &str) -> Command {
    let mut cargo = clean_cargo();
    cargo.current_dir(FIRMWARE);
    cargo.args([
        what,
        "--quiet",
        "--release",
        "--locked",
        "--target-dir",
        concat!(env!("CARGO_TARGET_TMPDIR"), "/firmware"),
    ]);
    cargo
}

/// Cargo, whatever options the environment has for the host.
fn clean_cargo() -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    let foreign = [
        "RUSTFLAGS",
        "RUSTC",
        "RUSTDOCFLAGS",
        "CARGO_ENCODED_",
        "CARGO_BUILD_",
        "CARGO_TARGET_",
        "CARGO_PROFILE_",
    ];
    for (name, _) in env::vars_os() {
        if name.to_str().is_some_and(|name| {
            name.starts_with("COUPLET_") || foreign.iter().any(|foreign| name.starts_with(foreign))
        }) {
            cargo.env_remove(name);
        }
    }
    cargo
}

/// What a command prints; panics where it fails or takes too long.
#[track_caller]
fn run(mut command: Command, limit: Duration) -> String {
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let output = thread::spawn(move || {
        let mut output = String::new();
        stdout.read_to_string(&mut output).map(|_| output)
    });
    let end = Instant::now() + limit;
    let status = loop {
        match child.try_wait().unwrap() {
            Some(status) => break status,
            None if Instant::now() < end => thread::sleep(Duration::from_millis(20)),
            None => {
                child.kill().unwrap();
                child.wait().unwrap();
                panic!("{command:?} does not end within {limit:?}");
            }
        }
    };
    let output = output.join().unwrap().unwrap();
    assert!(status.success(), "{command:?}: {status}, having printed {output}");
    output
}

/// Whether QEMU and the target are there; says what is missing.
#[track_caller]
fn can_run(core: Target) -> bool {
    let required = env::var_os("COUPLET_ON_TARGET").is_some_and(|value| value == "require");
    let missing = |what: &str| {
        assert!(!required, "{what}");
        say(&format!("SKIPPED on {}: {what}", core.name));
        false
    };
    let qemu = Command::new(format!("{FIRMWARE}/qemu"))
        .args([core.machine, "--version"])
        .output()
        .unwrap();
    if !qemu.status.success() {
        return missing(String::from_utf8_lossy(&qemu.stderr).trim_end());
    }
    let libraries =
        Command::new("rustc").args(["--print", "target-libdir", "--target", core.triple]).output();
    let installed = libraries.is_ok_and(|output| {
        std::path::Path::new(String::from_utf8_lossy(&output.stdout).trim()).is_dir()
    });
    installed
        || missing(&format!(
            "there is no Rust for it; `rustup target add {}` installs it",
            core.triple
        ))
}

/// Prints a line even if the test passes.
fn say(line: &str) {
    #[expect(clippy::explicit_write, reason = "the harness hides what eprintln! prints")]
    writeln!(io::stderr(), "on_target: {line}").unwrap();
}
