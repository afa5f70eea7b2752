//! From data to a trained model and what can be asked of it, through the command line.

mod common;

#[path = "../../examples/models/circles.rs"]
mod circles;
#[path = "../../examples/models/moons.rs"]
mod moons;

use circles::CIRCLES;
use common::{File, Folder, committed, model, number, rows, scattered};
use couplet::{Base as _, StandardNormal};
use couplet_tools::{
    model::Model,
    train::{Options, VALIDATIONS},
};
use moons::MOONS;
use rand_core::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro128PlusPlus;

const MOONS_FILE: &str = "examples/models/moons.safetensors";
const CIRCLES_FILE: &str = "examples/models/circles.safetensors";

/// Moons in `d.csv`: columns x, y, label, log_prob.
fn moons_data(count: usize) -> Folder {
    let folder = Folder::new();
    folder.works(&format!("toy moons -n {count} --seed 5 -o d.csv"));
    folder
}

/// The columns of a CSV file with a header.
#[track_caller]
fn columns(text: &str) -> (Vec<&str>, Vec<Vec<&str>>) {
    let mut lines = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
    (lines.next().expect("a header"), lines.collect())
}

/// A command's help text, whatever the width of its lines.
#[track_caller]
fn help(folder: &Folder, command: &str) -> String {
    folder
        .works(&format!("{command} --help"))
        .stdout
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

// --- train ---

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
    let folder = moons_data(300);
    let train = "train d.csv --steps 20 --batch 32 --couplets 2 --hidden 8";
    folder.works(&format!("{train} --seed 7 -o a.safetensors"));
    folder.works(&format!("{train} --seed 7 -o b.safetensors"));
    folder.works(&format!("{train} --seed 8 -o c.safetensors"));
    assert!(folder.read("a.safetensors") == folder.read("b.safetensors"));
    assert!(folder.read("a.safetensors") != folder.read("c.safetensors"));
    let [a, c] =
        ["a", "c"].map(|name| File::parse(&folder.read(&format!("{name}.safetensors"))).tensors);
    assert!(a != c, "only the metadata differs");
}

/// The start is a normal distribution of the data's mean and variance, 2.0 nats; the truth is 1.0.
#[test]
fn training_learns_moons() {
    let folder = moons_data(4000);
    let held_out = "toy moons -n 2000 --seed 6 -o held_out.csv";
    folder.works(held_out);
    let train = "train d.csv --couplets 3 --hidden 16,16 --batch 128 -o";
    folder.works(&format!("{train} start.safetensors --steps 1 --lr 1e-30"));
    folder.works(&format!("{train} end.safetensors --steps 600"));
    let [start, end] = ["start", "end"].map(|model| {
        number(&folder.works(&format!("eval {model}.safetensors held_out.csv")).stdout, "nats")
    });
    assert!((start - 2.0).abs() < 0.1, "{start} nats at the start");
    assert!(end < 1.35, "{end} nats at the end, {start} at the start");
}

#[test]
fn what_training_reports_is_in_the_model_file() {
    let folder = moons_data(200);
    let said =
        folder.works("train d.csv --steps 30 --batch 16 --hidden 4 --couplets 1 --seed 3").stdout;
    let description = File::parse(&folder.read("d.safetensors")).description;
    let training = &description["training"];
    assert_eq!(
        (&description["seed"], &training["steps"], &training["rows"]),
        (&3.into(), &30.into(), &180.into())
    );
    let nats = training["held_out_nats"].as_f64().unwrap();
    let error = training["held_out_error"].as_f64().unwrap();
    let best = &training["best_step"];
    let expected = format!(
        "d.safetensors: {nats:.4} +- {error:.4} nats on 20 held-out rows, which chose the weights \
         (step {best} of 30), trained on 180 rows\n"
    );
    assert!(said.starts_with(&expected), "{said}");
}

/// At such a rate each first step ends in weights whose loss is not finite, and the second finds
/// out and goes back.
#[test]
fn steps_that_went_too_far_are_rolled_back_and_told() {
    let folder = moons_data(100);
    let run =
        folder.works("train d.csv --steps 60 --columns x,y --couplets 1 --hidden 4 --lr 1e15");
    assert_eq!(
        run.stderr,
        "features: x, y; left out: label, log_prob\n\
         warning: 30 of 60 steps went too far and were rolled back: a lower --lr may learn more\n"
    );
    let training = &File::parse(&folder.read("d.safetensors")).description["training"];
    assert_eq!(training["undone_steps"], 30);
    let at_the_start = folder.works(
        "train d.csv --steps 1 --columns x,y --couplets 1 --hidden 4 --lr 1e-30 \
         -o start.safetensors",
    );
    assert_eq!(at_the_start.stderr, "features: x, y; left out: label, log_prob\n");
    let tensors = |name: &str| File::parse(&folder.read(name)).tensors;
    assert!(
        tensors("d.safetensors") == tensors("start.safetensors"),
        "what is kept is worse than nothing"
    );
}

/// Rows of noise, which a flow without noise of its own learns by heart.
#[test]
fn patience_ends_a_training_that_finds_nothing_better() {
    let mut noise = [[0.0; 2]; 60];
    StandardNormal.sample(&mut Xoshiro128PlusPlus::seed_from_u64(1), noise.as_flattened_mut());
    let folder =
        Folder::with("d.csv", noise.iter().map(|[a, b]| format!("{a},{b}\n")).collect::<String>());
    let train =
        "train d.csv --steps 2000 --noise 0 --hidden 8 --couplets 1 --lr 0.05 --val-fraction 0.5";
    let said = folder.works(&format!("{train} --patience 5")).stdout;
    let training = &File::parse(&folder.read("d.safetensors")).description["training"];
    let (best, stopped) =
        (training["best_step"].as_u64().unwrap(), training["stopped_at"].as_u64().unwrap());
    assert!(stopped == best + 5 * (2000 / VALIDATIONS as u64) && stopped < 2000, "{training}");
    assert!(said.contains(&format!("(step {best} of 2000, stopped at {stopped})")), "{said}");
    folder.works(&format!("{train} -o patient.safetensors"));
    assert!(
        File::parse(&folder.read("patient.safetensors")).description["training"]["stopped_at"]
            .is_null()
    );
    assert!(help(&folder, "train").contains(&format!("a whole training has {VALIDATIONS}")));
}

/// A parabola among much noise: where the held-out rows soon get less likely, training starts anew
/// with a weight decay, which serves them better; what is asked for stays as it is.
#[test]
fn a_flow_that_overfits_gets_weight_decay() {
    let mut rows = [[0.0; 10]; 500];
    StandardNormal.sample(&mut Xoshiro128PlusPlus::seed_from_u64(1), rows.as_flattened_mut());
    rows.iter_mut().for_each(|row| row[1] = row[0] * row[0] + 0.3 * row[1]);
    let line = |row: &[f32; 10]| row.map(|x| x.to_string()).join(",") + "\n";
    let folder = Folder::with("d.csv", rows.iter().map(line).collect::<String>());
    let train = "train d.csv --steps 1000 --noise 0 --outliers 0 --hidden 32 --couplets 2 --base normal \
         --lr 0.006 --val-fraction 0.5 --seed 3";
    let said = folder.works(&format!("{train} -o chosen.safetensors")).stdout;
    folder.works(&format!("{train} --weight-decay 0 -o none.safetensors"));
    let [chosen, none] = ["chosen", "none"].map(|name| {
        let description = File::parse(&folder.read(&format!("{name}.safetensors"))).description;
        description["training"].clone()
    });
    let decay = chosen["weight_decay"].as_f64().unwrap();
    assert!(Options::DECAYS[1..].contains(&decay), "{chosen}");
    assert!(said.contains(&format!(" of 1000, weight decay {decay})")), "{said}");
    assert!(none["weight_decay"].is_null() && none["best_step"].as_u64().unwrap() < 100, "{none}");
    assert!(chosen["held_out_nats"].as_f64() < none["held_out_nats"].as_f64(), "{chosen} {none}");
    let decays = Options::DECAYS[1..]
        .iter()
        .map(f64::to_string)
        .collect::<Vec<_>>()
        .join(", ")
        .replace(", 8", " or 8");
    assert!(
        help(&folder, "train").contains(&format!("restarts with {decays} if the flow overfits")),
        "{decays}"
    );
}

#[test]
fn a_model_lands_beside_its_data_where_no_output_is_given() {
    let folder = Folder::with("readings.2024.csv", rows(30));
    folder.works("train readings.2024.csv --steps 2");
    assert_eq!(
        folder.files().keys().collect::<Vec<_>>(),
        ["readings.2024.csv", "readings.2024.safetensors"]
    );
}

#[test]
fn epochs_count_steps_in_whole_passes() {
    let folder = Folder::with("d.csv", rows(100));
    let said = folder.works("train d.csv --epochs 3 --batch 32").stdout;
    assert!(said.contains(" of 9), trained on 90 rows"), "{said}");
}

#[test]
fn a_label_and_a_log_prob_are_no_features() {
    let folder = moons_data(100);
    let run = folder.works("train d.csv --steps 2 -o m.safetensors");
    assert_eq!(run.stderr, "features: x, y; left out: label, log_prob\n");
    assert_eq!(
        File::parse(&folder.read("m.safetensors")).description["features"],
        serde_json::json!(["x", "y"])
    );
}

#[test]
fn a_label_is_a_feature_where_columns_name_it() {
    let folder = moons_data(100);
    folder.works("train d.csv --columns label,y,log_prob --steps 2 -o m.safetensors");
    let expected = serde_json::json!(["label", "y", "log_prob"]);
    assert_eq!(File::parse(&folder.read("m.safetensors")).description["features"], expected);
}

/// Heavy tails are no sentinels.
#[test]
fn heavy_tails_train() {
    let mut rng = Xoshiro128PlusPlus::seed_from_u64(1);
    for _ in 0..3 {
        let mut normal = [0.0_f32; 4000];
        StandardNormal.sample(&mut rng, &mut normal);
        // of two degrees of freedom, from a uniform number by the inverse of the distribution
        let uniform = || rng.next_u32().max(1) as f32 / (u32::MAX as f32 + 1.0);
        let t =
            std::iter::repeat_with(uniform).map(|u| (2.0 * u - 1.0) / (2.0 * u * (1.0 - u)).sqrt());
        let t: Vec<f32> = t.filter(|t| t.is_finite()).take(4000).collect();
        let rows: String = normal
            .iter()
            .zip(&t)
            .map(|(normal, t)| format!("{},{t}\n", (2.0 * normal).exp()))
            .collect();
        Folder::with("d.csv", format!("lognormal,t\n{rows}"))
            .works("train d.csv --steps 2 --couplets 1 --hidden 2");
    }
}

#[test]
fn a_column_that_f32_resolves_coarsely_is_warned_of() {
    let data = |offset: f64| -> String {
        let mut order: Vec<usize> = (0..200).collect();
        order.sort_by(|&i, &k| scattered(i).total_cmp(&scattered(k)));
        let reading = |i: usize| format!("{},{i}\n", offset + 0.01 * (i as f64).sin());
        order.into_iter().map(reading).collect()
    };
    let folder = Folder::with("far.csv", format!("p,i\n{}", data(101_325.0)))
        .and("near.csv", format!("p,i\n{}", data(101.325)));
    let said = folder.works("train far.csv --steps 2").stderr;
    let expected = "warning: far.csv, column p: the standard deviation is 0.9 steps of f32 at \
                    the mean 101325, so many readings \
                    are equal; subtract an offset first\n";
    assert_eq!(said, expected);
    assert_eq!(folder.works("train near.csv --steps 2").stderr, "");
}

#[test]
fn training_again_replaces_the_model() {
    let folder = Folder::with("d.csv", rows(50)).and("empty", "");
    folder.works("train d.csv --steps 2");
    let first = folder.read("d.safetensors");
    folder.works("train d.csv --steps 2 --seed 2");
    assert!(folder.read("d.safetensors") != first);
    folder.works("train d.csv --steps 2 --seed 3 -o d.safetensors");
    folder.works("train d.csv --steps 2 -o empty");
    assert!(folder.read("empty") == first);
}

#[test]
fn data_without_a_header_is_the_same_data() {
    let folder = Folder::with("with.csv", rows(60).replace("a,b\n", "x0,x1\n"))
        .and("without.csv", rows(60).replace("a,b\n", ""));
    folder.works("train with.csv --steps 5");
    folder.works("train without.csv --steps 5");
    assert!(folder.read("with.safetensors") == folder.read("without.safetensors"));
    let [with, without] = ["with", "without"]
        .map(|name| folder.works(&format!("eval with.safetensors {name}.csv")).stdout);
    // the header is a line more
    let line =
        |said: &str| number(&said[said.find("(line ").unwrap()..].replace(')', " "), "(line ");
    assert_eq!(
        with.replace(&format!("(line {})", line(&with)), &format!("(line {})", line(&with) - 1.0)),
        without
    );
}

// --- eval and score ---

#[test]
fn the_gap_is_the_mean_difference_of_true_and_scored_log_prob() {
    let folder = moons_data(500).and("m.safetensors", committed(MOONS_FILE));
    let said = folder.works("eval m.safetensors d.csv").stdout;
    folder.works("score m.safetensors d.csv -o s.csv");
    let column = |file: &str, column: usize| -> Vec<f64> {
        let text = folder.text(file);
        columns(&text).1.iter().map(|row| row[column].parse().unwrap()).collect()
    };
    let (truth, scored) = (column("d.csv", 3), column("s.csv", 1));
    assert_eq!((truth.len(), scored.len()), (500, 500));
    let mean = |values: &[f64]| values.iter().sum::<f64>() / 500.0;
    let near = |words, expected: f64| {
        let found = number(&said, words);
        assert!((found - expected).abs() <= 5.1e-5, "{words}{found}, expected {expected}");
    };
    near("gap", mean(&truth) - mean(&scored));
    near("nats", -mean(&scored));
    near("true entropy", -mean(&truth));
    near("bits per dimension", -mean(&scored) / (2.0 * std::f64::consts::LN_2));
    assert!(mean(&truth) > mean(&scored) && mean(&truth) - mean(&scored) < 0.2, "{said}");
}

#[test]
fn without_the_truth_there_is_no_gap() {
    let folder =
        Folder::with("m.safetensors", committed(MOONS_FILE)).and("d.csv", "x,y\n0,1\n1,0\n");
    let said = folder.works("eval m.safetensors d.csv").stdout;
    assert!(!said.contains("gap") && !said.contains("entropy"), "{said}");
}

#[test]
fn the_worst_row_is_counted_from_one() {
    let folder = Folder::with("m.safetensors", committed(MOONS_FILE))
        .and("d.csv", "x,y\n0,1\n1,0\n-3.5,2\n0.5,0.5\n");
    let said = folder.works("eval m.safetensors d.csv").stdout;
    let worst = said.lines().find(|line| line.starts_with("worst point")).unwrap();
    assert!(worst.ends_with("nats, row 3 (line 4) [-3.5, 2.0]"), "{worst}");
}

#[test]
fn the_worst_row_is_on_the_line_that_an_editor_shows() {
    let text = "\n\n\"x\",y\r\n\r\n0,1\r\n1,\"0\n\"\n\n\n-3.5,2\n0.5,0.5\n";
    let folder = Folder::with("m.safetensors", committed(MOONS_FILE)).and("d.csv", text);
    let said = folder.works("eval m.safetensors d.csv").stdout;
    assert!(said.contains("nats, row 3 (line 10) [-3.5, 2.0]"), "{said}");
}

/// Nobody tells `eval` whether the model was trained on the rows.
#[test]
fn eval_does_not_call_rows_held_out() {
    let folder =
        Folder::with("m.safetensors", committed(MOONS_FILE)).and("d.csv", "x,y\n0,1\n1,0\n");
    let said = folder.works("eval m.safetensors d.csv").stdout;
    assert!(!said.contains("held") && said.contains("\nnats                "), "{said}");
    assert!(help(&folder, "eval").contains("The nats are held-out ones only if the rows are"));
}

/// Usual readings, and some that overflow.
const READINGS: &str = "x,y\n0.25,1e-3\n-1.5,0.1\n1e30,-1e30\n1e-40,3.4e38\n7,123.456\n0.1,0.2\n";

fn readings() -> Vec<f32> {
    columns(READINGS).1.concat().iter().map(|cell| cell.parse().unwrap()).collect()
}

#[track_caller]
fn bits(cells: &[Vec<&str>], column: usize) -> Vec<u32> {
    cells.iter().map(|row| row[column].parse::<f32>().unwrap().to_bits()).collect()
}

#[test]
fn scores_read_back_to_the_devices_bits() {
    let folder = Folder::with("m.safetensors", committed(MOONS_FILE)).and("d.csv", READINGS);
    folder.works("score m.safetensors d.csv -o s.csv");
    let text = folder.text("s.csv");
    let (header, cells) = columns(&text);
    assert_eq!(header, ["row", "log_prob"]);
    let expected: Vec<u32> =
        readings().as_chunks().0.iter().map(|&x| MOONS.log_prob(&x.into()).to_bits()).collect();
    assert_eq!(bits(&cells, 1), expected);
    assert!(text.contains(",-inf\n"));
}

#[test]
fn latents_read_back_to_the_devices_bits() {
    let folder = Folder::with("m.safetensors", committed(CIRCLES_FILE)).and("d.csv", READINGS);
    folder.works("score m.safetensors d.csv --latents -o s.csv");
    let text = folder.text("s.csv");
    let (header, cells) = columns(&text);
    assert_eq!(header, ["row", "log_prob", "z_0", "z_1", "log_det"]);
    for (i, &x) in readings().as_chunks().0.iter().enumerate() {
        let (z, log_det) = CIRCLES.forward(&x.into());
        let expected = [CIRCLES.log_prob(&x.into()), z[0], z[1], log_det].map(f32::to_bits);
        assert_eq!([1, 2, 3, 4].map(|column| bits(&cells, column)[i]), expected, "row {}", i + 1);
    }
}

#[test]
fn columns_are_found_by_name_whatever_their_order() {
    let folder = Folder::with("m.safetensors", committed(MOONS_FILE))
        .and("d.csv", "x,y\n0.5,0.25\n-1,0.75\n")
        .and("turned.csv", "y,note,x\n0.25,ok,0.5\n0.75,,-1\n");
    folder.works("score m.safetensors d.csv -o a.csv");
    folder.works("score m.safetensors turned.csv -o b.csv");
    assert_eq!(folder.text("a.csv"), folder.text("b.csv"));
}

#[test]
fn a_reading_is_rounded_once_from_its_decimal_digits() {
    // halfway between two f32 and a little more: by way of f64 it would become the even one below
    let (cell, rounded) = ("1.00000005960464477540", f32::from_bits(0x3f80_0001));
    let folder = Folder::with("m.safetensors", committed(MOONS_FILE))
        .and("d.csv", format!("x,y\n{cell},0\n"));
    folder.works("score m.safetensors d.csv --latents -o s.csv");
    let text = folder.text("s.csv");
    assert_eq!(bits(&columns(&text).1, 2), [MOONS.forward(&[rounded, 0.0].into()).0[0].to_bits()]);
    assert_ne!(MOONS.forward(&[rounded, 0.0].into()), MOONS.forward(&[1.0, 0.0].into()));
}

// --- sample ---

#[test]
fn samples_are_those_that_the_device_draws_from_the_same_seed() {
    let folder = Folder::with("m.safetensors", committed(MOONS_FILE));
    folder.works("sample m.safetensors -n 100 --seed 9 -o s.csv");
    let text = folder.text("s.csv");
    let (header, cells) = columns(&text);
    assert_eq!(header, ["x", "y"]);
    let mut rng = Xoshiro128PlusPlus::seed_from_u64(9);
    let expected: Vec<[u32; 2]> =
        (0..100).map(|_| MOONS.sample(&mut rng).map(f32::to_bits).into()).collect();
    let found: Vec<[u32; 2]> = (0..100).map(|i| [bits(&cells, 0)[i], bits(&cells, 1)[i]]).collect();
    assert_eq!(found, expected);
}

#[test]
fn the_same_seed_gives_the_same_samples_and_another_seed_others() {
    let folder = Folder::with("m.safetensors", committed(MOONS_FILE));
    for (name, seed) in [("a", 1), ("b", 1), ("c", 2)] {
        folder.works(&format!("sample m.safetensors -n 20 --seed {seed} -o {name}.csv"));
    }
    folder.works("sample m.safetensors -n 10 -o d.csv");
    assert_eq!(folder.text("a.csv"), folder.text("b.csv"));
    assert_ne!(folder.text("a.csv"), folder.text("c.csv"));
    assert!(
        folder.text("a.csv").starts_with(&folder.text("d.csv")),
        "fewer samples are the first of more, and the seed is 1"
    );
}

// --- info ---

#[track_caller]
fn costs_what_it_says(path: &str, flash: usize) {
    let file = File::parse(&committed(path));
    let trained = file
        .tensors
        .iter()
        .filter(|(name, _)| !name.starts_with("standardize") && !name.ends_with("permutation"));
    let count = |shape: &[usize]| shape.iter().product::<usize>();
    let parameters: usize = trained.clone().map(|(_, (_, shape, _))| count(shape)).sum();
    let macs: usize = trained
        .filter(|(_, (_, shape, _))| shape.len() == 2)
        .map(|(_, (_, shape, _))| count(shape))
        .sum();
    let said = Folder::with("m.safetensors", committed(path)).works("info m.safetensors").stdout;
    let found = ["parameters", "flash", "multiply-accumulates"].map(|words| number(&said, words));
    assert_eq!(found, [parameters, flash, macs].map(|count| count as f64), "{path}");
}

#[test]
fn info_counts_what_the_compiled_model_takes() {
    costs_what_it_says(MOONS_FILE, size_of_val(&MOONS));
    costs_what_it_says(CIRCLES_FILE, size_of_val(&CIRCLES));
}

#[test]
fn info_shows_layers_and_metadata() {
    let folder =
        Folder::with("m.safetensors", committed("tests/reference/nice_d5_logistic.safetensors"));
    let said = folder.works("info m.safetensors").stdout;
    let model = model("tests/reference/nice_d5_logistic.safetensors");
    let index = &model.flow.permutations().nth(2).unwrap().index;
    for expected in [
        "NICE over 5 features: x0, x1, x2, x3, x4\n",
        &format!("  couplets.2.permutation   x <- x{index:?}\n"),
        "  couplets.2.first         additive, 3 -> 24 -> 24 -> 2 (relu)\n",
        "  couplets.2.second        additive, 2 -> 24 -> 24 -> 3 (relu)\n",
        "  scale                    x <- x exp(theta)\n",
        "  base                     standard logistic\n",
    ] {
        assert!(said.contains(expected), "no {expected} in {said}");
    }
    let said =
        Folder::with("m.safetensors", committed(MOONS_FILE)).works("info m.safetensors").stdout;
    assert!(
        said.contains("\nseed                   1\n") && said.contains("\"held_out_nats\":1.00"),
        "{said}"
    );
}

// --- check ---

#[test]
fn a_good_model_passes_the_check() {
    let said =
        Folder::with("m.safetensors", committed(CIRCLES_FILE)).works("check m.safetensors").stdout;
    assert!(said.ends_with(" checks passed\n") && !said.contains("FAILED"), "{said}");
}

#[test]
fn a_shape_passes_the_check_without_a_model() {
    Folder::new().works(
        "check --arch 3 --flow nice --hidden 6,5 --activation tanh --couplets 1 --base logistic",
    );
}

#[test]
fn a_planted_error_fails_the_check() {
    let folder = Folder::with("m.safetensors", committed(CIRCLES_FILE));
    let plant = "couplets.1.second.shift.weight";
    let run = folder.couplet(&format!("check m.safetensors --plant {plant}"));
    assert_eq!(run.code, Some(1));
    let checks = File::parse(&committed(CIRCLES_FILE)).tensors.len() - 2;
    assert!(
        run.stderr.starts_with("error: 1 of ") && run.stderr.ends_with(" checks failed\n"),
        "{}",
        run.stderr
    );
    let failed: Vec<&str> = run.stdout.lines().filter(|line| line.contains("FAILED")).collect();
    assert!(
        failed.len() == 1 && failed[0].starts_with(&format!("loss, by {plant} ")),
        "{failed:?}"
    );
    assert!(number(&run.stderr.replace("error: 1 of ", "of "), "of ") > checks as f64);
}

#[test]
fn a_verbose_check_has_a_line_for_each_tensor() {
    let said = Folder::with("m.safetensors", committed(CIRCLES_FILE))
        .works("check m.safetensors --verbose")
        .stdout;
    for tensor in model(CIRCLES_FILE).flow.layout.tensors() {
        assert!(said.contains(&format!("\nloss, by {} ", tensor.name)), "{}: {said}", tensor.name);
    }
}

// --- help ---

#[test]
fn every_subcommand_helps_with_units_and_an_example() {
    let folder = Folder::new();
    let commands = [
        ("demo", "models"),
        ("features", "Hz"),
        ("train", "learning rate"),
        ("check", "Exit code 1"),
        ("quantize", "a quarter"),
        ("calibrate", "1 in 1000"),
        ("watch", "p-value"),
        ("eval", "nats"),
        ("score", "nats"),
        ("sample", "units"),
        ("export", "bytes"),
        ("report", "nats"),
        ("plot", "PNG"),
        ("info", "bytes"),
        ("measure", "Markdown"),
        ("toy", "nats"),
        ("bench", "Markdown"),
    ];
    let listed = folder.works("--help").stdout;
    for (command, unit) in commands {
        let help = folder.works(&format!("{command} --help")).stdout;
        assert!(help.contains(unit), "no {unit} in {help}");
        assert!(
            help.contains(&format!("Example: couplet {command} ")) || command == "demo",
            "no example in {help}"
        );
        assert!(listed.contains(&format!("\n  {command} ")), "{command} is not listed in {listed}");
    }
    let names = listed
        .lines()
        .filter_map(|line| line.strip_prefix("  "))
        .filter(|line| line.starts_with(char::is_alphabetic));
    let names = names.filter(|line| !line.starts_with("couplet ")).count();
    assert_eq!(names, commands.len() + 1, "with help: {listed}");
}

#[test]
fn a_command_that_does_not_exist_is_refused_by_clap() {
    let run = Folder::new().couplet("fit");
    assert_eq!(run.code, Some(2));
    assert!(run.stderr.starts_with("error: unrecognized subcommand 'fit'"), "{}", run.stderr);
}

#[test]
fn help_says_which_columns_are_features() {
    let help = help(&Folder::new(), "train");
    assert!(help.contains("all but label, log_prob, indices and time stamps]"), "{help}");
}

/// Measured stacks are two to three times the arrays.
#[test]
fn the_stack_is_called_that_of_the_working_arrays() {
    let folder = Folder::with("m.safetensors", committed(MOONS_FILE));
    let said = folder.works("info m.safetensors").stdout;
    assert!(
        said.contains(
            "\nstack                  152 bytes of working arrays in log_prob; frames come on top\n"
        ),
        "{said}"
    );
    for command in ["info", "export"] {
        assert!(help(&folder, command).contains("frames come on top"), "{command}");
    }
}

/// The examples at the end of each help text, word by word.
#[test]
fn the_examples_in_the_help_work() {
    let data = rows(100).replace("a,b\n", "current,pressure\n");
    let vibration =
        |i: usize| if i == 0 { "vibration".to_string() } else { (i as f32).cos().to_string() };
    let time = |i: usize| if i == 0 { "time".to_string() } else { format!("10:00:{:02}", i % 60) };
    let data: String =
        data.lines().enumerate().map(|(i, line)| format!("{line},{}\n", vibration(i))).collect();
    let timed: String =
        data.lines().enumerate().map(|(i, line)| format!("{},{line}\n", time(i))).collect();
    let folder =
        Folder::with("pump.csv", &data).and("readings.csv", timed).and("later-readings.csv", &data);
    let raw: String = (0..1000).map(|i| format!("{}\n", (i as f32 * 0.7).sin())).collect();
    let folder = folder.and("raw.csv", format!("vibration\n{raw}"));
    std::fs::create_dir(folder.path("src")).unwrap();
    let commands =
        ["features", "train", "check", "eval", "score", "sample", "export", "info", "toy"];
    for command in commands {
        let help = folder.works(&format!("{command} --help")).stdout;
        let example = help.lines().find_map(|line| line.strip_prefix("Example: couplet ")).unwrap();
        let example = example.replace("-n 20000", "-n 20");
        folder.works(&if command == "train" { format!("{example} --steps 3") } else { example });
    }
}

// --- toy ---

#[test]
fn the_same_seed_gives_the_same_toy_and_another_seed_another() {
    let folder = Folder::new();
    for set in ["moons", "circles", "spirals"] {
        for (name, seed) in [("a", 1), ("b", 1), ("c", 2)] {
            folder.works(&format!("toy {set} -n 50 --seed {seed} -o {name}.csv"));
        }
        assert_eq!(folder.text("a.csv"), folder.text("b.csv"), "{set}");
        assert_ne!(folder.text("a.csv"), folder.text("c.csv"), "{set}");
        let text = folder.text("a.csv");
        let (header, cells) = columns(&text);
        assert_eq!((header, cells.len()), (vec!["x", "y", "label", "log_prob"], 50), "{set}");
    }
}

/// Other seeds are other times, a fault changes what comes after it, and samples are whole.
#[test]
fn a_vibration_is_the_signal_of_a_machine_that_may_get_a_fault() {
    let folder = Folder::new();
    let drawn = |flags: &str| -> Vec<i32> {
        folder.works(&format!("toy vibration -n 9 {flags} -o raw.csv"));
        let text = folder.text("raw.csv");
        let (header, samples) = text.split_once('\n').unwrap();
        assert_eq!(header, "vibration");
        samples.lines().map(|line| line.parse().unwrap()).collect()
    };
    let normal = drawn("--seed 1");
    assert_eq!(normal.len(), 9 * 256);
    assert_eq!(normal, drawn("--seed 1"));
    assert_ne!(normal, drawn("--seed 2"));
    for fault in ["imbalance", "looseness", "bearing", "gear", "noise", "resonance"] {
        let faulty = drawn(&format!("--seed 1 --fault {fault} --after 5"));
        assert_eq!(faulty[..5 * 256], normal[..5 * 256], "{fault}");
        assert_ne!(faulty[5 * 256..6 * 256], normal[5 * 256..6 * 256], "{fault}");
    }
}

// --- a trained model, all the way ---

#[test]
fn a_trained_model_passes_the_check_and_exports() {
    let folder = Folder::with("d.csv", rows(200));
    folder.works(
        "train d.csv --steps 50 --couplets 2 --hidden 8 --activation silu --flow nice \
         --base logistic --permute",
    );
    folder.works("check d.safetensors");
    folder.works("export d.safetensors -o d.rs --name PUMP_2");
    let source = folder.text("d.rs");
    assert!(source.contains("\npub static PUMP_2: Pump2 = couplet::Model::new(\n"));
    let model = Model::from_bytes(&folder.read("d.safetensors")).unwrap();
    assert!(model.flow.description.scale && model.flow.description.permute);
}
