//! `couplet eval` where some rows are anomalies, impossible, or equal.

mod common;

use common::{Folder, committed, number};
use serde_json::Value;
use std::fmt::Write;

const MODEL: &str = "examples/models/moons.safetensors";

/// Moons to train baselines on and to evaluate, the latter with labels.
fn folder(anomalies: &[&str]) -> Folder {
    let folder = Folder::with("m.safetensors", committed(MODEL));
    folder.works("toy moons -n 500 --seed 5 -o training.csv");
    folder.works("toy moons -n 300 --seed 6 -o toy.csv");
    let (mut normal, mut labelled) = ("x,y\n".to_string(), "x,y,label\n".to_string());
    for line in folder.text("toy.csv").lines().skip(1) {
        let [x, y] = [0, 1].map(|i| line.split(',').nth(i).unwrap());
        writeln!(normal, "{x},{y}").unwrap();
        writeln!(labelled, "{x},{y},0").unwrap();
    }
    anomalies.iter().for_each(|line| writeln!(labelled, "{line},1").unwrap());
    folder.and("normal.csv", normal).and("labelled.csv", labelled)
}

#[test]
fn nats_and_baselines_are_those_of_the_normal_rows() {
    let folder = folder(&["400,0", "-300,8", "0.5,2.5"]);
    let baseline = "--baseline training.csv";
    let plain = folder.works(&format!("eval m.safetensors normal.csv {baseline}")).stdout;
    let run = folder.works(&format!("eval m.safetensors labelled.csv --label label {baseline}"));
    assert_eq!(run.stderr, "");
    let said = run.stdout;
    for words in ["nats", "worst point", "bits per dimension", "flow", "one Gaussian"] {
        assert_eq!(number(&said, words), number(&plain, words), "{words}: {said}");
    }
    assert!(said.contains("303: 300 normal ones, 3 anomalies\n"), "{said}");
    assert!(said.contains("\nAUROC               1.0000 (3 anomalies among 303 rows)\n"), "{said}");
    assert!(said.contains("\naverage precision   1.0000\n"), "{said}");
    let head = said.lines().find(|line| line.contains("bytes")).unwrap();
    let columns = ["nats", "worst", "point", "AUROC", "avg.", "precision", "bytes"];
    assert_eq!(head.split_whitespace().collect::<Vec<_>>(), columns);
    assert!(said.contains("better on the normal ones of these rows"), "{said}");
}

#[test]
fn labels_that_nobody_asked_for_are_mentioned_and_large_numbers_fit_the_table() {
    let folder = folder(&["4e8,0"]);
    let run = folder.works("eval m.safetensors labelled.csv --baseline training.csv");
    let message = "labelled.csv: the column label is not used; give --label label, or there are no \
                   nats of the normal rows and no AUROC\n";
    assert_eq!(run.stderr, message);
    let table: Vec<&str> = run.stdout.lines().skip_while(|line| !line.is_empty()).collect();
    let widths: Vec<usize> = table[1..4].iter().map(|line| line.len()).collect();
    assert!(widths.iter().all(|&width| width == widths[0]), "{}", run.stdout);
    assert!(run.stdout.contains("e1"), "{}", run.stdout);
}

#[test]
fn impossible_rows_are_counted_and_leave_the_mean_alone() {
    let folder = folder(&[]);
    let plain = folder.works("eval m.safetensors normal.csv").stdout;
    let text = folder.text("normal.csv") + "1e30,0\n0,-2e35\n";
    let folder = folder.and("far.csv", text);
    let said = folder.works("eval m.safetensors far.csv").stdout;
    for words in ["nats", "bits per dimension"] {
        assert_eq!(number(&said, words), number(&plain, words), "{said}");
    }
    assert!(said.contains("\nimpossible          2 of 302 rows, which no mean counts\n"), "{said}");
    assert!(said.contains("\nworst point         inf nats, row 301 (line 302) "), "{said}");
}

#[test]
fn json_has_the_figures_of_the_text() {
    let folder = folder(&["400,0"]);
    let arguments = "eval m.safetensors labelled.csv --label label --baseline training.csv";
    let said = folder.works(arguments).stdout;
    let json: Value =
        serde_json::from_str(&folder.works(&format!("{arguments} --json")).stdout).unwrap();
    let near = |found: &Value, words: &str| {
        assert!((found.as_f64().unwrap() - number(&said, words)).abs() < 1e-4, "{words}: {json}");
    };
    near(&json["flow"]["nats"], "nats");
    near(&json["flow"]["worst"], "worst point");
    near(&json["flow"]["auroc"], "AUROC");
    near(&json["flow"]["average_precision"], "average precision");
    near(&json["baselines"][0]["nats"], "one Gaussian");
    assert_eq!((&json["rows"], &json["flow"]["counted"]), (&301.into(), &300.into()));
}

/// A switch in a column: the more Gaussians, the nearer they come to a point, and to no truth.
#[test]
fn a_mixture_that_collapsed_onto_ties_is_not_recommended() {
    let rows = |start: usize, count: usize| {
        let mut text = "x,y\n".to_string();
        for i in start..start + count {
            let on = usize::from(common::scattered(i) < 500.0);
            writeln!(text, "{},{on}", common::scattered(i + 100_000) / 500.0 - 1.0).unwrap();
        }
        text
    };
    let folder = Folder::with("d.csv", rows(0, 600)).and("later.csv", rows(1000, 400));
    folder.works("train d.csv --couplets 2 --hidden 8 --steps 5 -o m.safetensors");
    let said = folder.works("eval m.safetensors later.csv --baseline d.csv").stdout;
    assert!(said.contains("Gaussians: collapsed onto rows that are equal"), "{said}");
    let preferred = said.lines().find(|line| line.ends_with("Prefer that."));
    assert!(preferred.is_none_or(|line| line.starts_with("one Gaussian in ")), "{said}");
}

/// A mean of some rows does not compare with a mean of others.
#[test]
fn a_flow_that_finds_rows_impossible_is_compared_with_nothing() {
    let folder = folder_with_far_rows();
    let said = folder.works("eval m.safetensors far.csv --baseline d.csv").stdout;
    assert!(
        said.ends_with(
            "The flow finds rows impossible (30), so its nats do not compare with those of the \
         Gaussians.\n"
        ),
        "{said}"
    );
}

fn folder_with_far_rows() -> Folder {
    let near: String = (0..100)
        .map(|i| format!("{},{}\n", common::scattered(i), common::scattered(i + 500)))
        .collect();
    let far: String = (0..30).map(|i| format!("1e30,1e3{}\n", i % 2)).collect();
    let folder =
        Folder::with("d.csv", format!("x,y\n{near}")).and("far.csv", format!("x,y\n{far}1,2\n"));
    folder.works("train d.csv --steps 3 -o m.safetensors");
    folder
}
