//! The monitor in C: what all models share.

use super::template::instance;

macro_rules! parts {
    ($($name:literal),*) => { [$(include_str!(concat!("monitor/", $name))),*] };
}

const WINDOW: [&str; 2] = parts!("window.h", "window.c");

const DECLARATIONS: [&str; 7] = parts!(
    "error.h",
    "calibration.h",
    "rules.h",
    "detector.h",
    "attribution.h",
    "recalibration.h",
    "adjustment.h"
);

const DEFINITIONS: [&str; 7] = parts!(
    "ranks.c",
    "calibration.c",
    "rules.c",
    "detector.c",
    "attribution.c",
    "recalibration.c",
    "adjustment.c"
);

/// Types, prototypes and their pages, which speak of the model `name`; those of windows alone, if
/// it is not calibrated.
pub fn declarations(name: &str, is_calibrated: bool) -> String {
    let calibrated = DECLARATIONS.iter().filter(|_| is_calibrated);
    let parts = calibrated.chain(&WINDOW[..1]);
    parts.map(|part| instance(part, name, |_| false) + "\n").collect()
}

/// The functions; those of windows alone, if the model is not calibrated.
pub fn definitions(is_calibrated: bool) -> String {
    let calibrated = DEFINITIONS.iter().filter(|_| is_calibrated);
    calibrated.chain(&WINDOW[1..]).map(|part| part.to_string() + "\n").collect()
}
