//! The cores that a model's cost is known for. `tests/on_target.rs` of the crate reads this file
//! too, so it needs the standard library and nothing else.

use std::{fmt, str::FromStr};

/// A core, as people, the compiler and QEMU know it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Target {
    /// The name in sentences and in tables for readers.
    pub name: &'static str,
    /// The name in tables of measurements: what [`fmt::Display`] writes and [`FromStr`] reads.
    pub word: &'static str,
    /// Shorter names that [`FromStr`] reads too.
    pub aliases: &'static [&'static str],
    /// The name and what tells the core from its neighbours.
    pub summary: &'static str,
    /// The compiler's target.
    pub triple: &'static str,
    /// The compiler's name for the core.
    pub cpu: &'static str,
    /// QEMU's machine with this core. `examples/firmware/memory` has its memory map.
    pub machine: &'static str,
    /// QEMU's machine that executes the same instructions and has 4 MiB of flash, enough for most
    /// models.
    pub large_machine: &'static str,
    /// Whether the core has floating point: only then dense layers can run in assembly.
    pub has_floating_point: bool,
    /// Cycles for an instruction, roughly: between 1.3 and 1.4 on a Cortex-M4F by ARM's table of
    /// timings (see tools/benches/cortex_m/README.md). The others are guesses from what their cores
    /// have more or less.
    pub cycles_per_instruction: f64,
}

impl Target {
    /// All cores. The firmware in examples/firmware is configured for the first.
    pub const ALL: [Target; 6] = [
        Target {
            name: "Cortex-M4F",
            word: "cortex-m4f",
            aliases: &["m4f", "m4"],
            summary: "Cortex-M4 with floating point",
            triple: "thumbv7em-none-eabihf",
            cpu: "cortex-m4",
            machine: "mps2-an386",
            large_machine: "mps2-an386",
            has_floating_point: true,
            cycles_per_instruction: 1.4,
        },
        Target {
            name: "Cortex-M7",
            word: "cortex-m7",
            aliases: &["m7"],
            summary: "Cortex-M7",
            triple: "thumbv7em-none-eabihf",
            cpu: "cortex-m7",
            machine: "mps2-an500",
            large_machine: "mps2-an500",
            has_floating_point: true,
            cycles_per_instruction: 1.0,
        },
        Target {
            name: "Cortex-M33",
            word: "cortex-m33",
            aliases: &["m33"],
            summary: "Cortex-M33",
            triple: "thumbv8m.main-none-eabihf",
            cpu: "cortex-m33",
            machine: "mps2-an505",
            large_machine: "mps2-an505",
            has_floating_point: true,
            cycles_per_instruction: 1.3,
        },
        Target {
            name: "Cortex-M3",
            word: "cortex-m3",
            aliases: &["m3"],
            summary: "Cortex-M3, without floating point",
            triple: "thumbv7m-none-eabi",
            cpu: "cortex-m3",
            machine: "mps2-an385",
            large_machine: "mps2-an385",
            has_floating_point: false,
            cycles_per_instruction: 1.4,
        },
        Target {
            name: "Cortex-M0",
            word: "cortex-m0",
            aliases: &["m0"],
            summary: "Cortex-M0 and M0+, without floating point",
            triple: "thumbv6m-none-eabi",
            cpu: "cortex-m0",
            machine: "microbit",
            large_machine: "mps2-an385", // a Cortex-M3
            has_floating_point: false,
            cycles_per_instruction: 1.5,
        },
        Target {
            name: "RV32IMC",
            word: "rv32imc",
            aliases: &["rv32"],
            summary: "RISC-V, 32 bits, without floating point",
            triple: "riscv32imc-unknown-none-elf",
            cpu: "generic-rv32",
            machine: "virt",
            large_machine: "virt",
            has_floating_point: false,
            cycles_per_instruction: 1.5,
        },
    ];
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word)
    }
}

impl FromStr for Target {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        let is_named = |target: &Target| target.word == word || target.aliases.contains(&word);
        Target::ALL.into_iter().find(is_named).ok_or_else(|| {
            let known = Target::ALL.map(|target| target.word).join(", ");
            format!("{word} is no core that is known: give one of {known}")
        })
    }
}
