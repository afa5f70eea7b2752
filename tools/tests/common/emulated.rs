use super::repository;
use couplet_tools::device::target::Target;
use std::{env, path::Path, process::Command};

/// Whether QEMU and the Rust target of a core are there; with COUPLET_ON_TARGET=require they must be.
pub fn can_run(target: Target) -> bool {
    let emulator = Command::new(repository("examples/firmware/qemu"))
        .args([target.large_machine, "--version"])
        .output()
        .is_ok_and(|output| output.status.success());
    let libraries = Command::new("rustc")
        .args(["--print", "target-libdir", "--target", target.triple])
        .output();
    let installed = libraries
        .is_ok_and(|path| Path::new(String::from_utf8_lossy(&path.stdout).trim()).is_dir());
    let required = env::var_os("COUPLET_ON_TARGET").is_some_and(|value| value == "require");
    assert!(!required || (emulator && installed), "{} cannot be emulated here", target.name);
    emulator && installed
}
