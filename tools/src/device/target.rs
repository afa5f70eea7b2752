//! The cores that a model's cost is known for.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// A core, as the compiler and QEMU know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, ValueEnum, Serialize, Deserialize)]
pub enum Target {
    /// Cortex-M4 with floating point
    #[serde(rename = "cortex-m4f")]
    #[value(name = "cortex-m4f", aliases = ["m4f", "m4"])]
    M4f,
    /// Cortex-M7
    #[serde(rename = "cortex-m7")]
    #[value(name = "cortex-m7", alias = "m7")]
    M7,
    /// Cortex-M33
    #[serde(rename = "cortex-m33")]
    #[value(name = "cortex-m33", alias = "m33")]
    M33,
    /// Cortex-M3, without floating point
    #[serde(rename = "cortex-m3")]
    #[value(name = "cortex-m3", alias = "m3")]
    M3,
    /// Cortex-M0 and M0+, without floating point
    #[serde(rename = "cortex-m0")]
    #[value(name = "cortex-m0", alias = "m0")]
    M0,
    /// RISC-V, 32 bits, without floating point
    #[serde(rename = "rv32imc")]
    #[value(name = "rv32imc", alias = "rv32")]
    Rv32,
}

impl fmt::Display for Target {
    /// The word of the flag.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.to_possible_value().as_ref().map_or("", |value| value.get_name()))
    }
}

impl Target {
    /// All of them.
    pub const ALL: [Target; 6] =
        [Target::M4f, Target::M7, Target::M33, Target::M3, Target::M0, Target::Rv32];

    /// What people call it.
    pub fn name(self) -> &'static str {
        match self {
            Target::M4f => "Cortex-M4F",
            Target::M7 => "Cortex-M7",
            Target::M33 => "Cortex-M33",
            Target::M3 => "Cortex-M3",
            Target::M0 => "Cortex-M0",
            Target::Rv32 => "RV32IMC",
        }
    }

    /// The compiler's target.
    pub fn triple(self) -> &'static str {
        match self {
            Target::M4f | Target::M7 => "thumbv7em-none-eabihf",
            Target::M33 => "thumbv8m.main-none-eabihf",
            Target::M3 => "thumbv7m-none-eabi",
            Target::M0 => "thumbv6m-none-eabi",
            Target::Rv32 => "riscv32imc-unknown-none-elf",
        }
    }

    /// The compiler's name for the core.
    pub fn cpu(self) -> &'static str {
        match self {
            Target::M4f => "cortex-m4",
            Target::M7 => "cortex-m7",
            Target::M33 => "cortex-m33",
            Target::M3 => "cortex-m3",
            Target::M0 => "cortex-m0",
            Target::Rv32 => "generic-rv32",
        }
    }

    /// QEMU's machine. Programs for a Cortex-M0 run on an M3, which executes the same instructions
    /// and has room for any model.
    pub fn machine(self) -> &'static str {
        match self {
            Target::M4f => "mps2-an386",
            Target::M7 => "mps2-an500",
            Target::M33 => "mps2-an505",
            Target::M3 | Target::M0 => "mps2-an385",
            Target::Rv32 => "virt",
        }
    }

    /// The QEMU that has this machine.
    pub fn emulator(self) -> &'static str {
        if self == Target::Rv32 { "qemu-system-riscv32" } else { "qemu-system-arm" }
    }

    /// Whether the core has floating point: only then dense layers can run in assembly.
    pub fn has_floating_point(self) -> bool {
        matches!(self, Target::M4f | Target::M7 | Target::M33)
    }

    /// How many cycles an instruction takes, roughly: between 1.3 and 1.4 on a Cortex-M4F by ARM's
    /// table of timings (see examples/firmware/README.md); the others are guesses from what their
    /// cores have more or less.
    pub fn cycles_per_instruction(self) -> f64 {
        match self {
            Target::M4f | Target::M3 => 1.4,
            Target::M7 => 1.0,
            Target::M33 => 1.3,
            Target::M0 | Target::Rv32 => 1.5,
        }
    }
}

/// A frequency in hertz.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Clock(pub f64);

impl FromStr for Clock {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let lower = text.to_ascii_lowercase();
        let number = lower.strip_suffix("hz").unwrap_or(&lower);
        let (number, unit) = match number.chars().last() {
            Some('k') => (&number[..number.len() - 1], 1e3),
            Some('m') => (&number[..number.len() - 1], 1e6),
            Some('g') => (&number[..number.len() - 1], 1e9),
            _ => (number, 1.0),
        };
        match number.trim().parse::<f64>() {
            Ok(number) if number.is_finite() && number > 0.0 => Ok(Clock(number * unit)),
            _ => Err("give a frequency, as in 84MHz or 32kHz".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_are_frequencies() {
        for (text, hertz) in [
            ("84MHz", 84e6),
            ("32.768 kHz", 32768.0),
            ("1GHz", 1e9),
            ("8000000", 8e6),
            ("16m", 16e6),
        ] {
            assert_eq!(text.parse(), Ok(Clock(hertz)), "{text}");
        }
        for text in ["", "MHz", "-1MHz", "0", "nan", "infHz", "84 bananas"] {
            assert!(text.parse::<Clock>().is_err(), "{text}");
        }
    }
}
