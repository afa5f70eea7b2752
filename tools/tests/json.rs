//! What the tool prints for other programs: JSON objects with the figures of the text.

mod common;

use common::{Folder, committed, number, rows};
use serde_json::Value;

const MODEL: &str = "examples/models/moons.safetensors";

/// The one object that a run prints.
#[track_caller]
fn object(text: &str) -> Value {
    assert_eq!(text.lines().count(), 1, "{text}");
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn info_has_shape_cost_and_estimate() {
    let folder = Folder::with("m.safetensors", committed(MODEL));
    let json = object(&folder.works("info m.safetensors --json --target cortex-m4f").stdout);
    let text = folder.works("info m.safetensors").stdout;
    assert_eq!(json["cost"]["parameters"].as_f64(), Some(number(&text, "parameters")));
    assert_eq!(json["cost"]["flash"].as_f64(), Some(number(&text, "flash")));
    assert_eq!(json["description"]["features"], serde_json::json!(["x", "y"]));
    assert_eq!(json["core"], "cortex-m4f");
    assert!(json["estimate"]["log_prob"].as_f64().is_some_and(|count| count > 1000.0), "{json}");
}

#[test]
fn check_has_every_check_and_still_fails() {
    let folder = Folder::new();
    let arch = "check --arch 2 --couplets 1 --hidden 3 --json";
    let json = object(&folder.works(arch).stdout);
    let checks = json["checks"].as_array().unwrap();
    assert!(checks.len() > 20 && checks.iter().all(|check| check["passed"] == true), "{json}");
    let run = folder.couplet(&format!("{arch} --plant couplets.0.first.shift.bias"));
    assert_eq!(run.code, Some(1));
    let failed: Vec<Value> = object(&run.stdout)["checks"].as_array().unwrap().clone();
    let failed: Vec<&Value> = failed.iter().filter(|check| check["passed"] == false).collect();
    assert_eq!(failed.len(), 1);
    assert_eq!(failed[0]["check"]["name"], "loss, by couplets.0.first.shift.bias");
}

/// One line for each look, in order; the last best one is what the summary and the text say.
#[test]
fn a_training_logs_each_look_at_the_held_out_rows() {
    let folder = Folder::with("d.csv", rows(300));
    let train = "train d.csv --couplets 2 --hidden 8 --steps 200 --weight-decay 0";
    let text = folder.works(&format!("{train} -o a.safetensors")).stdout;
    let said = folder.works(&format!("{train} -o b.safetensors --json --log log.jsonl")).stdout;
    assert_eq!(folder.read("a.safetensors"), folder.read("b.safetensors"));
    let json = object(&said);
    let best = json["training"]["validation"].as_f64().unwrap();
    assert!((number(&text, "a.safetensors:") - best).abs() < 1e-4, "{text}{json}");
    let log = folder.text("log.jsonl");
    let looks: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let steps: Vec<u64> = looks.iter().map(|look| look["step"].as_u64().unwrap()).collect();
    assert_eq!(steps, (0..=50).map(|look| 4 * look).collect::<Vec<u64>>());
    let nats = looks.iter().map(|look| look["validation"].as_f64().unwrap());
    assert_eq!(nats.fold(f64::INFINITY, f64::min), best);
}

#[test]
fn a_log_is_no_input() {
    let folder = Folder::with("d.csv", rows(300));
    folder.refuses(
        "train d.csv --steps 3 --log d.csv",
        "cannot write d.csv: it is the input; choose another path with -o",
    );
    folder.works("train d.csv --steps 3 --log - --json -o m.safetensors");
    assert_eq!(folder.files().len(), 2);
}
