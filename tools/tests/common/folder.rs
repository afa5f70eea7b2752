use rand::seq::SliceRandom;
use rand_core::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro128PlusPlus;
use std::{
    collections::BTreeMap,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};
use tempfile::TempDir;

/// A folder that the tool runs in, so that its messages name files without folders.
pub struct Folder(TempDir);

/// What came of a run.
pub struct Run {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Folder {
    pub fn new() -> Self {
        Folder(TempDir::new().expect("a folder for temporary files"))
    }

    /// With one file in it.
    pub fn with(name: &str, content: impl AsRef<[u8]>) -> Self {
        Folder::new().and(name, content)
    }

    /// With another file in it.
    pub fn and(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        fs::write(self.path(name), content).expect("a file in a folder for temporary files");
        self
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    #[track_caller]
    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    #[track_caller]
    pub fn text(&self, name: &str) -> String {
        String::from_utf8(self.read(name)).expect("text")
    }

    /// Everything in it, hidden files too.
    pub fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let entries = fs::read_dir(self.0.path()).expect("a folder for temporary files");
        let file =
            |path: &Path| if path.is_dir() { Vec::new() } else { fs::read(path).expect("a file") };
        entries
            .map(|entry| entry.expect("a file").path())
            .map(|path| {
                (path.file_name().unwrap_or_default().to_string_lossy().into_owned(), file(&path))
            })
            .collect()
    }

    /// Runs `couplet` with these arguments, separated by spaces; `''` is an empty one.
    #[track_caller]
    pub fn couplet(&self, arguments: &str) -> Run {
        self.couplet_with(
            &arguments
                .split(' ')
                .map(|word| if word == "''" { "" } else { word })
                .collect::<Vec<_>>(),
        )
    }

    #[track_caller]
    pub fn couplet_with(&self, arguments: &[&str]) -> Run {
        let output = assert_cmd::Command::new(env!("CARGO_BIN_EXE_couplet"))
            .args(arguments)
            .current_dir(self.0.path())
            .timeout(Duration::from_secs(120))
            .output()
            .expect("the tool runs");
        let text = |bytes| String::from_utf8(bytes).expect("text");
        Run { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// Like [`Folder::couplet`], and it must work.
    #[track_caller]
    pub fn works(&self, arguments: &str) -> Run {
        let run = self.couplet(arguments);
        assert_eq!(run.code, Some(0), "couplet {arguments}: {}", run.stderr);
        run
    }

    /// The tool says this one line, which may end in `...`, exits with 1 and leaves the folder as
    /// it was.
    #[track_caller]
    pub fn refuses(&self, arguments: &str, message: &str) {
        let before = self.files();
        let run = self.couplet(arguments);
        assert_eq!(run.code, Some(1), "couplet {arguments}: {}{}", run.stdout, run.stderr);
        assert_eq!(run.stdout, "", "couplet {arguments}");
        match message.strip_suffix("...") {
            Some(start) => {
                let start = format!("error: {start}");
                assert!(
                    run.stderr.starts_with(&start),
                    "couplet {arguments}\n said {}not {start}...",
                    run.stderr
                );
                assert_eq!(run.stderr.lines().count(), 1, "couplet {arguments}: {}", run.stderr);
            }
            None => assert_eq!(run.stderr, format!("error: {message}\n"), "couplet {arguments}"),
        }
        assert!(
            self.files() == before,
            "couplet {arguments}: there were {:?}, now {:?}",
            before.keys(),
            self.files().keys()
        );
    }
}

/// A whole number below 1000 that has nothing to do with its neighbours.
pub fn scattered(i: usize) -> f64 {
    f64::from(Xoshiro128PlusPlus::seed_from_u64(i as u64).next_u32() % 1000)
}

/// A table of this many rows of two features, a and b, which do not depend on the rows before them.
pub fn rows(count: usize) -> String {
    let mut text = "a,b\n".to_string();
    let mut order: Vec<usize> = (0..count).collect();
    order.shuffle(&mut Xoshiro128PlusPlus::seed_from_u64(1));
    for i in order {
        let t = i as f64;
        writeln!(text, "{},{}", (t * 0.7).sin() + 0.1 * (t * 5.3).cos(), 3.0 + (t * 1.3).cos())
            .expect("memory");
    }
    text
}
