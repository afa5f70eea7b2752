//! examples/monitor: the device raises the alarms that `couplet watch` raises on the same stream.
//!
//! Where QEMU or a core's Rust target is missing, the core is skipped; with
//! COUPLET_ON_TARGET=require it fails.

mod common;

use common::{Folder, committed, repository};
use couplet_tools::device::target::Target;
use std::{env, path::Path, process::Command};

/// Whether a core can be emulated here.
fn can_run(target: Target) -> bool {
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

/// What the program prints on a core.
fn on_core(target: Target) -> String {
    let output = Command::new("cargo")
        .args(["run", "--release", "--locked", "--quiet", "--target", target.triple])
        .arg("--target-dir")
        .arg(repository("target/firmware"))
        .env("COUPLET_MACHINE", target.large_machine)
        .current_dir(repository("examples/monitor"))
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    assert!(output.status.success(), "{}: {}", target.name, text(output.stderr));
    text(output.stdout)
}

/// Numbers are printed so that they read back to their bits: equal lines are equal bits.
#[test]
fn the_device_raises_the_alarms_that_watch_raises() {
    let folder = Folder::with("plant.safetensors", committed("examples/monitor/plant.safetensors"))
        .and("stream.csv", committed("examples/monitor/stream.csv"));
    let watched = folder.works("watch plant.safetensors stream.csv").stdout;
    assert!(watched.starts_with("row 61 ALARM: single, p "), "{watched}");
    let page = String::from_utf8(committed("examples/monitor/README.md")).unwrap();
    for core in ["cortex-m4f", "cortex-m3", "rv32imc"] {
        let target: Target = core.parse().unwrap();
        if !can_run(target) {
            continue;
        }
        let printed = on_core(target);
        let (alarms, cost) = printed.trim_end().rsplit_once('\n').unwrap();
        assert_eq!(alarms, watched.trim_end(), "{core}");
        assert!(cost.starts_with("log_prob: "), "{cost}");
        if core == "cortex-m4f" {
            assert!(page.contains(alarms), "README.md does not show\n{alarms}");
            let detector = cost.split("detector: ").nth(1).and_then(|rest| rest.split(' ').next());
            let detector: u32 = detector.unwrap().parse().unwrap();
            assert!(detector <= 150, "{cost}");
        }
    }
}
