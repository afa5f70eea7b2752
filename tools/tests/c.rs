//! Exported C has the crate's bits, whatever compiles it: all maps of every kind of model, and what
//! stands around one, at the points of examples/firmware/src/bits.rs.
//!
//! Where a compiler or an emulator is missing, the test says so and skips; with COUPLET_C=require it
//! fails.

mod common;

#[path = "../../examples/firmware/src/bits.rs"]
mod bits;

use couplet::Real;

use common::{
    Folder,
    c::{Compiler, MODELS, all_models, say},
};

/// Points of a model in a digest.
const POINTS: u32 = 1000;

/// The digests of the crate, of every model and of what stands around one.
fn expected(points: u32) -> String {
    let mut digests = String::new();
    bits::digests(points, POINTS, &mut digests).unwrap();
    of_floats(&digests)
}

/// The lines of models that there are in C.
fn of_floats(lines: &str) -> String {
    lines
        .lines()
        .filter(|line| !line.starts_with("integer_"))
        .map(|line| format!("{line}\n"))
        .collect()
}

/// The digests of all models in a folder, by a compiler; or with a block of 0 their lines.
#[track_caller]
fn printed(
    compiler: &Compiler,
    folder: &Folder,
    flags: &[&str],
    [points, block]: [u32; 2],
) -> String {
    let range = [format!("-DTO={points}"), format!("-DBLOCK={block}"), "-DFROM=0".into()];
    let range = range.each_ref().map(String::as_str);
    compiler.build(folder, "bits.c", &[flags, &range].concat(), "bits");
    compiler.run(folder, "bits")
}

#[track_caller]
fn has_the_bits(compiler: &Compiler, folder: &Folder, flags: &[&str], expected: &str) {
    let points = expected_points(expected);
    let found = printed(compiler, folder, flags, [points, POINTS]);
    if found != expected {
        let few = points.min(64);
        let mut lines = String::new();
        bits::report(0..few, &mut lines).unwrap();
        let found_lines = printed(compiler, folder, flags, [few, 0]);
        let first = of_floats(&lines)
            .lines()
            .zip(found_lines.lines())
            .find(|(here, there)| here != there)
            .map(|(here, there)| format!("{there}\ninstead of\n{here}"));
        panic!("{} {flags:?}: {found}instead of\n{expected}{first:?}", compiler.name);
    }
    say(&format!("{} {}: the bits of the crate", compiler.name, flags.join(" ")));
}

/// How many points of the first model digests are of.
fn expected_points(digests: &str) -> u32 {
    let first = |line: &str| {
        line.strip_prefix("moons ")?.split_once("..")?.1.split(' ').next()?.parse().ok()
    };
    digests.lines().filter_map(first).max().unwrap()
}

#[test]
fn every_compiler_of_the_host_keeps_the_bits() {
    let (folder, expected) = (all_models(|text| text), expected(POINTS));
    for compiler in Compiler::HOST.iter().filter(|compiler| compiler.is_here()) {
        has_the_bits(compiler, &folder, &["-O0"], &expected);
        for flags in [
            &["-O2"][..],
            &["-O3", "-march=x86-64-v3"],
            &["-Os", "-march=x86-64-v3"],
            &["-O2", "-flto", "-march=x86-64-v3", "-ffp-contract=fast"],
        ] {
            if cfg!(target_arch = "x86_64") || !flags.contains(&"-march=x86-64-v3") {
                has_the_bits(compiler, &folder, flags, &expected);
            }
        }
    }
}

/// Each core at one level.
#[test]
fn every_core_keeps_the_bits() {
    let (folder, expected) = (all_models(|text| text), expected(POINTS));
    let levels = ["-O3", "-O2", "-Os", "-Os", "-Os", "-O2", "-O0", "-O3"];
    for (compiler, level) in Compiler::TARGETS.iter().zip(levels) {
        if compiler.is_here() {
            has_the_bits(compiler, &folder, &[level], &expected);
        }
    }
}

#[test]
#[ignore = "takes an hour: 10,000 points on each core at each level"]
fn every_core_keeps_the_bits_of_many_points_at_every_level() {
    let (folder, expected) = (all_models(|text| text), expected(10 * POINTS));
    for compiler in Compiler::TARGETS.iter().filter(|compiler| compiler.is_here()) {
        for flags in [&["-O0"][..], &["-O2"], &["-O3"], &["-Os"], &["-O2", "-flto"]] {
            // All models at once are too large for a microbit at some levels.
            let fits = compiler.name != "Cortex-M0" || flags == ["-Os"] || flags == ["-O2"];
            if fits {
                has_the_bits(compiler, &folder, flags, &expected);
            }
        }
    }
}

/// exp, tanh, ln, ln(1 + x) and sqrt over floats of every exponent, far more than models meet.
#[test]
fn functions_of_a_number_have_the_bits_of_the_crate() {
    type Function = fn(f32) -> f32;
    const FUNCTIONS: [(&str, Function); 5] = [
        ("exp", Real::exp),
        ("tanh", Real::tanh),
        ("ln", Real::ln),
        ("ln_1p", Real::ln_1p),
        ("sqrt", Real::sqrt),
    ];
    let digest = |function: Function, step: usize| {
        let bits = (0..1 << 32).step_by(step).map(|bits: u64| {
            let y = function(f32::from_bits(bits as u32));
            if y.is_nan() { f32::NAN.to_bits() } else { y.to_bits() }
        });
        let take =
            |digest: u64, bits: u32| (digest ^ u64::from(bits)).wrapping_mul(0x0100_0000_01b3);
        bits.fold(0xcbf2_9ce4_8422_2325_u64, take)
    };
    let folder = all_models(|text| text);
    let [gcc, clang] = Compiler::HOST;
    for (compiler, level, step) in
        [(gcc, "-O3", 997), (clang, "-O2", 997), (Compiler::M4F, "-O3", 65_519)]
    {
        if !compiler.is_here() {
            continue;
        }
        let expected: String = FUNCTIONS
            .iter()
            .map(|&(name, function)| format!("{name} {:016x}\n", digest(function, step)))
            .collect();
        let flags = [level, &format!("-DSTEP={step}")];
        compiler.build(&folder, "elementary.c", &flags, "elementary");
        assert_eq!(compiler.run(&folder, "elementary"), expected, "{}", compiler.name);
    }
}

/// So the tests above can fail, and the barriers are what keeps the bits.
#[test]
fn without_barriers_a_core_that_fuses_has_other_bits_and_the_self_tests_notice() {
    let without = |text: String| {
        let barrier = "__asm__(\"\" : \"+t\"(x))";
        assert!(text.contains(barrier));
        text.replace(barrier, "((void)0)")
    };
    if !Compiler::M4F.is_here() {
        return;
    }
    let (folder, expected) = (all_models(without), expected(POINTS));
    let found = printed(&Compiler::M4F, &folder, &["-std=gnu99", "-O2"], [POINTS, POINTS]);
    for (line, (name, ..)) in expected.lines().zip(MODELS) {
        assert!(!found.contains(line), "{line} is the same without barriers");
        assert!(found.contains(&format!("{name} fails its self-test\n")), "{found}");
    }
}

/// Flags that Clang has no macro for. A model whose log_probs they leave alone has nothing to notice.
#[test]
fn self_tests_notice_flags_that_change_scores_and_that_no_macro_tells() {
    let [_, clang] = Compiler::HOST;
    if !clang.is_here() {
        return;
    }
    let folder = all_models(|text| text);
    let lines = |flags: &[&str]| printed(&clang, &folder, flags, [POINTS, 0]);
    let log_prob = |line: &str| line.split(' ').nth(3).map(str::to_string);
    let right = lines(&["-O2"]);
    for flags in [
        &["-O2", "-freciprocal-math"][..],
        &["-O2", "-fassociative-math", "-fno-signed-zeros", "-fno-trapping-math"],
        &["-O2", "-funsafe-math-optimizations"],
    ] {
        let found = lines(flags);
        let mut changed = 0;
        for (name, ..) in MODELS {
            let of_model = |text: &str| -> Vec<Option<String>> {
                let start = format!("{name} ");
                let is_value = |line: &&str| line.starts_with(&start) && line.contains("log_prob=");
                text.lines().filter(is_value).map(log_prob).collect()
            };
            if of_model(&found) != of_model(&right) {
                assert!(
                    found.contains(&format!("{name} fails its self-test\n")),
                    "{name} {flags:?}"
                );
                changed += 1;
            }
        }
        assert!(changed > 0, "{flags:?} change nothing");
        say(&format!("{}: noticed in {changed} models", flags.join(" ")));
    }
}
