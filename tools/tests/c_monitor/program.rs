//! The driver with the templates, as programs of each compiler and optimisation level of the host.

use super::script::Script;
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::OnceLock,
};
use tempfile::TempDir;

const STRICT: [&str; 7] = [
    "-Wall",
    "-Wextra",
    "-Wpedantic",
    "-Werror",
    "-Wdouble-promotion",
    "-Wconversion",
    "-fno-math-errno",
];

/// A compiler and its flags. The dialects with extensions fuse products and sums where the processor
/// can.
#[derive(Clone, Copy, Debug)]
pub struct Build {
    compiler: &'static str,
    flags: &'static str,
}

/// Number by number, as a microcontroller computes: vectors keep a compiler from fusing some of them.
pub const FUSING: Build = Build {
    compiler: "cc",
    flags: "-std=gnu99 -O2 -march=native -mtune=generic -fno-tree-vectorize -fno-tree-slp-vectorize",
};

const BUILDS: [Build; 10] = [
    Build { compiler: "cc", flags: "-std=c99 -O0" },
    Build { compiler: "cc", flags: "-std=c99 -O2" },
    Build { compiler: "cc", flags: "-std=gnu99 -O2 -march=native" },
    Build { compiler: "cc", flags: "-std=gnu99 -O3 -march=native" },
    FUSING,
    Build { compiler: "cc", flags: "-std=gnu99 -Os -march=native" },
    Build { compiler: "c++", flags: "-x c++ -std=c++11 -O2" },
    Build { compiler: "c++", flags: "-x c++ -std=gnu++17 -O3 -march=native" },
    Build { compiler: "clang", flags: "-std=c99 -O2 -march=native -ffp-contract=fast" },
    Build {
        compiler: "cc",
        flags: "-std=c99 -O1 -g -fsanitize=undefined,float-cast-overflow,address -fno-sanitize-recover=all",
    },
];

impl Build {
    /// One of C and one of C++.
    pub fn of_both_languages() -> [Build; 2] {
        [BUILDS[1], BUILDS[6]]
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
        let output = Command::new(&self.path)
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
        let is_here = |build: &Build| {
            let is_here = Command::new(build.compiler).arg("--version").output().is_ok();
            if !is_here {
                let required = env::var("COUPLET_ON_TARGET").is_ok_and(|value| value == "require");
                assert!(!required, "{} is not here", build.compiler);
                eprintln!("SKIPPED, {} is not here: {build:?}", build.compiler);
            }
            is_here
        };
        let builds = BUILDS.into_iter().filter(is_here);
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
