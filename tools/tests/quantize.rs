//! Integer conditioners on the command line: what they cost in nats, what is refused, and that every
//! command takes the file.

mod common;

use common::{Folder, committed};
use couplet_tools::model::Model;

/// A trained flow, its rows, and its integers in i.safetensors.
fn moons() -> Folder {
    let folder =
        Folder::with("m.safetensors", committed("examples/models/moons_alarm.safetensors"));
    folder.works("toy moons -n 4000 --seed 1 -o train.csv");
    folder.works("toy moons -n 4000 --seed 2 -o test.csv");
    folder
}

fn nats(folder: &Folder, model: &str) -> f64 {
    let eval = folder.works(&format!("eval {model} test.csv")).stdout;
    let line = eval.lines().find(|line| line.starts_with("nats")).expect("nats");
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn integers_cost_a_thousandth_of_a_nat_and_a_third_of_the_flash() {
    let folder = moons();
    let run = folder.works("quantize m.safetensors train.csv -o i.safetensors");
    let dropped = "the calibration is dropped, since the scores are others: couplet calibrate \
                   i.safetensors NORMAL.csv\n";
    assert!(run.stderr.ends_with(dropped), "{}", run.stderr);
    let lost = nats(&folder, "i.safetensors") - nats(&folder, "m.safetensors");
    assert!(lost.abs() < 2e-3, "{lost} nats lost");
    let [trained, integers] = ["m", "i"].map(|name| {
        let info = folder.works(&format!("info {name}.safetensors")).stdout;
        let line = info.lines().find(|line| line.starts_with("flash")).unwrap().to_string();
        line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap()
    });
    assert!(integers < 0.4 * trained, "{integers} bytes instead of {trained}");
    let check = folder.works("check i.safetensors").stdout;
    assert!(check.contains("integral of the density against 1"), "{check}");
}

#[test]
fn every_command_takes_the_file() {
    let folder = moons();
    folder.works("quantize m.safetensors train.csv -o i.safetensors --json");
    folder.works("toy moons -n 1200 --seed 3 -o normal.csv");
    folder.works("calibrate i.safetensors normal.csv --false-alarms 1e-2");
    folder.works("score i.safetensors test.csv -o scores.csv");
    folder.works("sample i.safetensors -n 100 -o samples.csv");
    folder.works("watch i.safetensors test.csv");
    folder.works("report i.safetensors --test test.csv -o report.html");
    folder.works("info i.safetensors --json");
    folder.works("export i.safetensors -o i.rs --name I");
    folder.refuses(
        "info i.safetensors --target cortex-m0",
        "no model with this kind of weights was measured on a...",
    );
    // Rows that chose the integers cannot calibrate them.
    let run = folder.couplet("calibrate i.safetensors train.csv --false-alarms 1e-2");
    let seen = "error: 100 % of the rows of train.csv fitted or chose the model";
    assert!(run.code == Some(1) && run.stderr.contains(seen), "{}", run.stderr);
}

#[test]
fn what_cannot_be_integers_is_refused_with_the_reason() {
    let folder = moons();
    let silu = committed("tests/reference/realnvp_d8_logistic.safetensors");
    let folder = folder.and("silu.safetensors", silu);
    folder.works("quantize m.safetensors train.csv -o i.safetensors");
    folder.refuses(
        "quantize i.safetensors train.csv -o j.safetensors",
        "cannot quantise by train.csv: the conditioners are integers already",
    );
    folder.works("sample silu.safetensors -n 200 -o silu.csv");
    folder.refuses(
        "quantize silu.safetensors silu.csv -o j.safetensors",
        "cannot quantise by silu.csv: integer conditioners take relu...",
    );
    folder.works("toy moons -n 50 -o few.csv");
    folder.refuses(
        "quantize m.safetensors few.csv -o j.safetensors",
        "cannot quantise by few.csv: 50 rows are too few: give at least 100",
    );
}

/// The bytes of a model file with one tensor's bytes changed.
fn changed(bytes: &[u8], tensor: &str, change: impl FnOnce(&mut [u8])) -> Vec<u8> {
    let (length, header) = safetensors::SafeTensors::read_metadata(bytes).unwrap();
    let (start, end) = header.info(tensor).unwrap().data_offsets;
    let mut bytes = bytes.to_vec();
    change(&mut bytes[8 + length + start..8 + length + end]);
    bytes
}

#[test]
fn what_the_device_would_refuse_is_refused() {
    let bytes = committed("tests/models/integer_d2.safetensors");
    assert!(Model::from_bytes(&bytes).is_ok());
    let refused = |tensor: &str, change: &dyn Fn(&mut [u8]), message: &str| {
        let error = Model::from_bytes(&changed(&bytes, tensor, change)).unwrap_err();
        assert!(format!("{error:#}").contains(message), "{error:#}");
    };
    let most =
        |bytes: &mut [u8]| bytes.copy_from_slice(&[0xff, 0xff, 0xff, 0x7f].repeat(bytes.len() / 4));
    refused("couplets.0.first.trunk.0.bias", &most, "its sums do not fit 32 bits");
    refused("couplets.0.first.trunk.0.shift", &|bytes| bytes[0] = 32, "a shift of 32");
    refused("couplets.0.first.shift.shift", &|bytes| bytes[0] = 17, "a shift of 17");
    refused("couplets.0.first.shift.multiplier", &|bytes| bytes[1] = 0x80, "is negative");
}

/// Couplings of splines and of shifts, features that are bent first, and integers at the end of a
/// training.
#[test]
fn other_flows_take_integers_too() {
    let folder = moons();
    for flags in ["--flow spline --hidden 8,9", "--flow nice --hidden 16", "--marginal --hidden 7"]
    {
        let recipe = format!("train train.csv {flags} --couplets 2 --steps 400 -o m.safetensors");
        folder.works(&recipe);
        folder.works("quantize m.safetensors train.csv -o i.safetensors");
        let lost = nats(&folder, "i.safetensors") - nats(&folder, "m.safetensors");
        assert!(lost.abs() < 3e-3, "{flags}: {lost} nats lost");
        folder.works("check i.safetensors");
        folder.works(&format!("{recipe} --quantize"));
        let both = ["i", "m"].map(|name| Model::read(&folder.path(&format!("{name}.safetensors"))));
        let [integers, at_once] = both.map(|model| model.unwrap().flow.description.integer);
        assert!(integers && at_once, "{flags}");
    }
    folder.refuses(
        "train train.csv --activation tanh --quantize -o t.safetensors",
        "--quantize: integer conditioners take relu...",
    );
}

#[test]
fn c_of_integers_is_refused() {
    let folder = moons();
    folder.works("quantize m.safetensors train.csv -o i.safetensors");
    folder.refuses(
        "export i.safetensors -o i.h --name I",
        "cannot export i.safetensors: C of integer conditioners is not written yet: export Rust, or \
         the model before `quantize`",
    );
}
