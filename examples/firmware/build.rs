//! Copies the memory map of the machine to where the linker finds it, as memory.x, and names the
//! object of a model in C.

use std::{env, fs, path::Path};

fn main() {
    let machine = env::var("COUPLET_MACHINE").expect(".cargo/config.toml sets COUPLET_MACHINE");
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    let memory = format!("memory/{machine}.x");
    fs::copy(&memory, Path::new(&out).join("memory.x"))
        .unwrap_or_else(|error| panic!("{memory}: {error}"));
    // `couplet measure --language c` has a model in it.
    if let Some(object) = env::var("COUPLET_OBJECT").ok().filter(|object| !object.is_empty()) {
        println!("cargo::rustc-link-arg-bins={object}");
        println!("cargo::rerun-if-changed={object}");
    }
    println!("cargo::rerun-if-env-changed=COUPLET_OBJECT");
    println!("cargo::rustc-link-search={out}");
    println!("cargo::rerun-if-changed={memory}");
    println!("cargo::rerun-if-env-changed=COUPLET_MACHINE");
}
