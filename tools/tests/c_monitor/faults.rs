//! Faults that the comparison must see, each planted in a copy of the templates.

use super::{
    adjustment, attribution, calibration, detector, elementary,
    program::{FUSING, driver, templates},
    recalibration,
    script::Script,
    window,
};
use std::{fs, process::Command};

/// What stands in a template, and what is put there instead.
struct Fault {
    file: &'static str,
    from: &'static str,
    to: &'static str,
}

const fn fault(file: &'static str, from: &'static str, to: &'static str) -> Fault {
    Fault { file, from, to }
}

const CALIBRATION: [Fault; 7] = [
    fault(
        "monitor/calibration.c",
        "log_prob >= calibration->threshold",
        "log_prob > calibration->threshold",
    ),
    fault(
        "monitor/calibration.c",
        "log_prob >= calibration->log_probs",
        "log_prob > calibration->log_probs",
    ),
    fault(
        "monitor/calibration.c",
        "log_probs[entry] < calibration",
        "log_probs[entry] <= calibration",
    ),
    fault("monitor/calibration.c", "count) + 0.5f", "count) + 0.25f"),
    fault("monitor/calibration.c", "values[i] < values[i - 1u]", "values[i] <= values[i - 1u]"),
    fault("monitor/calibration.c", "(float)(rows + 1u)", "(float)rows"),
    fault("monitor/ranks.c", "> rows) {\n            high", ">= rows) {\n            high"),
];

const DETECTOR: [Fault; 14] = [
    fault("monitor/rules.c", "rules->n < 32u ?", "rules->n < 31u ?"),
    fault("monitor/rules.c", "rules->release > rules->limit", "rules->release >= rules->limit"),
    fault("monitor/detector.c", "couplet_ones(recent) >= ", "couplet_ones(recent) > "),
    fault("monitor/detector.c", "rules->k < most ? rules->k", "rules->k < most ? 1u + rules->k"),
    fault("monitor/detector.c", "while (bits > 1u)", "while (bits > 0u)"),
    fault("monitor/detector.c", "sum <= 0.0f", "sum < 0.0f"),
    fault("monitor/detector.c", "detector->sum > rules->limit;", "detector->sum >= rules->limit;"),
    fault(
        "monitor/detector.c",
        "!(detector->sum <= rules->release)",
        "!(detector->sum < rules->release)",
    ),
    fault("monitor/detector.c", "sum < cap ? sum : cap", "sum > cap ? cap : sum"),
    fault("monitor/detector.c", "detector->rising - 1u", "detector->rising"),
    fault(
        "monitor/detector.c",
        "couplet_times(drift->step, drift->rate - hit)",
        "drift->step * (drift->rate - hit)",
    ),
    fault("monitor/detector.c", "distance >= drift->cap", "distance > drift->cap"),
    fault("monitor/detector.c", "gap >= rules->silence", "gap > rules->silence"),
    fault("monitor/detector.c", "count < UINT32_C(0xffffffff) ? ", "true ? "),
];

const ATTRIBUTION: [Fault; 6] = [
    fault("monitor/attribution.c", "found > blame->best", "found >= blame->best"),
    fault(
        "monitor/attribution.c",
        "blame[i].best > blame[first].best",
        "blame[i].best >= blame[first].best",
    ),
    fault("monitor/attribution.c", "rows < 9u", "rows <= 9u"),
    fault("monitor/attribution.c", "count < COUPLET_FINE", "count <= COUPLET_FINE"),
    fault("monitor/attribution.c", "round >= COUPLET_ROUNDS", "round > COUPLET_ROUNDS"),
    fault("monitor/attribution.c", "couplet_is_nan(log_prob) ?", "false ?"),
];

const WINDOW: [Fault; 3] = [
    fault(
        "monitor/window.c",
        "couplet_times(band->second, memory->before)",
        "band->second * memory->before",
    ),
    fault("monitor/window.c", "window->is_settled = is_valid", "window->is_settled = true"),
    fault(
        "monitor/window.c",
        "return value < low ? low : value",
        "return value > low ? value : low",
    ),
];

const RECALIBRATION: [Fault; 4] = [
    fault("monitor/recalibration.c", "place >= count", "place > count"),
    fault("monitor/recalibration.c", "log_prob > kept[place]", "log_prob >= kept[place]"),
    fault("monitor/recalibration.c", "(of - 1u) / false_alarms", "of / false_alarms"),
    fault("monitor/recalibration.c", "word >> 15", "word >> 16"),
];

const ADJUSTMENT: [Fault; 4] = [
    fault("monitor/adjustment.c", "<= COUPLET_FARTHEST", "< COUPLET_FARTHEST"),
    fault(
        "monitor/adjustment.c",
        "couplet_times(distance, z - moments->mean)",
        "distance * (z - moments->mean)",
    ),
    fault("monitor/adjustment.c", "valid == COUPLET_MOST", "valid > COUPLET_MOST"),
    fault("monitor/adjustment.c", "valid - 1u", "valid"),
];

/// The one place where a compiler is kept from fusing.
const BARRIER: Fault = fault("arithmetic.h", "    COUPLET_ROUNDED(product);\n", "");

/// What the program with a fault answers differently; nothing where it does not.
fn seen(fault: &Fault, script: &Script) -> Option<String> {
    let Fault { file, from, to } = fault;
    let copy = tempfile::TempDir::new().unwrap();
    let status = Command::new("cp").arg("-r").arg(templates()).arg(copy.path()).status().unwrap();
    assert!(status.success());
    let folder = copy.path().join("c");
    let path = folder.join(file);
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(text.matches(from).count(), 1, "{from} stands once in {file}");
    fs::write(&path, text.replace(from, to)).unwrap();
    let program = driver(FUSING, &folder).unwrap_or_else(|error| panic!("{to}: {error}"));
    program.differs(script)
}

/// Whether this processor fuses products and sums: without, a missing barrier changes nothing.
fn fuses() -> bool {
    #[cfg(target_arch = "x86_64")]
    return is_x86_feature_detected!("fma");
    #[cfg(not(target_arch = "x86_64"))]
    cfg!(target_arch = "aarch64")
}

fn are_seen(faults: &[Fault], script: &Script) {
    for fault in faults {
        let is_of_products = fault.from.contains("couplet_times");
        if fuses() || !is_of_products {
            let Fault { file, from, to } = fault;
            assert!(
                seen(fault, script).is_some(),
                "{file}: `{to}` instead of `{from}` is not seen"
            );
        }
    }
}

#[test]
fn faults_of_calibrations_are_seen() {
    are_seen(&CALIBRATION, &calibration::script());
}

#[test]
fn faults_of_detectors_are_seen() {
    are_seen(&DETECTOR, &detector::script());
}

#[test]
fn faults_of_attributions_are_seen() {
    are_seen(&ATTRIBUTION, &attribution::script());
}

#[test]
fn faults_of_windows_are_seen() {
    are_seen(&WINDOW, &window::script());
}

#[test]
fn faults_of_recalibrations_are_seen() {
    are_seen(&RECALIBRATION, &recalibration::script());
}

#[test]
fn faults_of_adjustments_are_seen() {
    are_seen(&ADJUSTMENT, &adjustment::script());
}

#[test]
fn a_missing_barrier_is_seen_everywhere() {
    if !fuses() {
        eprintln!("SKIPPED, this processor has no fused multiply-add");
        return;
    }
    for script in [elementary::script(), detector::script(), window::script(), adjustment::script()]
    {
        let seen = seen(&BARRIER, &script);
        assert!(seen.is_some());
    }
}
