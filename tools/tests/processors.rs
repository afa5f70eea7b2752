//! The same seed gives the same bytes on every processor: with AVX-512, with AVX2, and without
//! fused multiply-adds.
//!
//! QEMU emulates what is not here. Where `qemu-x86_64` is missing this is skipped; with
//! COUPLET_ON_TARGET=require it fails.

mod common;

use common::Folder;
use std::{env, process::Command};

const TRAIN: &str = "train rows.csv --couplets 3 --hidden 21,20 --batch 100 --steps 60";

#[test]
fn a_model_has_the_same_bytes_on_processors_without_vectors() {
    let emulator = Command::new("qemu-x86_64").arg("--version").output().is_ok();
    let required = env::var_os("COUPLET_ON_TARGET").is_some_and(|value| value == "require");
    assert!(!required || emulator, "there is no qemu-x86_64: install QEMU (Debian's qemu-user)");
    if !emulator || !cfg!(target_arch = "x86_64") {
        println!("processors: skipped, there is no qemu-x86_64 here");
        return;
    }
    let folder = Folder::new();
    folder.works("toy moons -n 600 -o rows.csv");
    folder.works(&format!("{TRAIN} -o here.safetensors"));
    let here = folder.read("here.safetensors");
    // AVX2 with fused multiply-adds, and neither.
    for processor in ["Haswell", "Nehalem"] {
        let output = Command::new("qemu-x86_64")
            .current_dir(folder.path("."))
            .args(["-cpu", processor, env!("CARGO_BIN_EXE_couplet")])
            .args(TRAIN.split(' '))
            .args(["--threads", "1", "-o", "there.safetensors"])
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{processor}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        assert_eq!(folder.read("there.safetensors"), here, "{processor}");
    }
}
