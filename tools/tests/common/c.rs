//! Models as C, and the compilers and emulated cores that they are tried on.

use super::{Folder, committed, repository};
use couplet_tools::{
    convert::{
        Origin,
        c::{Form, export},
    },
    model::Model,
};
use std::{
    env,
    io::{self, Write},
    process::Command,
};

/// The models of `bits.rs` but those in integers, of which there is no C, each with its file and with how much more it costs than the others.
pub const MODELS: [(&str, &str, u32); 12] = [
    ("moons", "examples/models/moons_alarm", 1),
    ("circles", "examples/models/circles", 1),
    ("nice_d5_logistic", "tests/reference/nice_d5_logistic", 1),
    ("realnvp_d7", "tests/reference/realnvp_d7", 1),
    ("student_d4", "tests/reference/student_d4", 1),
    ("mixture_d2", "tests/reference/mixture_d2", 1),
    ("mixture_d5", "tests/reference/mixture_d5", 1),
    ("marginal_d5", "tests/reference/marginal_d5", 1),
    ("spline_d2", "tests/reference/spline_d2", 1),
    ("spline_d5", "tests/reference/spline_d5", 1),
    ("modes", "tests/models/modes", 1),
    ("realnvp_d8_logistic", "tests/reference/realnvp_d8_logistic", 8),
];

/// A model file of the repository as C.
pub fn in_c(file: &str, name: &str, form: Form) -> String {
    let model = Model::from_bytes(&committed(&format!("{file}.safetensors"))).unwrap();
    let origin = Origin::of_file(&[], &name.to_uppercase(), "couplet export");
    export(&model, &origin, form).unwrap()
}

/// A folder with every model as a header, and with `models.h`, which has them all.
pub fn all_models(change: impl Fn(String) -> String) -> Folder {
    let mut folder = Folder::new();
    let (mut includes, mut list) = (String::new(), String::new());
    for (name, file, expense) in MODELS {
        let upper = name.to_uppercase();
        includes += &format!("#define {upper}_IMPLEMENTATION\n#include \"{name}.h\"\n");
        let source = in_c(file, name, Form::Header);
        let kind = if source.contains("_log_prob_given(") { "GIVEN" } else { "PLAIN" };
        list += &format!(" X({name}, {upper}, {expense}, {kind})");
        folder = folder.and(&format!("{name}.h"), change(source));
    }
    folder.and("models.h", format!("{includes}#define MODELS(X){list}\n"))
}

/// A compiler with the flags of a target, and what runs its programs.
#[derive(Clone, Copy, Debug)]
pub struct Compiler {
    /// In words.
    pub name: &'static str,
    pub command: &'static str,
    pub flags: &'static [&'static str],
    pub runs: Runs,
}

/// What runs a program.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Runs {
    /// This machine.
    Here,
    /// An emulator of programs of another processor.
    By(&'static str),
    /// A machine of QEMU, see examples/firmware/qemu, with flash and memory at these addresses.
    On(&'static str, &'static str, &'static str),
}

impl Compiler {
    pub const HOST: [Compiler; 2] = [
        Compiler { name: "gcc", command: "gcc", flags: &[], runs: Runs::Here },
        Compiler { name: "clang", command: "clang", flags: &[], runs: Runs::Here },
    ];

    pub const M4F: Compiler = Compiler {
        name: "Cortex-M4F",
        command: "arm-none-eabi-gcc",
        flags: &["-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16"],
        runs: Runs::On("mps2-an386", "0", "0x20000000"),
    };

    /// All that are no host.
    pub const TARGETS: [Compiler; 8] = [
        Compiler::M4F,
        Compiler {
            name: "Cortex-M7",
            command: "arm-none-eabi-gcc",
            flags: &["-mcpu=cortex-m7", "-mthumb", "-mfloat-abi=hard", "-mfpu=fpv5-sp-d16"],
            runs: Runs::On("mps2-an500", "0", "0x20000000"),
        },
        Compiler {
            name: "Cortex-M33",
            command: "arm-none-eabi-gcc",
            flags: &["-mcpu=cortex-m33", "-mthumb", "-mfloat-abi=hard", "-mfpu=fpv5-sp-d16"],
            runs: Runs::On("mps2-an505", "0x10000000", "0x38000000"),
        },
        Compiler {
            name: "Cortex-M3",
            command: "arm-none-eabi-gcc",
            flags: &["-mcpu=cortex-m3", "-mthumb"],
            runs: Runs::On("mps2-an385", "0", "0x20000000"),
        },
        Compiler {
            name: "Cortex-M0",
            command: "arm-none-eabi-gcc",
            flags: &["-mcpu=cortex-m0", "-mthumb"],
            runs: Runs::On("microbit", "0", "0x20000000"),
        },
        Compiler {
            name: "RV32IMC",
            command: "riscv64-unknown-elf-gcc",
            flags: &["-march=rv32imc", "-mabi=ilp32", "-ffreestanding"],
            runs: Runs::On("virt", "0x80000000", "0x80400000"),
        },
        Compiler {
            name: "RV32IMAFC",
            command: "riscv64-unknown-elf-gcc",
            flags: &["-march=rv32imafc", "-mabi=ilp32f", "-ffreestanding"],
            runs: Runs::On("virt", "0x80000000", "0x80400000"),
        },
        Compiler {
            name: "AArch64",
            command: "aarch64-linux-gnu-gcc",
            flags: &["-static"],
            runs: Runs::By("qemu-aarch64"),
        },
    ];

    /// Whether the compiler and what runs its programs are installed; says so if not.
    pub fn is_here(&self) -> bool {
        let works =
            |command: &mut Command| command.output().is_ok_and(|output| output.status.success());
        let emulator = match self.runs {
            Runs::Here => true,
            Runs::By(emulator) => works(Command::new(emulator).arg("--version")),
            Runs::On(machine, ..) => works(
                Command::new(repository("examples/firmware/qemu")).args([machine, "--version"]),
            ),
        };
        let is_here = emulator && works(Command::new(self.command).arg("--version"));
        let required = env::var_os("COUPLET_C").is_some_and(|value| value == "require");
        assert!(is_here || !required, "there is no {} for {}", self.command, self.name);
        if !is_here {
            say(&format!("SKIPPED on {}: there is no {} or no emulator", self.name, self.command));
        }
        is_here
    }

    /// Compiles a file of tools/tests/c in a folder; panics with what the compiler says.
    #[track_caller]
    pub fn build(&self, folder: &Folder, source: &str, flags: &[&str], program: &str) {
        let here = |name: &str| repository(&format!("tools/tests/c/{name}"));
        let mut compiler = Command::new(self.command);
        compiler.current_dir(folder.path("")).args(self.flags).args(flags).arg("-I.");
        compiler.arg(here(source)).args(["-o", program]);
        if let Runs::On(_, flash, ram) = self.runs {
            compiler.arg(here("start.c")).arg("-T").arg(here("link.ld"));
            compiler.args(["-nostdlib", "-lgcc", "-Wl,--build-id=none"]);
            compiler.arg(format!("-Wl,--defsym=FLASH={flash},--defsym=RAM={ram}"));
        }
        let output = compiler.output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success() && errors.is_empty(), "{compiler:?}: {errors}");
    }

    /// What a program prints.
    #[track_caller]
    pub fn run(&self, folder: &Folder, program: &str) -> String {
        let path = folder.path(program);
        let mut command = match self.runs {
            Runs::Here => Command::new(path),
            Runs::By(emulator) => {
                let mut command = Command::new(emulator);
                command.arg(path);
                command
            }
            Runs::On(machine, ..) => {
                let mut command = Command::new("timeout");
                command.arg("600").arg(repository("examples/firmware/qemu")).arg(machine).arg(path);
                command
            }
        };
        let output = command.output().unwrap();
        // QEMU prints what a program says to its debugger on standard error.
        let printed =
            if matches!(self.runs, Runs::On(..)) { &output.stderr } else { &output.stdout };
        let text = String::from_utf8_lossy(printed).into_owned();
        assert!(output.status.success(), "{command:?}: {text}{output:?}");
        text
    }
}

/// Prints a line even if the test passes.
pub fn say(line: &str) {
    #[expect(clippy::explicit_write, reason = "the harness hides what eprintln! prints")]
    writeln!(io::stderr(), "c: {line}").unwrap();
}
