//! What a report says of the rows that it is given: their context, their noise, their kind.

mod common;

use common::{Folder, committed, scattered};
use couplet_tools::{
    data::Table,
    evaluate::findings::{Findings, Given},
    model::Model,
    report::page::page,
};
use serde_json::Value;

/// The promise of how large a page is, in bytes.
const LARGEST: usize = 3_000_000;

/// A number from 0 to 1, another one for each i.
fn unit(i: usize) -> f64 {
    scattered(i) / 1000.0 + scattered(i + 30_000_000) / 1e6
}

fn found(folder: &Folder, arguments: &str) -> Value {
    let json = folder.works(&format!("report m.safetensors {arguments} --json")).stdout;
    serde_json::from_str(&json).unwrap()
}

fn page_of(folder: &Folder, arguments: &str) -> String {
    folder.works(&format!("report m.safetensors {arguments} -o r.html"));
    folder.text("r.html")
}

/// Points whose place and spread depend on a mode. No row is of the first mode at the first level.
fn modes(count: usize, from: usize) -> String {
    let row = |i: usize| {
        let (angle, mode) = (i as f32 * 2.4, i % 3);
        let spread = [0.05, 1.0, 3.0][mode] * (1.0 + unit(i) as f32);
        let level = if mode == 0 { 10 } else { 10 * (i / 3 % 2) };
        let (x, y) = (angle.sin() * spread + 3.0 * mode as f32, angle.cos() * spread);
        format!("{x},{y},{},{level}\n", ["eco", "full", "turbo"][mode])
    };
    "x,y,mode,level\n".to_string() + &(from..from + count).map(row).collect::<String>()
}

fn conditional() -> Folder {
    let folder = Folder::with("d.csv", modes(1200, 0)).and("e.csv", modes(20, 5000));
    let recipe = "--couplets 1 --hidden 8 --steps 300 -o m.safetensors";
    folder.works(&format!("train d.csv --context mode,level {recipe}"));
    folder
}

#[test]
fn a_conditional_model_is_named_with_its_context() {
    let folder = conditional();
    let found = found(&folder, "--test e.csv");
    assert_eq!(found["card"]["kind"], "RealNVP flow given mode, level");
    assert_eq!(found["pairs"]["samples"], 5000, "few rows are no reason for few samples");
    let page = page_of(&folder, "--train d.csv --test e.csv");
    for text in [
        "RealNVP flow given mode, level, over 2 features",
        "independent of the others and the context.",
        "They do not see the context",
    ] {
        assert!(page.contains(text), "{text}");
    }
}

/// The map is at a context that occurred, and a hundredth of the samples there lies outside.
#[test]
fn the_map_of_a_conditional_model_is_at_a_context_of_its_rows() {
    let folder = conditional();
    let page = page_of(&folder, "--test e.csv");
    let (_, rest) = page.split_once("<title>Log_prob over the plane at ").unwrap();
    let (context, _) = rest.split_once("</title>").unwrap();
    let [mode, level] = context.split(", ").collect::<Vec<_>>()[..] else { panic!("{context}") };
    let [mode, level] = [mode, level].map(|it| it.split_once(' ').unwrap().1);
    assert!(folder.text("e.csv").contains(&format!(",{mode},{level}\n")), "{context}");
    assert!(page.contains(&format!("Shades of log_prob at {context} from")));
    let (_, rest) = page.split_once("The lowest contour is at ").unwrap();
    let edge: f64 = rest.split_once(" nats").unwrap().0.parse().unwrap();
    let given = format!("--given mode={mode},level={level} --seed 7");
    folder.works(&format!("sample m.safetensors -n 5000 {given} -o s.csv"));
    folder.works("score m.safetensors s.csv -o scores.csv");
    let scores = folder.text("scores.csv");
    let log_probs = scores.lines().skip(1).map(|line| line.split(',').nth(1).unwrap());
    let outside = log_probs.filter(|it| it.parse::<f64>().unwrap() < edge).count();
    assert!((25..=85).contains(&outside), "{outside} of 5000 lie outside {edge} at {context}");
}

#[test]
fn rows_at_no_known_context_are_said() {
    let folder = conditional().and("odd.csv", "x,y,mode,level\n1,2,off,10\n2,1,off,0\n");
    let missing = found(&folder, "--test odd.csv")["missing"].to_string();
    assert!(missing.contains("the training saw the context of no row"), "{missing}");
}

/// Readings of which one is rounded, so that the training adds noise to it.
fn rounded(count: usize, from: usize) -> String {
    let row = |i: usize| {
        let x = unit(i);
        format!("{x},{}\n", (10.0 * x + 5.0 * unit(i + 1_000_000)).round())
    };
    "a,b\n".to_string() + &(from..from + count).map(row).collect::<String>()
}

#[test]
fn noise_is_for_nats_alone() {
    let folder = Folder::with("d.csv", rounded(1500, 0)).and("c.csv", rounded(999, 20_000));
    let folder = folder.and("e.csv", rounded(1000, 50_000) + "0.5,90\n0.5,90\n");
    let recipe = "--couplets 1 --hidden 8 --steps 400 -o m.safetensors";
    folder.works(&format!("train d.csv --dequantize {recipe}"));
    folder.works("calibrate m.safetensors c.csv --false-alarms 0.01");
    let noisy = found(&folder, "--test e.csv --dequantize");
    let raw = found(&folder, "--test e.csv");
    for key in ["histogram", "p_values", "timeline", "roc", "alarms"] {
        assert_eq!(noisy["test"][key], raw["test"][key], "{key}");
    }
    assert!(noisy["test"]["timeline"]["alarms"].as_u64().unwrap() > 0);
    let eval = folder.works("eval m.safetensors e.csv --dequantize --json").stdout;
    let eval: Value = serde_json::from_str(&eval).unwrap();
    assert_eq!(noisy["test"]["nats"], eval["flow"]["nats"]);
    assert_ne!(noisy["test"]["nats"], raw["test"]["nats"]);
    assert!(page_of(&folder, "--test e.csv --dequantize").contains("the noise of the training."));

    let doubts = |arguments: &str| found(&folder, arguments)["doubts"].to_string();
    assert!(doubts("--test e.csv").contains("do not compare with the"));
    assert!(!doubts("--test e.csv").contains("of another kind"));
    assert!(!doubts("--test c.csv --dequantize").contains("do not compare with the"));
    let own = doubts("--test d.csv --dequantize");
    assert!(own.contains("of the test rows equal rows that fitted or chose the model"), "{own}");
}

#[test]
fn features_are_shuffled_among_rows_of_all_times() {
    let row = |i: usize, still: bool| {
        let common = unit(i);
        let cell = |j: usize| common + unit(100 * i + j);
        let first = if still { 0.5 } else { cell(0) };
        let others: Vec<String> = (1..20).map(|j| cell(j).to_string()).collect();
        format!("{first},{}\n", others.join(","))
    };
    let header = (0..20).map(|j| format!("x{j}")).collect::<Vec<_>>().join(",") + "\n";
    let training: String = (0..800).map(|i| row(i, false)).collect();
    let test: String = (0..5000).map(|i| row(i + 10_000, i < 1000)).collect();
    let folder = Folder::with("d.csv", header.clone() + &training).and("e.csv", header + &test);
    folder.works("train d.csv --couplets 1 --hidden 4 --steps 40 -o m.safetensors");
    let found = found(&folder, "--test e.csv");
    assert_eq!(found["features"]["rows"], 1000);
    assert_ne!(
        found["features"]["features"][0]["nats"], 0.0,
        "x0 is still in the first fifth only"
    );
    let page = page_of(&folder, "--test e.csv");
    assert!(page.contains("shuffled among 1000 test rows, these become less likely"));
}

#[test]
fn rows_are_called_by_their_kind() {
    let folder =
        Folder::with("m.safetensors", committed("examples/models/moons_alarm.safetensors"));
    folder.works("toy moons -n 500 -o t.csv");
    folder.works("toy moons -n 500 --seed 3 -o e.csv");
    let labels = folder.text("e.csv");
    let labels = labels.lines().skip(1).map(|line| line.split(',').nth(2).unwrap());
    let normal = labels.filter(|label| *label == "0").count();
    for (given, count, kind) in [
        ("--train t.csv", 500, "training rows"),
        ("--train t.csv --test e.csv", 500, "test rows"),
        ("--test e.csv --label label", normal, "normal test rows"),
    ] {
        let page = page_of(&folder, given);
        for text in [
            format!("On the left {count} {kind}, on the right"),
            format!("The distance compares {count} {kind} with"),
            format!("How far samples are from the {kind}"),
            format!("shuffled among {count} {kind}"),
        ] {
            assert!(page.contains(&text), "{given}: {text}");
        }
        let other = if kind == "training rows" { "500 test rows" } else { "500 training rows, on" };
        assert!(!page.contains(other), "{given}");
    }
}

/// A verdict on mixtures stands only where the nats compare.
#[test]
fn what_does_not_compare_is_not_judged() {
    let folder =
        Folder::with("m.safetensors", committed("examples/models/moons_alarm.safetensors"));
    folder.works("toy moons -n 6000 -o t.csv");
    folder.works("toy moons -n 3000 --seed 1 -o e.csv");
    let none = "No mixture of Gaussians that fits";
    let page = page_of(&folder, "--train t.csv --test e.csv");
    assert!(page.contains("nats better; that may be chance, so either will do."));
    assert!(page.contains("5000 of 6000 training rows: a fit to all of them has other nats."));
    let far = folder.text("e.csv") + "1e30,1e30,0,-9\n";
    let ties: String =
        (0..1000).map(|i| format!("{},{}\n", unit(i % 10), unit(i % 10 + 99))).collect();
    let folder = folder.and("far.csv", far).and("ties.csv", format!("x,y\n{ties}"));
    for (given, told) in [
        ("--train t.csv --test far.csv", "The model: 1 of 3001 rows are impossible, and the nats"),
        ("--train ties.csv --test e.csv", "10 Gaussians: collapsed onto rows that are equal"),
    ] {
        let page = page_of(&folder, given);
        assert!(page.contains(told) && !page.contains(none), "{given}");
        assert!(page.contains("Not all of these densities compare."), "{given}");
    }
    folder.works("train t.csv --couplets 1 --hidden 4 --steps 20 -o m.safetensors");
    assert!(page_of(&folder, "--train t.csv --test e.csv").contains("nats better; prefer that."));
}

#[test]
fn the_page_of_many_features_and_rows_is_small() {
    let names: Vec<String> = (0..30).map(|i| format!("sensor {i}")).collect();
    let cell = |i: usize, j: usize| (unit(i) + unit(100 * i + j)) as f32;
    let rows = |from: usize, count: usize| -> Vec<f32> {
        (from..from + count).flat_map(|i| (0..30).map(move |j| cell(i, j))).collect()
    };
    let line = |x: &[f32]| x.iter().map(f32::to_string).collect::<Vec<_>>().join(",") + "\n";
    let training: String = rows(0, 500).chunks(30).map(line).collect();
    let folder = Folder::with("d.csv", names.join(",") + "\n" + &training);
    folder.works("train d.csv --couplets 1 --hidden 4 --steps 40 -o m.safetensors");
    let model = Model::read(&folder.path("m.safetensors")).unwrap();
    let mut table = Table::of_rows(names, rows(1000, 100_000));
    table.labels = Some((0..100_000).map(|i| i % 97 == 0).collect());
    let given = Given { test: Some(&table), ..Given::default() };
    let found = Findings::of("large", &model, given, None).unwrap();
    let bytes = page("large", None, &[found]).len();
    assert!(bytes > 50_000 && bytes < LARGEST, "{bytes} bytes");
}

/// One row, and delays that are all 0, have nothing to show.
#[test]
fn few_rows_are_not_judged() {
    let folder =
        Folder::with("m.safetensors", committed("examples/models/moons_alarm.safetensors"));
    let folder = folder.and("one.csv", "x,y\n0.1,0.9\n");
    let doubts = found(&folder, "--test one.csv")["doubts"].to_string();
    assert!(doubts.contains("There is one of the test rows: its nats say nothing of others."));
    for wrong in ["in every row", "more than chance", "standard error of 0"] {
        assert!(!doubts.contains(wrong), "{doubts}");
    }
}

/// Rows that are all impossible have no frame, and do not stretch the map.
#[test]
fn impossible_rows_leave_no_empty_frame() {
    let folder =
        Folder::with("m.safetensors", committed("examples/models/moons_alarm.safetensors"));
    let far: String = (0..40).map(|i| format!("{}e36,{}e36\n", i + 1, 40 - i)).collect();
    let folder = folder.and("far.csv", format!("x,y\n{far}"));
    let page = page_of(&folder, "--test far.csv");
    assert!(page.contains("no rows in their order: all test rows are impossible"), "no word of it");
    for frame in ["Row by row", "none nats", "nats: inf", "from -inf", ">inf<"] {
        assert!(!page.contains(frame), "{frame}");
    }
    let found = found(&folder, "--test far.csv");
    assert_eq!(found["test"]["impossible"], 40);
}
