//! `couplet eval --baseline`: the flow beside mixtures of Gaussians that learned from the same
//! rows.

mod common;

use common::{Folder, model};
use couplet_tools::{
    data::{Columns, Reading, Table},
    device::cost::Cost,
    evaluate::baseline,
};

const MOONS: &str = "examples/models/moons.safetensors";

/// A flow on moons, its training rows, and others.
fn moons(train: &str) -> Folder {
    let folder = Folder::new();
    folder.works("toy moons -n 2000 --seed 5 -o training.csv");
    folder.works("toy moons -n 1000 --seed 6 -o later.csv");
    folder.works(&format!("train training.csv {train} -o m.safetensors"));
    folder
}

/// The line that begins with these words: its last numbers.
#[track_caller]
fn line<const N: usize>(text: &str, words: &str) -> [f64; N] {
    let line = text
        .lines()
        .find(|line| line.starts_with(words))
        .unwrap_or_else(|| panic!("no {words} in {text}"));
    let numbers: Vec<f64> =
        line.split_whitespace().map(|word| word.parse().unwrap_or(f64::NAN)).collect();
    *numbers.last_chunk().unwrap_or_else(|| panic!("too few numbers in {line}"))
}

#[test]
fn a_flow_that_gaussians_beat_is_told_so() {
    let folder = moons("--couplets 1 --hidden 8 --steps 20");
    let text = folder.works("eval m.safetensors later.csv --baseline training.csv").stdout;
    let [nats, _, flash] = line(&text, "flow");
    let last = text.lines().last().unwrap_or_default();
    assert!(last.ends_with("Prefer that."), "{text}");
    let [name, rest] = last.split_once(" in ").map(|(name, rest)| [name, rest]).expect("a name");
    let [better, _, bytes] = line(&text, name);
    assert!(better < nats && bytes <= flash, "{text}");
    assert!(
        rest.starts_with(&format!("{bytes} bytes: {:.4} nats better", nats - better)),
        "{text}"
    );
}

#[test]
fn a_flow_that_beats_them_is_told_so_too() {
    let folder = moons("--steps 200");
    folder.works("toy circles -n 500 -o others.csv");
    let text = folder.works("eval m.safetensors later.csv --baseline others.csv").stdout;
    assert!(
        text.ends_with(
            "The flow is better on these rows than the Gaussians that fit into its bytes.\n"
        ),
        "{text}"
    );
    let [nats, ..]: [f64; 3] = line(&text, "flow");
    let [one, ..]: [f64; 3] = line(&text, "one Gaussian");
    assert!(nats < one, "{text}");
}

#[test]
fn the_figures_are_those_of_the_mixture_on_the_evaluated_rows() -> anyhow::Result<()> {
    let folder = moons("--steps 1").and("m.safetensors", common::committed(MOONS));
    let text = folder.works("eval m.safetensors later.csv --baseline training.csv").stdout;
    let flow = model(MOONS).flow;
    let features = &flow.description.features;
    let [training, later] = ["training.csv", "later.csv"]
        .map(|name| Table::read(&folder.path(name), &Reading::default(), Columns::named(features)));
    let (training, later) = (training?, later?);
    let chosen = baseline::choose(features, &training.rows, Cost::of(&flow).flash, 1, |_| ())?
        .expect("room for mixtures");
    for (mixture, name) in [
        (baseline::fit(features, &training.rows, 1, 1)?, "one Gaussian".into()),
        (chosen.clone(), format!("{} Gaussians", chosen.components.len())),
    ] {
        let log_probs = mixture.log_probs(&later.rows);
        let nats = -log_probs.iter().sum::<f64>() / 1000.0;
        let worst = -log_probs.into_iter().fold(f64::INFINITY, f64::min);
        let found: [f64; 3] = line(&text, &name);
        assert!(
            (found[0] - nats).abs() < 1e-4 && (found[1] - worst).abs() < 1e-4,
            "{nats} {worst}: {text}"
        );
        assert_eq!(found[2], mixture.bytes() as f64, "{text}");
    }
    Ok(())
}

#[test]
fn the_evaluated_rows_are_no_rows_to_fit_on() {
    let folder = moons("--steps 1");
    let why = "these are the evaluated rows; give the rows that the model was trained on";
    folder.refuses(
        "eval m.safetensors later.csv --baseline later.csv",
        &format!("--baseline later.csv: {why}"),
    );
    folder.refuses(
        "eval m.safetensors later.csv --baseline ./later.csv",
        &format!("--baseline ./later.csv: {why}"),
    );
}

#[test]
fn training_rows_that_no_density_fits_are_refused() {
    let folder = moons("--steps 1")
        .and("constant.csv", "x,y\n".to_string() + &"1,2\n3,2\n".repeat(10))
        .and("few.csv", "x,y\n1,2\n");
    let constant = "cannot fit a baseline on constant.csv: column y is constant in f32 (2)...";
    folder.refuses("eval m.safetensors later.csv --baseline constant.csv", constant);
    let few = "few.csv has 1 rows, too few to learn from: give at least 20";
    folder.refuses("eval m.safetensors later.csv --baseline few.csv", few);
}
