//! A model in C inside the firmware in `examples/firmware`: the object that a compiler of C makes of
//! it, and the Rust that calls it.

use crate::{
    convert::{
        Origin,
        c::{Form, export},
    },
    device::target::Target,
    model::Model,
};
use anyhow::{Context, Result, bail};
use object::{Object, ObjectSymbol, SymbolKind};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// The Rust that calls the functions in C, for two features.
const CALLS: &str = include_str!("in_c/calls.rs");

/// What a compiler of C is called for a core, and its flags.
fn compiler(target: Target) -> Result<(&'static str, &'static [&'static str])> {
    const SOFT: &str = "-mfloat-abi=soft";
    const HARD: &str = "-mfloat-abi=hard";
    let arm = "arm-none-eabi-gcc";
    Ok(match target.word {
        "cortex-m4f" => (arm, &["-mcpu=cortex-m4", "-mthumb", HARD, "-mfpu=fpv4-sp-d16"]),
        "cortex-m7" => (arm, &["-mcpu=cortex-m7", "-mthumb", HARD, "-mfpu=fpv5-sp-d16"]),
        "cortex-m33" => (arm, &["-mcpu=cortex-m33", "-mthumb", HARD, "-mfpu=fpv5-sp-d16"]),
        "cortex-m3" => (arm, &["-mcpu=cortex-m3", "-mthumb", SOFT]),
        "cortex-m0" => (arm, &["-mcpu=cortex-m0", "-mthumb", SOFT]),
        "rv32imc" => ("riscv64-unknown-elf-gcc", &["-march=rv32imc", "-mabi=ilp32"]),
        word => bail!("no compiler of C is known for {word}"),
    })
}

/// Compiles a model for a core, into a folder. Returns the object, which has what it needs of the
/// compiler's own functions, and the source of the Rust that calls it.
///
/// # Errors
///
/// The model cannot be exported; the compiler is not installed, or what it says.
pub fn compile(
    model: &Model,
    target: Target,
    opt_level: &str,
    folder: &Path,
) -> Result<[PathBuf; 2]> {
    let (compiler, flags) = compiler(target)?;
    let origin =
        Origin { name: "MEASURED".into(), command: "couplet measure".into(), sha256: "-".into() };
    let [source, calls, object] =
        ["measured.c", "calls.rs", "measured.o"].map(|it| folder.join(it));
    let features = model.flow.description.dimension();
    let write =
        |path: &Path, text: String| fs::write(path, text).context("cannot write temporary files");
    write(&source, export(model, &origin, Form::Source)?)?;
    write(&calls, CALLS.replace("const D: usize = 2;", &format!("const D: usize = {features};")))?;
    // `-r` takes what floating point needs from the compiler's library, as a program in C does.
    let output = Command::new(compiler)
        .args(flags)
        .arg(format!("-O{opt_level}"))
        .args(["-std=c99", "-ffreestanding", "-ffunction-sections", "-fdata-sections"])
        .args(["-nostdlib", "-r"])
        .arg(&source)
        .args(["-lgcc", "-o"])
        .arg(&object)
        .output()
        .with_context(|| format!("there is no {compiler}: install GCC for {}", target.name))?;
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        let line = errors.lines().find(|line| line.contains("error")).unwrap_or("it fails");
        bail!("{compiler}: {line}");
    }
    Ok([object, calls])
}

/// The bytes of a model's numbers in a program.
///
/// # Errors
///
/// The program cannot be read.
pub fn weights(elf: &Path) -> Result<usize> {
    let context = || format!("cannot read {}", elf.display());
    let bytes = fs::read(elf).with_context(context)?;
    let file = object::File::parse(&*bytes).with_context(context)?;
    let is_own = |symbol: &object::Symbol<'_, '_>| {
        symbol.kind() == SymbolKind::Data
            && symbol.name().is_ok_and(|name| name.starts_with("MEASURED_"))
    };
    Ok(file.symbols().filter(is_own).map(|symbol| symbol.size() as usize).sum())
}
