//! examples/monitor: the device raises the alarms that `couplet watch` raises on the same stream.
//!
//! Where QEMU or a core's Rust target is missing, the core is skipped; with
//! COUPLET_ON_TARGET=require it fails.

mod common;

use common::{Folder, can_run, committed, repository};
use couplet_tools::device::target::Target;
use std::process::Command;

/// What a program prints on a core: the alarms, and in the last line what they cost.
fn on_core(target: Target, program: &str) -> (String, String) {
    let output = Command::new("cargo")
        .args(["run", "--release", "--locked", "--quiet", "--target", target.triple])
        .args(["--bin", program, "--target-dir"])
        .arg(repository("target/firmware"))
        .env("COUPLET_MACHINE", target.large_machine)
        .current_dir(repository("examples/monitor"))
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    assert!(output.status.success(), "{}: {}", target.name, text(output.stderr));
    let printed = text(output.stdout);
    let (alarms, cost) = printed.trim_end().rsplit_once('\n').unwrap();
    (alarms.into(), cost.into())
}

/// The number behind these words.
fn count(cost: &str, words: &str) -> u32 {
    let digits = cost.split_once(words).unwrap_or_else(|| panic!("no {words}in {cost}")).1;
    digits.split([' ', ';']).next().and_then(|digits| digits.parse().ok()).unwrap()
}

/// A program prints on every core what `watch` prints, and the page shows it. Returns what it costs
/// on a Cortex-M4F, unless that is skipped.
///
/// Numbers are printed so that they read back to their bits: equal lines are equal bits.
fn raises_the_alarms(program: &str, watched: &str) -> Option<String> {
    let page = String::from_utf8(committed("examples/monitor/README.md")).unwrap();
    let mut on_m4f = None;
    for core in ["cortex-m4f", "cortex-m3", "rv32imc"] {
        let target: Target = core.parse().unwrap();
        if !can_run(target) {
            continue;
        }
        let (alarms, cost) = on_core(target, program);
        assert_eq!(alarms, watched.trim_end(), "{core}");
        if core == "cortex-m4f" {
            assert!(page.contains(&format!("{alarms}\n")), "README.md does not show\n{alarms}");
            let detector = count(&cost, "detector: ");
            assert!(detector <= 150, "{cost}");
            on_m4f = Some(cost);
        }
    }
    on_m4f
}

#[test]
fn the_device_raises_the_alarms_that_watch_raises() {
    let folder = Folder::with("plant.safetensors", committed("examples/monitor/plant.safetensors"))
        .and("stream.csv", committed("examples/monitor/stream.csv"));
    let watched = folder.works("watch plant.safetensors stream.csv").stdout;
    assert!(watched.starts_with("row 61 ALARM: single, p "), "{watched}");
    raises_the_alarms("monitor", &watched);
}

/// From the raw signal on: samples, features, alarms.
#[test]
fn the_device_raises_the_alarms_of_a_raw_signal_that_watch_raises() {
    let folder =
        Folder::with("machine.safetensors", committed("examples/monitor/machine.safetensors"))
            .and("vibration.csv", committed("examples/monitor/vibration.csv"));
    folder.works("features vibration.csv --like machine.safetensors -o features.csv");
    let watched = folder.works("watch machine.safetensors features.csv").stdout;
    assert!(watched.starts_with("row 22 ALARM: single, p "), "{watched}");
    if let Some(cost) = raises_the_alarms("vibration", &watched) {
        let [sample, features] = ["sample: ", "features of a window: "].map(|of| count(&cost, of));
        assert!(sample <= 160 && features <= 800, "{cost}");
    }
}

/// The fault begins where the page says, and the file is what its command writes.
#[test]
fn the_committed_vibration_is_what_its_command_writes() {
    let command = "toy vibration -n 33 --fault bearing --after 21 --seed 3 -o vibration.csv";
    let page = String::from_utf8(committed("examples/monitor/README.md")).unwrap();
    assert!(page.contains(&format!("couplet {command}")));
    let folder = Folder::new();
    folder.works(command);
    assert!(folder.read("vibration.csv") == committed("examples/monitor/vibration.csv"));
}
