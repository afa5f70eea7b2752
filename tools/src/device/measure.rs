//! Measures what a model costs on a core: builds the firmware in `examples/firmware` with it, and
//! runs that in QEMU.

use crate::{
    convert::{Origin, rust},
    device::{in_c, target::Target},
    hint::{Hint, Hinted},
    model::Model,
};
use anyhow::{Context, Result, bail, ensure};
use object::{Object, ObjectSection, SectionFlags, SectionKind, elf::SHF_ALLOC};
use serde::Serialize;
use std::{
    collections::HashMap,
    env, fs,
    io::ErrorKind,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};
use tempfile::TempDir;

/// What a model was measured to cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Measured {
    /// Bytes of the exported static.
    pub weights: usize,
    /// Bytes of code and constants that log_prob adds to a program, functions of the compiler
    /// included.
    pub log_prob_code: usize,
    /// Bytes of code and constants that log_prob, forward, inverse and sample add to a program,
    /// functions of the compiler included.
    pub code: usize,
    /// Bytes of stack.
    pub stack: Stack,
    /// Instructions that one log_prob executes, the mean over samples of the model.
    pub log_prob: usize,
    /// Instructions that one sample executes, the mean over samples of the model.
    pub sample: usize,
}

/// Bytes of stack that each map takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Stack {
    /// Bytes of stack in `log_prob`.
    pub log_prob: usize,
    /// Bytes of stack in `forward`.
    pub forward: usize,
    /// Bytes of stack in `inverse`.
    pub inverse: usize,
    /// Bytes of stack in `sample`.
    pub sample: usize,
}

/// How the firmware is built.
#[derive(Clone, Debug)]
pub struct Build {
    /// The folder of the firmware.
    pub firmware: PathBuf,
    /// The compiler's `opt-level`.
    pub opt_level: String,
    /// Whether dense layers run in assembly.
    pub asm: bool,
    /// Whether the model is exported as C.
    pub in_c: bool,
}

/// The firmware and the emulated cores that models are measured with.
#[derive(Debug)]
pub struct Rig {
    build: Build,
    /// The folder for the sources of models.
    sources: TempDir,
    /// For each core, by name, what the programs take with a model that does nothing.
    nothing: HashMap<&'static str, Programs>,
}

/// What the two programs with a model print and take.
#[derive(Clone, Debug)]
struct Programs {
    /// The numbers that `cost` prints, which calls every map.
    printed: HashMap<String, usize>,
    /// Bytes of flash of `cost`.
    flash: usize,
    /// Bytes of flash of `code`, which calls log_prob alone.
    log_prob_flash: usize,
    /// Bytes of the model's numbers in `cost`, where the model is in C.
    weights_in_c: usize,
    /// The same in `code`.
    log_prob_weights_in_c: usize,
}

impl Rig {
    /// A rig with the firmware in that folder.
    ///
    /// # Errors
    ///
    /// There is no firmware.
    pub fn new(build: Build) -> Result<Self> {
        if !build.firmware.join("src/bin/cost.rs").is_file() {
            let message = format!("no firmware in {}", build.firmware.display());
            bail!(Hinted::new(message, Hint::ChooseFirmware));
        }
        Ok(Rig {
            build,
            sources: TempDir::new().context("cannot write temporary files")?,
            nothing: HashMap::new(),
        })
    }

    /// Measures a model on a core: the difference to a model that does nothing.
    ///
    /// # Errors
    ///
    /// Assembly for a core without floating point; what is not installed; what the compiler says,
    /// as where a model does not fit into memory.
    pub fn measure(&mut self, model: &Model, target: Target) -> Result<Measured> {
        if self.build.asm && !target.has_floating_point {
            let message = format!("there is none for {}, which has no floating point", target.name);
            bail!(Hinted::new(message, Hint::NoAssembly));
        }
        if !self.nothing.contains_key(target.name) {
            let nothing = self.run(&self.build.firmware.join("src/nothing.rs"), None, target)?;
            self.nothing.insert(target.name, nothing);
        }
        let nothing = &self.nothing[target.name];
        let programs = if self.build.in_c {
            let folder = self.sources.path();
            let [object, calls] = in_c::compile(model, target, &self.build.opt_level, folder)?;
            self.run(&calls, Some(&object), target)?
        } else {
            self.run(&self.write(model)?, None, target)?
        };
        let more = |what: &str| -> Result<usize> {
            let find = |programs: &Programs| {
                let printed = programs.printed.get(what).copied();
                printed.with_context(|| format!("the firmware prints no {what}"))
            };
            Ok(find(&programs)? - find(nothing)?)
        };
        let weights = more("model_bytes")? + programs.weights_in_c;
        let of_log_prob = more("model_bytes")? + programs.log_prob_weights_in_c;
        Ok(Measured {
            weights,
            log_prob_code: programs.log_prob_flash - nothing.log_prob_flash - of_log_prob,
            code: programs.flash - nothing.flash - weights,
            stack: Stack {
                log_prob: more("log_prob_stack")?,
                forward: more("forward_stack")?,
                inverse: more("inverse_stack")?,
                sample: more("sample_stack")?,
            },
            log_prob: more("log_prob_instructions")?,
            sample: more("sample_instructions")?,
        })
    }

    /// Writes the source of a model.
    fn write(&self, model: &Model) -> Result<PathBuf> {
        let origin = Origin {
            name: "MEASURED".into(),
            command: "couplet measure".into(),
            sha256: "-".into(),
        };
        let path = self.sources.path().join("model.rs");
        fs::write(&path, rust::export(model, &origin)?).context("cannot write temporary files")?;
        Ok(path)
    }

    /// Builds both programs with the model in that file, and in that object if it is in C, and runs the one that measures.
    fn run(&self, model: &Path, object: Option<&Path>, target: Target) -> Result<Programs> {
        let cost = self.build("cost", model, object, target)?;
        let code = self.build("code", model, object, target)?;
        let qemu = self.build.firmware.join("qemu");
        let ran =
            output(Command::new(&qemu).arg(target.large_machine).arg(&cost), "a POSIX shell")?;
        if ran.status.code() == Some(NOT_INSTALLED) {
            bail!("{}", String::from_utf8_lossy(&ran.stderr).trim_end());
        }
        let printed = String::from_utf8_lossy(&ran.stdout);
        ensure!(
            ran.status.success(),
            "the firmware failed on {}: {}",
            target.name,
            printed.trim_end()
        );
        let number = |line: &str| {
            let (what, number) = line.split_once(' ')?;
            Some((what.to_string(), number.parse().ok()?))
        };
        Ok(Programs {
            printed: printed.lines().filter_map(number).collect(),
            flash: flash(&cost)?,
            log_prob_flash: flash(&code)?,
            weights_in_c: object.map_or(Ok(0), |_| in_c::weights(&cost))?,
            log_prob_weights_in_c: object.map_or(Ok(0), |_| in_c::weights(&code))?,
        })
    }

    /// Builds a program with the model in that file.
    fn build(
        &self,
        program: &str,
        model: &Path,
        object: Option<&Path>,
        target: Target,
    ) -> Result<PathBuf> {
        let Build { firmware, opt_level, asm, .. } = &self.build;
        let folder = env::var_os("CARGO_TARGET_DIR").map_or(firmware.join("target"), PathBuf::from);
        let mut cargo = Command::new("cargo");
        cargo
            .current_dir(firmware)
            .args(["build", "--quiet", "--release", "--locked"])
            .args(["--bin", program])
            .args(["--features", if *asm { "measure,asm" } else { "measure" }])
            .args(["--target", target.triple])
            .arg("--target-dir")
            .arg(&folder);
        // What the environment asks for is meant for the desktop.
        for (name, _) in
            env::vars().filter(|(name, _)| name.starts_with("CARGO_") || name.contains("RUSTFLAGS"))
        {
            cargo.env_remove(name);
        }
        let flags = format!("-Clink-arg=-Tlink.x\x1f-Ctarget-cpu={}", target.cpu);
        cargo
            .env("CARGO_ENCODED_RUSTFLAGS", flags)
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", opt_level)
            .env("COUPLET_MACHINE", target.large_machine)
            .env("COUPLET_MODEL", model)
            .env("COUPLET_OBJECT", object.unwrap_or(Path::new("")));
        let built = output(&mut cargo, "the Rust toolchain (https://rustup.rs)")?;
        if !built.status.success() {
            bail!(
                "cannot build firmware for {}: {}",
                target.name,
                reason(&String::from_utf8_lossy(&built.stderr), target)
            );
        }
        Ok(folder.join(target.triple).join("release").join(program))
    }
}

/// The status with which `examples/firmware/qemu` says that QEMU is missing.
const NOT_INSTALLED: i32 = 127;

/// The bytes of flash that a program takes.
fn flash(elf: &Path) -> Result<usize> {
    let context = || format!("cannot read {}", elf.display());
    let bytes = fs::read(elf).with_context(context)?;
    let file = object::File::parse(&*bytes).with_context(context)?;
    let in_flash = |section: &object::Section<'_, '_>| {
        let SectionFlags::Elf { sh_flags } = section.flags() else { return false };
        sh_flags & u64::from(SHF_ALLOC) != 0 && section.kind() != SectionKind::UninitializedData
    };
    Ok(file.sections().filter(in_flash).map(|section| section.size() as usize).sum())
}

/// Runs a command; `what` is what to install where the program is missing.
fn output(command: &mut Command, what: &str) -> Result<Output> {
    let program = command.get_program().to_string_lossy().into_owned();
    command.stdin(Stdio::null()).output().map_err(|error| match error.kind() {
        ErrorKind::NotFound => anyhow::anyhow!("there is no {program}: install {what}"),
        _ => anyhow::Error::new(error).context(format!("cannot run {program}")),
    })
}

/// The line of the compiler's errors that says most.
fn reason(errors: &str, target: Target) -> String {
    if errors.contains("can't find crate for `core`") {
        return format!("`rustup target add {}` installs what is missing", target.triple);
    }
    if errors.contains("will not fit in region") {
        return "the model does not fit into 4 MiB of flash".into();
    }
    let error = errors.lines().find(|line| line.starts_with("error")).unwrap_or("cargo fails");
    error.trim_start_matches("error: ").to_string()
}
