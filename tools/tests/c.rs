//! Exported C has the crate's bits, whatever compiles it: all maps of every kind of model, at the
//! points of examples/firmware/src/bits.rs.
//!
//! Where a compiler or an emulator is missing, the test says so and skips; with COUPLET_C=require it
//! fails.

mod common;

#[path = "../../examples/firmware/src/bits.rs"]
mod bits;

use common::{
    Folder,
    c::{Compiler, all_models, say},
};

/// Points of a model in a digest.
const POINTS: u32 = 1000;

/// The digests of the crate.
fn expected(points: u32) -> String {
    let mut digests = String::new();
    bits::digests(points, POINTS, &mut digests).unwrap();
    digests
}

/// The digests of the models in a folder, by a compiler.
#[track_caller]
fn digests(compiler: &Compiler, folder: &Folder, flags: &[&str], points: u32) -> String {
    let points = format!("-DTO={points}");
    let range = ["-DFROM=0", "-DBLOCK=1000", &points];
    compiler.build(folder, "bits.c", &[flags, &range].concat(), "bits");
    compiler.run(folder, "bits")
}

#[track_caller]
fn has_the_bits(compiler: &Compiler, folder: &Folder, flags: &[&str], expected: &str) {
    let found = digests(compiler, folder, flags, POINTS);
    assert_eq!(found, expected, "{} {flags:?}", compiler.name);
    say(&format!("{} {}: the bits of the crate", compiler.name, flags.join(" ")));
}

#[test]
fn every_compiler_of_the_host_keeps_the_bits() {
    let (folder, expected) = (all_models(|text| text), expected(POINTS));
    for compiler in Compiler::HOST.iter().filter(|compiler| compiler.is_here()) {
        for flags in [
            &["-O0"][..],
            &["-O2"],
            &["-O3", "-march=x86-64-v3"],
            &["-Os", "-march=x86-64-v3"],
            &["-O2", "-flto", "-march=x86-64-v3", "-ffp-contract=fast"],
        ] {
            has_the_bits(compiler, &folder, flags, &expected);
        }
    }
}

#[test]
fn every_core_keeps_the_bits() {
    let (folder, expected) = (all_models(|text| text), expected(POINTS));
    let levels = [["-O3"], ["-O2"], ["-Os"], ["-O0"]];
    for (i, compiler) in Compiler::TARGETS.iter().filter(|compiler| compiler.is_here()).enumerate()
    {
        let start = std::time::Instant::now();
        has_the_bits(compiler, &folder, &levels[i % 4], &expected);
        say(&format!("{:?}", start.elapsed()));
    }
}
