//! The monitor in C: what all models share.

use super::template::instance;

macro_rules! parts {
    ($($name:literal),*) => { [$(include_str!(concat!("monitor/", $name))),*] };
}

/// What every file that has a part of the monitor needs first.
const ERRORS: &str = include_str!("monitor/error.h");

const DECLARATIONS: [&str; 6] = parts!(
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

/// Types, prototypes and their pages, which speak of the model `name`.
pub fn declarations(name: &str) -> String {
    let parts = [ERRORS].into_iter().chain(DECLARATIONS);
    parts.map(|part| instance(part, name, |_| false) + "\n").collect()
}

/// The functions.
pub fn definitions() -> String {
    DEFINITIONS.map(|part| part.to_string() + "\n").concat()
}
