//! The driver with the templates, as programs of each compiler and optimisation level of the host.

use super::script::Script;
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::OnceLock,
};
use tempfile::TempDir;

const STRICT: [&str; 6] =
    ["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-Wdouble-promotion", "-Wconversion"];

/// A compiler, its flags, and what runs its programs if they are not the host's. The dialects with
/// extensions fuse products and sums where the processor can.
#[derive(Clone, Copy, Debug)]
pub struct Build {
    compiler: &'static str,
    flags: &'static str,
    emulator: Option<&'static str>,
}

const fn host(compiler: &'static str, flags: &'static str) -> Build {
    Build { compiler, flags, emulator: None }
}

const fn aarch64(flags: &'static str) -> Build {
    Build { compiler: "aarch64-linux-gnu-gcc", flags, emulator: Some("qemu-aarch64") }
}

/// Number by number, as a microcontroller computes: vectors keep a compiler from fusing some of them.
pub const FUSING: Build = host(
    "cc",
    "-std=gnu99 -O2 -march=native -mtune=generic -fno-tree-vectorize -fno-tree-slp-vectorize",
);

const C: Build = host("cc", "-std=c99 -O2");
const CPP: Build = host("c++", "-x c++ -std=c++11 -O2");

const BUILDS: [Build; 12] = [
    C,
    CPP,
    FUSING,
    host("cc", "-std=c99 -O0"),
    host("cc", "-std=gnu99 -O2 -march=native"),
    host("cc", "-std=gnu99 -O3 -march=native"),
    host("cc", "-std=gnu99 -Os -march=native"),
    host(
        "cc",
        "-std=c99 -O1 -fsanitize=undefined,float-cast-overflow,address -fno-sanitize-recover",
    ),
    host("c++", "-x c++ -std=gnu++17 -O3 -march=native"),
    host("clang", "-std=c99 -O2 -march=native -ffp-contract=fast"),
    aarch64("-static -std=gnu99 -O3"),
    aarch64("-static -std=gnu99 -Os"),
];

impl Build {
    /// One of C and one of C++.
    pub fn of_both_languages() -> [Build; 2] {
        [C, CPP]
    }

    /// Compiler and emulator are here. Fails where they are required.
    fn is_here(&self) -> bool {
        let programs = [self.compiler].into_iter().chain(self.emulator);
        let is_missing = |program: &&str| Command::new(program).arg("--version").output().is_err();
        let missing: Vec<&str> = programs.filter(is_missing).collect();
        if !missing.is_empty() {
            let is_required = env::var("COUPLET_C").is_ok_and(|value| value == "require");
            assert!(!is_required, "{missing:?} is not here: {self:?}");
            eprintln!("SKIPPED, {missing:?} is not here: {self:?}");
        }
        missing.is_empty()
    }
}

pub fn templates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/convert/c")
}

/// Where the programs that this test runs have their main functions.
pub fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/c_monitor")
}

/// A program that takes the words of a script.
#[derive(Debug)]
pub struct Program {
    build: Build,
    path: PathBuf,
    _folder: TempDir,
}

impl Program {
    /// Compiles a file that includes those of a folder. What the compiler says, if it refuses them.
    pub fn new(build: Build, main: &Path, include: &Path) -> Result<Self, String> {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("monitor");
        let output = Command::new(build.compiler)
            .args(build.flags.split(' '))
            .args(STRICT)
            .arg("-I")
            .arg(include)
            .arg(main)
            .arg("-o")
            .arg(&path)
            .output()
            .unwrap();
        if output.status.success() {
            Ok(Program { build, path, _folder: folder })
        } else {
            Err(String::from_utf8_lossy(&output.stderr).into())
        }
    }

    /// What it answers. Shorter than it should be where it fails.
    fn answers(&self, script: &Script) -> Vec<u32> {
        let words: Vec<u8> = script.words.iter().flat_map(|word| word.to_ne_bytes()).collect();
        let asked = tempfile::NamedTempFile::new().unwrap();
        fs::write(asked.path(), words).unwrap();
        let mut command = match self.build.emulator {
            Some(emulator) => Command::new(emulator),
            None => Command::new(&self.path),
        };
        let output = command
            .args(self.build.emulator.map(|_| &self.path))
            .stdin(fs::File::open(asked.path()).unwrap())
            .stderr(Stdio::inherit())
            .output()
            .unwrap();
        let (words, _) = output.stdout.as_chunks::<4>();
        words.iter().map(|&bytes| u32::from_ne_bytes(bytes)).collect()
    }

    /// The first answer that differs from the crate's.
    pub fn differs(&self, script: &Script) -> Option<String> {
        let answers = self.answers(script);
        if answers == script.answers {
            return None;
        }
        let pairs = answers.iter().zip(&script.answers);
        let first = pairs.take_while(|(found, expected)| found == expected).count();
        let (found, expected) = (answers.get(first), script.answers.get(first));
        if expected.is_none() {
            return Some(format!("{:?}: more answers than the crate's", self.build));
        }
        let asked = script.asked(first);
        let float = |word: Option<&u32>| word.map(|&word| f32::from_bits(word));
        Some(format!(
            "{:?}: answer {first} is {found:x?} ({:?}) instead of {expected:x?} ({:?}); asked \
             {asked:x?}",
            self.build,
            float(found),
            float(expected),
        ))
    }
}

/// The driver with the templates of a folder.
pub fn driver(build: Build, templates: &Path) -> Result<Program, String> {
    Program::new(build, &sources().join("driver/main.c"), templates)
}

/// All programs that this machine can build.
fn programs() -> &'static [Program] {
    static PROGRAMS: OnceLock<Vec<Program>> = OnceLock::new();
    PROGRAMS.get_or_init(|| {
        let builds = BUILDS.into_iter().filter(Build::is_here);
        let program = |build: Build| {
            driver(build, &templates()).unwrap_or_else(|error| panic!("{build:?}: {error}"))
        };
        builds.map(program).collect()
    })
}

/// Every program answers as the crate does.
#[track_caller]
pub fn agree(script: &Script) {
    assert!(script.answers.len() > 1000, "{} answers", script.answers.len());
    for program in programs() {
        if let Some(difference) = program.differs(script) {
            panic!("{difference}");
        }
    }
}
