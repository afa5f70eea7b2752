//! A training that is stopped, by whatever means and however often, and resumed ends with the bytes
//! of one that was not.
#![cfg(unix)]

mod common;

use common::{File, Folder, rows};
use couplet::{Base as _, StandardNormal};
use couplet_tools::{
    data::split::{Kind, Origin, Split},
    model::{Activation, Base, Description, Model, Shape},
    train::{Open, Options, Trainer, VALIDATIONS},
};
use rand_core::SeedableRng;
use rand_xoshiro::Xoshiro128PlusPlus;
use std::{
    fs,
    os::unix::{fs::MetadataExt, process::ExitStatusExt},
    process::{Child, Command, Output, Stdio},
    sync::OnceLock,
    thread,
    time::{Duration, Instant},
};

// --- The trainer: at any step ---

fn options() -> Options {
    Options {
        steps: VALIDATIONS,
        batch: 16,
        learning_rate: Some(0.05),
        seed: 3,
        threads: 1,
        validation_fraction: 0.5,
        outliers: Some(0.0),
        ..Options::default()
    }
}

/// A RealNVP on rows so few that it soon learns them by heart.
fn trainer(options: &Options) -> Trainer {
    let features = vec!["a".into(), "b".into(), "c".into()];
    let shape = Shape {
        couplets: 2,
        hidden: Some(vec![8, 8]),
        activation: Activation::Silu,
        base: Base::Logistic,
        scale: Some(true),
        ..Shape::default()
    };
    let description = Description::new(features, shape);
    let mut rows = [[0.0; 3]; 60];
    StandardNormal.sample(&mut Xoshiro128PlusPlus::seed_from_u64(1), rows.as_flattened_mut());
    let split = Split::random(60, options.validation_fraction, options.seed).unwrap();
    Trainer::new(description.unwrap(), rows.as_flattened(), &split, options).unwrap()
}

/// All that there is to see of a training: its state, where it stands, and what it would give.
fn seen(trainer: &Trainer) -> (Vec<u8>, Vec<u8>, String) {
    let (model, summary) = trainer.best().unwrap();
    (
        trainer.checkpoint().unwrap(),
        model.to_bytes().unwrap(),
        format!("{:?} {summary:?}", trainer.progress()),
    )
}

/// From whatever step training goes on, with however many threads, it comes to the same end; which
/// it gives back.
#[track_caller]
fn goes_on_from_any_step(options: &Options) -> Trainer {
    let mut whole = trainer(options);
    let mut steps = vec![seen(&whole)];
    while !whole.is_done() {
        whole.step();
        steps.push(seen(&whole));
    }
    for (step, at) in steps.iter().enumerate() {
        let mut resumed = trainer(&Options { threads: [1, 2, 8][step % 3], ..options.clone() });
        // Steps that it must forget.
        for _ in 0..step % 4 {
            resumed.step();
        }
        resumed.resume(&at.0).unwrap();
        assert!(seen(&resumed) == *at, "step {step} itself");
        resumed.run(|_| true).unwrap();
        assert!(seen(&resumed) == *steps.last().unwrap(), "the end, resumed at step {step}");
    }
    whole
}

#[test]
fn training_goes_on_from_any_step_before_and_after_the_best() {
    let summary =
        goes_on_from_any_step(&Options { weight_decay: Some(0.0), ..options() }).best().unwrap().1;
    assert!((5..45).contains(&summary.best_step) && summary.steps == VALIDATIONS, "{summary:?}");
}

#[test]
fn training_goes_on_before_and_after_it_started_anew() {
    let whole = goes_on_from_any_step(&Options { learning_rate: Some(0.1), ..options() });
    // Twice, and the best weights are still those of the first attempt.
    let decays = (whole.progress().weight_decay, whole.best().unwrap().1.weight_decay);
    assert_eq!(decays, (Options::DECAYS[2], Options::DECAYS[0]));
}

/// In each of several runs, and where one gives way to the next.
#[test]
fn training_goes_on_from_any_step_of_any_run() {
    let open = Open { width: true, start: true, noise: true, permutation: true, steps: true };
    let asked = Options { open, weight_decay: Some(0.0), budget: 3e8, ..options() };
    let whole = goes_on_from_any_step(&asked);
    let summary = whole.best().unwrap().1;
    assert!(summary.runs >= 4 && summary.best_run > 1, "{summary:?}");
}

#[test]
fn a_few_steps_are_no_more_than_were_asked_for() {
    let whole =
        goes_on_from_any_step(&Options { learning_rate: Some(0.1), steps: 10, ..options() });
    let summary = whole.best().unwrap().1;
    assert!(summary.best_step < 5 && whole.progress().weight_decay == 0.0, "{summary:?}");
}

#[test]
fn training_goes_on_before_and_after_steps_that_were_undone() {
    let summary =
        goes_on_from_any_step(&Options { learning_rate: Some(1e3), ..options() }).best().unwrap().1;
    assert!((5..50).contains(&summary.rolled_back), "{summary:?}");
}

#[test]
fn training_that_lost_patience_is_done_when_it_is_resumed() {
    let summary =
        goes_on_from_any_step(&Options { patience: Some(4), ..options() }).best().unwrap().1;
    assert!(summary.steps < VALIDATIONS && summary.steps == summary.best_step + 4, "{summary:?}");
}

// --- The command: signals ---

/// Steps enough to be stopped often.
const TRAIN: &str =
    "train d.csv -o m.safetensors --steps 2000 --batch 32 --couplets 2 --hidden 16,16";
const CHECKPOINT: &str = "m.safetensors.checkpoint";
const EACH_STEP: &str = "--checkpoint-every 0";

/// Data in `d.csv`.
fn data() -> Folder {
    Folder::with("d.csv", rows(300))
}

/// The model that training without a stop leads to.
fn whole() -> &'static [u8] {
    static WHOLE: OnceLock<Vec<u8>> = OnceLock::new();
    WHOLE.get_or_init(|| {
        let folder = data();
        folder.works(TRAIN);
        folder.read("m.safetensors")
    })
}

/// Nothing but data and that model is in the folder.
#[track_caller]
fn is_whole(folder: &Folder) {
    assert!(folder.read("m.safetensors") == whole(), "another model");
    assert_eq!(folder.files().keys().collect::<Vec<_>>(), ["d.csv", "m.safetensors"]);
}

/// The tool at work.
fn start(folder: &Folder, arguments: &str) -> Child {
    Command::new(env!("CARGO_BIN_EXE_couplet"))
        .args(arguments.split_whitespace())
        .current_dir(folder.path(""))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the tool runs")
}

/// A training that writes a checkpoint before each step, once this many new ones were seen.
#[track_caller]
fn start_training(folder: &Folder, arguments: &str, checkpoints: usize) -> Child {
    let written = || {
        fs::metadata(folder.path(CHECKPOINT))
            .and_then(|file| Ok((file.ino(), file.modified()?)))
            .ok()
    };
    let mut before = written();
    let mut child = start(folder, &format!("{TRAIN} {EACH_STEP} {arguments}"));
    let start = Instant::now();
    for _ in 0..checkpoints {
        while written() == before {
            let there = child.try_wait().expect("a process").is_none()
                && start.elapsed() < Duration::from_secs(60);
            if !there {
                let _ = child.kill();
                panic!("no new checkpoint: {:?}", child.wait_with_output());
            }
            thread::sleep(Duration::from_micros(200));
        }
        before = written();
    }
    child
}

fn send(signal: &str, child: &Child) {
    let sent = Command::new("sh")
        .arg("-c")
        .arg(format!("kill -{signal} {}", child.id()))
        .status()
        .expect("a shell");
    assert!(sent.success(), "nobody to send {signal} to");
}

#[track_caller]
fn end(child: Child) -> (Output, String) {
    let output = child.wait_with_output().expect("a process");
    let said = String::from_utf8(output.stderr.clone()).expect("text");
    (output, said)
}

/// The number between two texts.
#[track_caller]
fn between(text: &str, before: &str, after: &str) -> usize {
    let number = text
        .split_once(before)
        .and_then(|(_, rest)| rest.split_once(after))
        .map(|(number, _)| number);
    number
        .and_then(|number| number.parse().ok())
        .unwrap_or_else(|| panic!("no number between `{before}` and `{after}`: {text}"))
}

/// Stopped by a signal some times, at other steps with each number of threads, resumed each time.
#[track_caller]
fn stops_and_goes_on(signal: &str, code: i32, threads: usize) {
    let folder = data();
    let command = |resume: &str| format!("{TRAIN} {EACH_STEP} --threads {threads}{resume}");
    let (mut step, mut resume) = (0, "");
    for stop in 0..4 {
        let child = start_training(&folder, &format!("--threads {threads}{resume}"), 1 + 3 * stop);
        send(signal, &child);
        let (output, said) = end(child);
        assert_eq!((output.status.code(), output.stdout), (Some(code), Vec::new()), "{said}");

        let now = between(&said, "stopped at step ", " of 2000");
        let best = between(&said, "m.safetensors holds the best weights so far (step ", ")");
        let words = command(" --resume").replace("16,16", "'16,16'");
        let program = env!("CARGO_BIN_EXE_couplet");
        let expected = format!(
            "stopped at step {now} of 2000; m.safetensors holds the best weights so far \
             (step {best}); go on with: {program} {words}\n"
        );
        assert_eq!(said, expected);
        assert!(now >= step && best <= now, "{said}");
        let training = &File::parse(&folder.read("m.safetensors")).description["training"];
        assert_eq!((&training["stopped_at"], &training["best_step"]), (&now.into(), &best.into()));
        Model::from_bytes(&folder.read("m.safetensors")).unwrap();
        (step, resume) = (now, " --resume");
    }
    assert!(step >= 3 * 6, "no training between the stops");
    folder.works(&format!("{TRAIN} --threads {threads} --resume"));
    is_whole(&folder);
}

#[test]
fn ctrl_c_stops_training_and_resume_goes_on_with_one_thread() {
    stops_and_goes_on("INT", 130, 1);
}

#[test]
fn ctrl_c_stops_training_and_resume_goes_on_with_two_threads() {
    stops_and_goes_on("INT", 130, 2);
}

#[test]
fn a_request_to_end_stops_training_and_resume_goes_on_with_eight_threads() {
    stops_and_goes_on("TERM", 143, 8);
}

/// Starts a training that listens for signals, whether or not it has written a checkpoint.
#[cfg(target_os = "linux")]
#[track_caller]
fn start_listening(folder: &Folder, arguments: &str) -> Child {
    let child = start(folder, arguments);
    let listens = |status: &str| {
        let caught = status
            .lines()
            .find_map(|line| line.strip_prefix("SigCgt:"))
            .expect("a mask of signals");
        u64::from_str_radix(caught.trim(), 16).expect("hexadecimal") & 1 << (2 - 1) != 0
    };
    let begin = Instant::now();
    while !listens(&fs::read_to_string(format!("/proc/{}/status", child.id())).expect("a process"))
    {
        assert!(begin.elapsed() < Duration::from_secs(60), "it never listens");
        thread::sleep(Duration::from_millis(1));
    }
    thread::sleep(Duration::from_millis(200));
    child
}

/// Long before the first one is due.
#[cfg(target_os = "linux")]
#[test]
fn ctrl_c_writes_a_checkpoint_that_was_not_due() {
    let folder = data();
    let train = TRAIN.replace("--steps 2000", "--steps 1000000");
    let stop = |resume: &str| {
        let child = start_listening(&folder, &format!("{train}{resume}"));
        send("INT", &child);
        between(&end(child).1, "stopped at step ", " of 1000000")
    };
    let first = stop("");
    let second = stop(" --resume");
    assert!(0 < first && first < second, "{first}, then {second}");
}

/// A step that takes seconds is not waited for.
#[cfg(target_os = "linux")]
#[test]
fn a_second_ctrl_c_quits_at_once() {
    let folder = Folder::new();
    folder.works("toy moons -n 60000 -o d.csv");
    let before = folder.files();
    let large = "--couplets 2 --hidden 800,800 --batch 50000 --val-fraction 0.001";
    let child = start_listening(&folder, &format!("train d.csv -o m.safetensors {large}"));
    send("INT", &child);
    thread::sleep(Duration::from_millis(50));
    send("INT", &child);
    let (output, said) = end(child);
    assert_eq!(
        (output.status.code(), &*said),
        (Some(130), "features: x, y; left out: label, log_prob\n")
    );
    assert!(folder.files() == before, "{:?}", folder.files().keys());
}

// --- kill -9 ---

/// Wherever it hits, in a step, in a checkpoint or in the model that a stop writes, files are
/// whole: the old ones or the new.
#[test]
fn killed_at_any_moment_training_leaves_whole_files() {
    let folder = data();
    folder.works(&format!("{TRAIN} --seed 2"));
    let (mut model, mut resume, mut stopped) = (folder.read("m.safetensors"), "", 0);
    for round in 0..32 {
        let mut child = start_training(&folder, resume, 1);
        resume = "--resume";
        thread::sleep(Duration::from_micros(1700 * (round * 7 % 11)));
        if round % 2 == 1 {
            send("TERM", &child);
            thread::sleep(Duration::from_micros(4000 * (round * 5 % 17)));
        }
        child.kill().unwrap();
        let (output, said) = end(child);
        let ended = output.status.signal() == Some(9)
            || (round % 2 == 1 && output.status.code() == Some(143));
        assert!(ended, "round {round}: {} {said}", output.status);

        let now = folder.read("m.safetensors");
        Model::from_bytes(&now).unwrap_or_else(|error| panic!("round {round}: {error:#}"));
        stopped += usize::from(now != model);
        model = now;
        let left = folder.files().into_keys().filter(|name| name.starts_with('.')).count();
        assert!(left <= 1, "round {round}: leftovers pile up, {:?}", folder.files().keys());
    }
    // Each checkpoint was whole, or a later round had not begun.
    folder.works(&format!("{TRAIN} --resume"));
    is_whole(&folder);
    assert!(stopped > 0, "no round got as far as a model");
}

/// Data, and the checkpoint of a training that was killed.
fn killed() -> Folder {
    let folder = data();
    let mut child = start_training(&folder, "", 1);
    child.kill().unwrap();
    end(child);
    data().and(CHECKPOINT, folder.read(CHECKPOINT))
}

#[test]
fn checkpoints_come_by_the_clock() {
    let folder = data();
    let begin = Instant::now();
    let mut child =
        start(&folder, &TRAIN.replace("--steps 2000", "--steps 1000000 --checkpoint-every 1"));
    while !folder.path(CHECKPOINT).exists() {
        assert!(begin.elapsed() < Duration::from_secs(30), "no checkpoint");
        thread::sleep(Duration::from_millis(20));
    }
    assert!(begin.elapsed() >= Duration::from_secs(1), "after {:?}", begin.elapsed());
    child.kill().unwrap();
    end(child);
}

#[test]
fn what_a_killed_process_left_is_removed_and_what_a_living_one_writes_is_not() {
    let folder = Folder::with("d.csv", rows(50))
        .and(".couplet-killed.part", "half")
        .and(".couplet-living.part", "half");
    let folder = folder.and(".couplet-mine", "not a temporary file").and("mine.part", "nor this");
    let living = fs::File::open(folder.path(".couplet-living.part")).unwrap();
    living.lock().unwrap();
    folder.works("train d.csv --steps 2");
    let files = folder.files();
    assert_eq!(
        files.keys().collect::<Vec<_>>(),
        [".couplet-living.part", ".couplet-mine", "d.csv", "d.safetensors", "mine.part"]
    );
}

// --- What is not resumed ---

#[test]
fn without_a_checkpoint_there_is_nothing_to_resume() {
    let message = "there is no m.safetensors.checkpoint to resume from: leave out --resume to \
                   start at the first step";
    data().refuses(&format!("{TRAIN} --resume"), message);
    let message = "/dev/stdout is no file, so it has no checkpoint";
    data().refuses(&format!("{} --resume", TRAIN.replace("m.safetensors", "/dev/stdout")), message);
}

#[test]
fn a_training_with_other_options_is_not_resumed() {
    let folder = killed();
    for (flags, difference) in [
        ("--seed 2", "seed 1, not 2"),
        ("--noise 0.05", "noise left to its default, not 0.05"),
        ("--lr 0.002", "lr left to its default, not 0.002"),
        ("--val-fraction 0.2", "validation-fraction 0.1, not 0.2"),
        ("--patience 7", "patience left to its default, not 7"),
        ("--activation tanh", "activation \"relu\", not \"tanh\""),
        ("--base logistic", "base \"student\", not \"logistic\""),
        ("--flow nice", "coupling \"affine\", not \"additive\""),
        ("--columns b,a", "features [\"a\",\"b\"], not [\"b\",\"a\"]"),
        ("--permute", "permute false, not true"),
    ] {
        let message =
            format!("cannot resume from {CHECKPOINT}: it is of a training with {difference}");
        folder.refuses(&format!("{TRAIN} --resume {flags}"), &message);
    }
    for (flag, other, difference) in [
        ("--steps 2000", "--steps 2001", "steps 2000, not 2001"),
        ("--batch 32", "--batch 33", "batch 32, not 33"),
        ("--couplets 2", "--couplets 3", "couplets 2, not 3"),
        ("--hidden 16,16", "--hidden 16", "hidden [16,16], not [16]"),
    ] {
        let message =
            format!("cannot resume from {CHECKPOINT}: it is of a training with {difference}");
        folder.refuses(&format!("{} --resume", TRAIN.replace(flag, other)), &message);
    }
}

#[test]
fn a_training_on_other_rows_is_not_resumed() {
    let folder = killed();
    let message = format!("cannot resume from {CHECKPOINT}: it is of a training on other rows");
    let lines = rows(300);
    for other in
        [rows(301), lines.replacen("3.267", "3.268", 1), lines.replacen("a,b\n", "a,b\n0.5,3\n", 1)]
    {
        assert_ne!(other, lines);
        let folder = Folder::with("d.csv", other).and(CHECKPOINT, folder.read(CHECKPOINT));
        folder.refuses(&format!("{TRAIN} --resume"), &message);
    }
    // The same numbers, written otherwise.
    let folder = folder.and("d.csv", lines.replace(',', " , "));
    folder.works(&format!("{TRAIN} --resume"));
    is_whole(&folder);
}

/// Rows that depend on each other are split by blocks; a checkpoint of another split is another
/// training.
#[test]
fn a_training_with_another_split_is_not_resumed() {
    let mut rows = [[0.0_f32; 3]; 2000];
    StandardNormal.sample(&mut Xoshiro128PlusPlus::seed_from_u64(1), rows.as_flattened_mut());
    for i in 1..2000 {
        rows[i] = std::array::from_fn(|k| 0.95 * rows[i - 1][k] + 0.31 * rows[i][k]);
    }
    let features = || vec!["a".into(), "b".into(), "c".into()];
    let description = || {
        let shape = Shape { couplets: 1, hidden: Some(vec![4]), ..Shape::default() };
        Description::new(features(), shape).unwrap()
    };
    let options = Options { steps: 20, threads: 1, test_fraction: 0.1, ..Options::default() };
    let start = |options: &Options, origin: &Origin| {
        let split = Split::new(rows.as_flattened(), 3, &options.request(), origin).unwrap();
        Trainer::new(description(), rows.as_flattened(), &split, options).unwrap()
    };
    let whole = Origin::default();
    let mut first = start(&options, &whole);
    for _ in 0..10 {
        first.step();
    }
    let checkpoint = first.checkpoint().unwrap();
    while !first.is_done() {
        first.step();
    }
    let mut resumed = start(&Options { threads: 3, ..options.clone() }, &whole);
    resumed.resume(&checkpoint).unwrap();
    resumed.run(|_| true).unwrap();
    assert!(seen(&resumed) == seen(&first), "the same split ends otherwise");

    let refused = |options: &Options, origin: &Origin| {
        start(options, origin).resume(&checkpoint).unwrap_err().to_string()
    };
    let random = Options { split: Some(Kind::Random), ..options.clone() };
    let message = "it is of a training with split left to its default, not \"random\"";
    assert_eq!(refused(&random, &whole), message);
    let test = Options { test_fraction: 0.2, ..options.clone() };
    let message = "it is of a training with test-fraction 0.1, not 0.2";
    assert_eq!(refused(&test, &whole), message);
    let groups = Origin { groups: Some((0..2000).map(|row| row / 100).collect()), ..whole };
    assert_eq!(refused(&options, &groups), "it is of a training on other rows");
}

#[test]
fn a_damaged_checkpoint_is_not_resumed() {
    let mut trainer = trainer(&options());
    let bytes = trainer.checkpoint().unwrap();
    let start = bytes.iter().position(|&byte| byte == b'\n').unwrap() + 1;
    let damaged = "it is damaged";
    let mut refused = |bytes: &[u8]| trainer.resume(bytes).unwrap_err().to_string();
    for length in ["couplet checkpoint ".len()..start + 40, bytes.len() - 40..bytes.len()]
        .into_iter()
        .flatten()
    {
        assert_eq!(refused(&bytes[..length]), damaged, "cut off at {length}");
    }
    for at in (start..bytes.len()).step_by(97).chain([bytes.len() - 1]) {
        let mut bytes = bytes.clone();
        bytes[at] ^= 1;
        assert_eq!(refused(&bytes), damaged, "a bit at {at}");
    }
    assert_eq!(refused(&[&bytes[..], b"\n"].concat()), damaged);
    assert_eq!(refused(b""), "it is no checkpoint of couplet");

    let folder = killed();
    let half = &folder.read(CHECKPOINT)[..1000];
    let folder = folder.and(CHECKPOINT, half);
    folder.refuses(
        &format!("{TRAIN} --resume"),
        &format!(
            "cannot resume from {CHECKPOINT}: {damaged}: leave out --resume to start at the \
             first step"
        ),
    );
}

/// The first line of a checkpoint, also as the versions before the format number wrote it.
#[test]
fn a_checkpoint_of_another_version_is_not_resumed() {
    let version = env!("CARGO_PKG_VERSION");
    let mut folder = killed();
    let checkpoint = folder.read(CHECKPOINT);
    for theirs in ["0.0.9", version] {
        let old = [format!("couplet checkpoint {theirs}\n").as_bytes(), &checkpoint].concat();
        let message = format!(
            "cannot resume from {CHECKPOINT}: couplet {theirs} wrote it, and this is {version}, \
             checkpoint format 4: go on with that one, or leave out --resume to start at the first \
             step"
        );
        folder = folder.and(CHECKPOINT, old);
        folder.refuses(&format!("{TRAIN} --resume"), &message);
    }
}

#[test]
fn a_file_that_is_no_checkpoint_is_not_replaced() {
    let folder = data().and(CHECKPOINT, "notes of years\n");
    let message = format!(
        "{CHECKPOINT} exists and couplet did not write it: move it, or choose another path with -o"
    );
    folder.refuses(TRAIN, &message);
    folder.refuses(&format!("{TRAIN} --resume"), &message);
}

#[test]
fn starting_anew_beside_a_checkpoint_is_warned_of() {
    let folder = killed();
    let warning = format!(
        "warning: {CHECKPOINT} is of a training that was stopped; this one starts from the first \
         step and will replace it, --resume continues it\n"
    );
    assert_eq!(folder.works(TRAIN).stderr, warning);
    is_whole(&folder);
}
