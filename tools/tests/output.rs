//! Where files are written: paths that are tried before the long work, permissions, files that
//! cannot be replaced.

mod common;

use common::{Folder, repository};
use std::{fs, process::Command};

/// A training that would take hours.
const LONG: &str = "train d.csv --steps 100000000";

fn folder() -> Folder {
    let folder = Folder::new();
    folder.works("toy moons -n 100 -o d.csv");
    folder
}

#[test]
fn a_name_that_is_too_long_is_refused_before_training() {
    let folder = folder();
    let name = "m".repeat(256);
    let message = format!("cannot write {name}: ...");
    folder.refuses(&format!("{LONG} -o {name}"), &message);
    folder.works(&format!("sample {} -n 1 -o {}", model(), "s".repeat(255)));
}

fn model() -> String {
    repository("examples/models/moons.safetensors").display().to_string()
}

#[test]
fn a_folder_that_does_not_exist_is_named() {
    let message = "cannot write no/m.safetensors: there is no folder no";
    folder().refuses(&format!("{LONG} -o no/m.safetensors"), message);
}

/// Scores, samples and logs replace no model, and a log no data.
#[test]
fn a_model_is_replaced_by_models_alone() {
    let folder = folder().and("m.safetensors", fs::read(model()).unwrap());
    let message = "cannot write m.safetensors: it is a model; choose another path";
    for command in [
        "score m.safetensors d.csv --columns x,y -o",
        "sample m.safetensors -n 1 -o",
        "toy moons -n 5 -o",
    ] {
        let input = "cannot write m.safetensors: it is ...";
        folder.refuses(&format!("{command} m.safetensors"), input);
    }
    folder.refuses("toy moons -n 5 -o m.safetensors", message);
    folder.refuses("train d.csv --steps 2 -o o.safetensors --log m.safetensors", message);
    let input = "cannot write d.csv: it is the input; ...";
    folder.refuses("train d.csv --steps 2 -o o.safetensors --log d.csv", input);
    let same = "--log and -o are the same file, o.safetensors";
    folder.refuses("train d.csv --steps 2 -o o.safetensors --log o.safetensors", same);
}

#[test]
fn a_training_says_that_it_replaces_a_model() {
    let folder = folder();
    let quick = "train d.csv --steps 2 -o m.safetensors";
    let said = "m.safetensors exists: the new model will replace it\n";
    assert!(!folder.works(quick).stderr.contains("exists"));
    assert!(folder.works(quick).stderr.ends_with(said));
}

#[test]
fn training_ends_with_the_cost_and_the_next_command() {
    let folder = folder();
    let printed = folder.works("train d.csv --steps 300 -o m.safetensors").stdout;
    let [_, cost, next] = &printed.lines().collect::<Vec<_>>()[..] else { panic!("{printed}") };
    let info = folder.works("info m.safetensors --target cortex-m4f").stdout;
    let figure = |name: &str, last: &str| {
        let line = info.lines().find(|line| line.trim_start().starts_with(name)).expect(name);
        let number = line.trim_start()[name.len()..].split_whitespace().next().unwrap();
        assert!(line.contains(&format!("{number} {last}")), "{line}");
        number.to_string()
    };
    assert_eq!(
        *cost,
        format!(
            "one log_prob: {} bytes of flash, about {} of stack on a Cortex-M4F, {} \
             multiply-accumulates",
            figure("flash", "bytes"),
            figure("stack", "bytes in log_prob"),
            figure("multiply-accumulates", "for one log_prob")
        )
    );
    folder.works(next.strip_prefix("next: couplet ").unwrap());
}

#[cfg(unix)]
#[test]
fn permissions_follow_the_umask_and_stay() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    let sample = |umask: &str| {
        let couplet = env!("CARGO_BIN_EXE_couplet");
        let command = format!("umask {umask}; exec {couplet} sample {} -n 1 -o s.csv", model());
        let run = Command::new("sh").args(["-c", &command]).current_dir(folder.path("")).status();
        assert!(run.unwrap().success());
        fs::metadata(folder.path("s.csv")).unwrap().permissions().mode() & 0o777
    };
    for (umask, mode) in [("022", 0o644), ("077", 0o600), ("002", 0o664)] {
        assert_eq!(sample(umask), mode, "umask {umask}");
        fs::remove_file(folder.path("s.csv")).unwrap();
    }
    fs::write(folder.path("s.csv"), "old").unwrap();
    fs::set_permissions(folder.path("s.csv"), fs::Permissions::from_mode(0o640)).unwrap();
    assert_eq!(sample("022"), 0o640, "a file that is replaced keeps its own");
    assert!(folder.text("s.csv").starts_with("x,y\n"));
}

/// Docker mounts single files so. Where the system lets nobody mount, nothing is tested.
#[cfg(target_os = "linux")]
#[test]
fn a_mounted_file_is_written_in_place() {
    let folder = Folder::with("inside", "old").and("outside", "old");
    let mount = |command: &str| {
        let script = format!("mount --bind outside inside && {command}");
        let mut unshare = Command::new("unshare");
        unshare.args(["--user", "--map-root-user", "--mount", "sh", "-c", &script]);
        unshare.current_dir(folder.path("")).output().expect("unshare of util-linux")
    };
    if !mount("true").status.success() {
        eprintln!("skipped: this system lets nobody mount");
        return;
    }
    let couplet = env!("CARGO_BIN_EXE_couplet");
    let run = mount(&format!("{couplet} sample {} -n 1 -o inside", model()));
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    assert!(folder.text("outside").starts_with("x,y\n"));
    assert_eq!(folder.text("inside"), "old");
    assert_eq!(folder.files().len(), 2, "a temporary file was left behind");
}

/// As root no folder is read-only, so the tool runs as nobody.
#[cfg(target_os = "linux")]
#[test]
fn a_file_in_a_read_only_folder_is_written_in_place() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::with("s.csv", "old").and("m.safetensors", fs::read(model()).unwrap());
    let set = |path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    set(folder.path("s.csv"), 0o666);
    set(folder.path(""), 0o555);
    let arguments = ["sample", "m.safetensors", "-n", "1", "-o", "s.csv"];
    let couplet = env!("CARGO_BIN_EXE_couplet");
    let run = if fs::write(folder.path("probe"), "").is_ok() {
        fs::remove_file(folder.path("probe")).unwrap();
        let copy = folder.path("couplet");
        fs::copy(couplet, &copy).unwrap();
        let mut nobody = Command::new("setpriv");
        nobody.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(copy);
        nobody.args(arguments).current_dir(folder.path("")).output()
    } else {
        Command::new(couplet).args(arguments).current_dir(folder.path("")).output()
    };
    set(folder.path(""), 0o755);
    let run = run.expect("setpriv of util-linux");
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{said}");
    assert!(folder.text("s.csv").starts_with("x,y\n"));
}
