//! What a model costs on a device: measured on an emulated one, with the firmware in
//! `examples/firmware`.

use crate::{
    convert::{Origin, rust},
    device::target::Target,
    model::Model,
};
use anyhow::{Context, Result, bail, ensure};
use object::{Object, ObjectSection, SectionFlags, SectionKind, elf::SHF_ALLOC};
use std::{
    collections::HashMap,
    env, fs,
    io::ErrorKind,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};
use tempfile::TempDir;

/// What was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measured {
    /// Bytes of the exported static.
    pub weights: usize,
    /// Bytes of code and constants that log_prob adds to a program, functions of the compiler
    /// included.
    pub log_prob_code: usize,
    /// The same for log_prob, forward, inverse and sample together.
    pub code: usize,
    /// Bytes of stack.
    pub stack: Stack,
    /// Executed instructions, the mean over samples of the model.
    pub log_prob: usize,
    /// Executed instructions, the mean over samples of the model.
    pub sample: usize,
}

/// Bytes of stack that each map takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stack {
    /// Of `log_prob`.
    pub log_prob: usize,
    /// Of `forward`.
    pub forward: usize,
    /// Of `inverse`.
    pub inverse: usize,
    /// Of `sample`.
    pub sample: usize,
}

/// How the firmware is built.
#[derive(Clone, Debug)]
pub struct Build {
    /// The folder of the firmware.
    pub firmware: PathBuf,
    /// `opt-level`.
    pub opt_level: String,
    /// Whether dense layers run in assembly.
    pub asm: bool,
}

/// Builds and runs firmware; what stays the same from one model to the next is measured once.
#[derive(Debug)]
pub struct Bench {
    build: Build,
    sources: TempDir,
    nothing: HashMap<Target, Programs>,
}

/// What the two programs of a model say and take.
#[derive(Clone, Debug)]
struct Programs {
    /// What the one says that calls every map.
    says: HashMap<String, usize>,
    /// Its bytes of flash.
    flash: usize,
    /// Those of the one that calls log_prob alone.
    log_prob_flash: usize,
}

impl Bench {
    /// With the firmware in that folder.
    ///
    /// # Errors
    ///
    /// There is no firmware.
    pub fn new(build: Build) -> Result<Self> {
        let folder = build.firmware.display();
        ensure!(
            build.firmware.join("src/bin/cost.rs").is_file(),
            "no firmware in {folder}: give the folder examples/firmware of couplet's repository with --firmware"
        );
        Ok(Bench {
            build,
            sources: TempDir::new().context("cannot write temporary files")?,
            nothing: HashMap::new(),
        })
    }

    /// Measures a model on a core.
    ///
    /// # Errors
    ///
    /// What is not installed; what the compiler says, as where a model does not fit into memory.
    pub fn measure(&mut self, model: &Model, target: Target) -> Result<Measured> {
        ensure!(
            !self.build.asm || target.has_floating_point(),
            "--asm: there is none for {}, which has no floating point: leave it out",
            target.name()
        );
        if !self.nothing.contains_key(&target) {
            let nothing = self.run(&self.build.firmware.join("src/nothing.rs"), target)?;
            self.nothing.insert(target, nothing);
        }
        let path = self.sources.path().join("model.rs");
        let origin = Origin {
            name: "MEASURED".into(),
            command: "couplet measure".into(),
            sha256: "-".into(),
        };
        fs::write(&path, rust::export(model, &origin)?).context("cannot write temporary files")?;
        let programs = self.run(&path, target)?;
        let nothing = &self.nothing[&target];
        let more = |what: &str| -> Result<usize> {
            let find = |programs: &Programs| {
                programs
                    .says
                    .get(what)
                    .copied()
                    .with_context(|| format!("the firmware says no {what}"))
            };
            Ok(find(&programs)? - find(nothing)?)
        };
        let weights = more("model_bytes")?;
        Ok(Measured {
            weights,
            log_prob_code: programs.log_prob_flash - nothing.log_prob_flash - weights,
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

    /// Builds both programs with the model in that file, and runs the one that measures.
    fn run(&self, model: &Path, target: Target) -> Result<Programs> {
        let [cost, code] = ["cost", "code"].map(|name| self.build(name, model, target));
        let (cost, code) = (cost?, code?);
        let mut qemu = Command::new(target.emulator());
        qemu.args([
            "-M",
            target.machine(),
            "-display",
            "none",
            "-monitor",
            "none",
            "-serial",
            "null",
        ]);
        qemu.args(["-icount", "shift=0", "-semihosting-config", "enable=on,target=native"]); // an instruction takes a nanosecond
        if target == Target::Rv32 {
            qemu.args(["-bios", "none"]);
        }
        let ran = output(
            qemu.arg("-kernel").arg(&cost),
            "QEMU (Debian's qemu-system-arm and qemu-system-misc)",
        )?;
        let says = String::from_utf8_lossy(&ran.stdout).into_owned();
        ensure!(
            ran.status.success(),
            "the firmware failed on {}: {}",
            target.name(),
            says.trim_end()
        );
        let number = |line: &str| {
            let (what, number) = line.split_once(' ')?;
            Some((what.to_string(), number.parse().ok()?))
        };
        Ok(Programs {
            says: says.lines().filter_map(number).collect(),
            flash: flash(&cost)?,
            log_prob_flash: flash(&code)?,
        })
    }

    /// Builds a program with the model in that file.
    fn build(&self, program: &str, model: &Path, target: Target) -> Result<PathBuf> {
        let Build { firmware, opt_level, asm } = &self.build;
        let folder = env::var_os("CARGO_TARGET_DIR").map_or(firmware.join("target"), PathBuf::from);
        let mut cargo = Command::new("cargo");
        cargo.current_dir(firmware).args([
            "build",
            "--quiet",
            "--release",
            "--locked",
            "--bin",
            program,
        ]);
        cargo.args([
            "--features",
            if *asm { "measure,asm" } else { "measure" },
            "--target",
            target.triple(),
        ]);
        cargo.arg("--target-dir").arg(&folder);
        // What the environment asks for is meant for the desktop.
        for (name, _) in
            env::vars().filter(|(name, _)| name.starts_with("CARGO_") || name.contains("RUSTFLAGS"))
        {
            cargo.env_remove(name);
        }
        cargo.env(
            "CARGO_ENCODED_RUSTFLAGS",
            format!("-Clink-arg=-Tlink.x\x1f-Ctarget-cpu={}", target.cpu()),
        );
        cargo.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", opt_level);
        cargo.env("COUPLET_MACHINE", target.machine()).env("COUPLET_MODEL", model);
        let built = output(&mut cargo, "the Rust toolchain (https://rustup.rs)")?;
        if !built.status.success() {
            bail!(
                "cannot build firmware for {}: {}",
                target.name(),
                reason(&String::from_utf8_lossy(&built.stderr), target)
            );
        }
        Ok(folder.join(target.triple()).join("release").join(program))
    }
}

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
        return format!("`rustup target add {}` installs what is missing", target.triple());
    }
    let overflow = errors.lines().find(|line| line.contains("will not fit in region"));
    if overflow.is_some() {
        return "the model does not fit into 4 MiB of flash".into();
    }
    let error = errors.lines().find(|line| line.starts_with("error")).unwrap_or("cargo fails");
    error.trim_start_matches("error: ").to_string()
}
