//! From normal rows to an alarm: what is promised, what is refused, and that the tool computes what
//! the device computes.

mod common;

#[path = "../../tests/models/realnvp_d7.rs"]
mod realnvp_d7;
#[path = "../../tests/models/student_d4.rs"]
mod student_d4;

use common::{Folder, committed, model, rows};
use couplet::{Attribution, Detector, Event, nalgebra::SVector};
use couplet_tools::{
    calibrate::{Rows, Wishes, calibrate},
    evaluate::blame::blame,
    model::{Calibration, Model},
};
use rand_core::SeedableRng;
use rand_xoshiro::Xoshiro128PlusPlus;
use realnvp_d7::REALNVP_D7;
use student_d4::STUDENT_D4;

const MOONS: &str = "examples/models/moons.safetensors";

const WISHES: Wishes = Wishes {
    false_alarms: 0.01,
    confidence: None,
    between_alarms: None,
    episodes: None,
    readings: Some([1, 5]),
    reference: Some(2.0),
    silence: 3,
    drift: None,
};

/// A model calibrated by its own samples.
fn calibrated(path: &str, count: usize) -> (Model, Calibration) {
    let model = model(path);
    let mut rng = Xoshiro128PlusPlus::seed_from_u64(3);
    let rows = model.flow.sample(&model.parameters, count, &mut rng);
    let log_probs = model.log_probs(&rows);
    let rows = Rows { log_probs: &log_probs, rows: &rows, episodes: None };
    let calibration = calibrate(&model, &rows, &WISHES).unwrap();
    (model, calibration)
}

/// The committed model, and so many new rows of the set that it was trained on.
fn moons(count: usize) -> Folder {
    let folder = Folder::with("m.safetensors", committed(MOONS));
    folder.works(&format!("toy moons -n {count} --seed 7 -o normal.csv"));
    folder
}

// --- What is promised ---

#[test]
fn a_calibration_says_what_it_promises() {
    let folder = moons(999);
    let run = folder.works("calibrate m.safetensors normal.csv");
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert!(
        lines[0].starts_with("threshold  -")
            && lines[0].ends_with(" nats, the 1st lowest of 999 rows")
    );
    assert_eq!(
        lines[2..],
        [
            "Of new readings like the calibration rows, at most 1 in 1000 in the mean over \
             calibrations lie below the threshold.",
            "In nine of ten calibrations the true rate of such readings lies between 1 in 19477 and \
             1 in 334.",
            "The sum of surprises raises an alarm once in at least 1000 readings with a confidence \
             of 95 %.",
            "Both rules together raise one in at least 500 readings.",
            "m.safetensors is calibrated",
            "next: couplet watch m.safetensors STREAM.csv",
        ]
    );
}

/// An autoregressive feature, in order: neighbours are alike.
fn slow(count: usize) -> String {
    let mut x = 0.0;
    let row = |i: usize| {
        x = 0.95 * x + 0.3 * (common::scattered(i) / 500.0 - 1.0);
        format!("{},{}\n", 0.5 + x, 0.25 + 0.4 * (common::scattered(i + 100_000) / 500.0 - 1.0))
    };
    format!("x,y\n{}", (0..count).map(row).collect::<String>())
}

#[test]
fn rows_that_depend_on_each_other_get_no_at_most() {
    let folder = Folder::with("m.safetensors", committed(MOONS)).and("slow.csv", slow(4000));
    let said = folder.works("calibrate m.safetensors slow.csv").stdout;
    assert!(!said.contains("confidence") && !said.contains("nine of ten"), "{said}");
    assert!(!said.contains("at most 1 in") && said.contains("about 1 in 1000"), "{said}");
    assert!(said.contains("The rows depend on each other: "), "{said}");
    assert!(
        said.contains("The halves of the rows agree within chance: a threshold for 1 in "),
        "{said}"
    );
    let said = folder.works("calibrate m.safetensors slow.csv --episode-rows 40").stdout;
    assert!(said.contains("Of new episodes like these, of up to 40 readings, "), "{said}");
    assert!(said.contains("in at most ") && !said.contains("lie below"), "{said}");
}

#[test]
fn the_rows_that_are_needed_are_named_and_enough() {
    for (flags, needed) in [
        ("--false-alarms 1e-2", 99),
        ("--false-alarms 1e-2 --confidence .95", 299),
        ("--false-alarms 1e-3", 999),
        ("--false-alarms 1e-3 --confidence .95", 2995),
    ] {
        let rate =
            flags.split(' ').nth(1).unwrap().replace("1e-2", "0.01").replace("1e-3", "0.001");
        let with = if flags.contains("conf") { " with a confidence of 0.95" } else { "" };
        let folder = moons(needed - 1);
        let run = folder.couplet(&format!("calibrate m.safetensors normal.csv {flags}"));
        let message = format!(
            "error: cannot calibrate by normal.csv: {} rows are too few for a rate of false alarms \
             of {rate}{with}: give at least {needed}",
            needed - 1
        );
        assert!(run.code == Some(1) && run.stderr.contains(&message), "{}", run.stderr);
        assert_eq!(folder.read("m.safetensors"), committed(MOONS));
        moons(needed).works(&format!("calibrate m.safetensors normal.csv {flags}"));
    }
}

#[test]
fn too_few_episodes_are_refused() {
    let folder = Folder::with("m.safetensors", committed(MOONS)).and("slow.csv", slow(1000));
    let run = folder.couplet("calibrate m.safetensors slow.csv --episode-rows 40");
    let message = "25 episodes are too few for alarms in at most 0.05 of them: give at least 29, or \
                   allow more false alarms\n";
    assert!(run.code == Some(1) && run.stderr.ends_with(message), "{}", run.stderr);
}

/// Equal log_probs share ranks.
#[test]
fn rows_that_occur_twice_calibrate_too() {
    let folder = moons(700);
    let text = folder.text("normal.csv");
    let twice: String = text
        .lines()
        .enumerate()
        .map(|(i, line)| if i == 0 { format!("{line}\n") } else { format!("{line}\n{line}\n") })
        .collect();
    let folder = folder.and("twice.csv", twice);
    for rate in ["0.002", "0.003", "0.005", "0.01"] {
        folder.works(&format!("calibrate m.safetensors twice.csv --false-alarms {rate}"));
        folder.works("score m.safetensors normal.csv -o scores.csv");
    }
}

#[test]
fn a_sum_that_never_rises_is_refused() {
    let folder = moons(999);
    let run = folder.couplet("calibrate m.safetensors normal.csv --reference 7");
    let message = "a reference of 7 nats is too large: with 999 rows a surprise is at most 6.91, so \
                   the sum would never rise\n";
    assert!(run.code == Some(1) && run.stderr.ends_with(message), "{}", run.stderr);
    folder.works("calibrate m.safetensors normal.csv --reference 6.8");
}

#[test]
fn flags_that_would_do_nothing_are_refused() {
    let folder = moons(999);
    for (flags, message) in [
        (
            "--rules single --between-alarms 100",
            "--rules single: --between-alarms and --reference are of the sum; give --rules both",
        ),
        (
            "--rules sustained --readings 3/5",
            "--readings: single readings raise no alarm with --rules sustained",
        ),
        (
            "--episode-rows 10 --readings 3/5",
            "--readings: single readings raise no alarm with episodes",
        ),
        (
            "--episode-rows 10 --confidence .95",
            "--confidence: the promise of episodes is one in the mean over calibrations",
        ),
        ("--false-alarms 0", "--false-alarms 0 must be above 0 and at most 0.5"),
        ("--confidence 1", "--confidence must be from 0.5 to below 1"),
        ("--between-alarms 1", "--between-alarms must be from 2 to 10000000 readings"),
        ("--episode-rows 0", "--episode-rows must be at least 1"),
        ("--dequantize", "--dequantize: the device adds no noise, so leave the flag out"),
    ] {
        folder.refuses(&format!("calibrate m.safetensors normal.csv {flags}"), message);
    }
}

#[test]
fn a_row_that_is_impossible_is_named() {
    let folder = moons(120);
    let text = folder.text("normal.csv").replacen("\n0.", "\n1e38,2,0,0\n0.", 1);
    let line = text.lines().position(|line| line.starts_with("1e38")).unwrap() + 1;
    let folder = folder.and("odd.csv", text);
    let run = folder.couplet("calibrate m.safetensors odd.csv --false-alarms .01");
    let message = format!(
        "error: odd.csv, row {} (line {line}): [1e38, 2.0] is impossible for the model: repair or \
         remove the row, if it is not normal\n",
        line - 1
    );
    assert!(run.code == Some(1) && run.stderr.ends_with(&message), "{}", run.stderr);
}

// --- Rows that a model saw ---

/// Two sensors in coarse steps: new rows equal old ones.
#[test]
fn new_rows_whose_values_repeat_are_not_taken_for_old_ones() {
    let coarse = |from: usize| -> String {
        let value = |i: usize| (common::scattered(i) / 50.0).floor();
        let row = |i: usize| format!("{},{}\n", value(from + 2 * i), value(from + 2 * i + 1));
        format!("a,b\n{}", (0..1500).map(row).collect::<String>())
    };
    let folder = Folder::with("old.csv", coarse(0)).and("new.csv", coarse(1_000_000));
    folder.works("train old.csv -o m.safetensors --steps 2 --couplets 1 --hidden 4");
    let run = folder.works("calibrate m.safetensors new.csv --false-alarms .01");
    assert!(!run.stderr.contains("fitted or chose"), "{}", run.stderr);
}

#[test]
fn rows_that_fitted_or_chose_a_model_are_refused() {
    let others: String = (0..600)
        .map(|i| format!("{},{}\n", common::scattered(i + 9000) + 0.5, common::scattered(i + 700)))
        .collect();
    let folder = Folder::with("d.csv", rows(600)).and("e.csv", format!("a,b\n{others}"));
    folder.works("train d.csv -o m.safetensors --steps 2 --couplets 1 --hidden 4");
    let before = folder.read("m.safetensors");
    let run = folder.couplet("calibrate m.safetensors d.csv --false-alarms .01");
    assert_eq!(
        run.stderr,
        "error: 100 % of the rows of d.csv fitted or chose the model: give normal rows that it never \
         saw, or hold some out by `couplet train --calibration-fraction 0.2`\n"
    );
    assert!(run.code == Some(1) && folder.read("m.safetensors") == before);
    let new = folder.works("calibrate m.safetensors e.csv --false-alarms .01");
    assert_eq!(new.stderr, "");
    // a model without a sketch
    let old = moons(99).works("calibrate m.safetensors normal.csv --false-alarms .01");
    let warning = "warning: the model cannot tell whether it saw the rows of normal.csv";
    assert!(old.stderr.contains(warning), "{}", old.stderr);
}

// --- Training ---

#[test]
fn a_training_ends_with_a_calibration_on_rows_of_its_own() {
    let folder = Folder::with("d.csv", rows(1000));
    let flags = "--steps 2 --couplets 1 --hidden 4 --calibration-fraction .2";
    let run = folder.works(&format!("train d.csv -o m.safetensors {flags} --false-alarms .01"));
    assert!(run.stdout.contains(" nats, the 2nd lowest of 200 rows\n"), "{}", run.stdout);
    let again = folder.couplet("calibrate m.safetensors d.csv --false-alarms .01");
    assert!(again.stderr.starts_with("error: 80 % of the rows of d.csv fitted or chose"));
    let model = Model::read(&folder.path("m.safetensors")).unwrap();
    assert_eq!(model.calibration.map(|calibration| calibration.promise.rows), Some(200));

    folder.refuses(
        &format!("train d.csv -o n.safetensors {flags}"),
        "the rows of --calibration-fraction cannot calibrate the model: 200 rows are too few for a \
         rate of false alarms of 0.001: give at least 999",
    );
    folder.refuses(
        "train d.csv -o n.safetensors --steps 2 --false-alarms .01",
        "an alarm takes rows for its calibration: give --calibration-fraction 0.2, or use `couplet \
         calibrate` later",
    );
}

// --- The device's bits ---

/// The tool has its own loop over features, since it does not know their number when it is built.
#[test]
fn the_tool_blames_as_the_device_does() {
    fn compare<const D: usize>(path: &str, log_prob: impl Fn(&SVector<f32, D>) -> f32) {
        let (model, calibration) = calibrated(path, 500);
        let threshold = calibration.device().unwrap().threshold;
        let typical: [[f32; D]; 17] =
            std::array::from_fn(|q| calibration.typical[q].clone().try_into().unwrap());
        let mut rng = Xoshiro128PlusPlus::seed_from_u64(9);
        let samples = model.flow.sample(&model.parameters, 40, &mut rng);
        let mut rounds = [0; 4];
        for (i, row) in samples.as_chunks::<D>().0.iter().enumerate() {
            let mut x = *row;
            let std = &model.flow.standardize.std;
            for far in 0..i % 5 {
                x[(i + far) % D] += (30.0 + i as f32) * std[(i + far) % D];
            }
            if i % 7 == 0 {
                x[i % D] = f32::NAN;
            }
            if i % 11 == 0 {
                x[(i + 1) % D] = f32::INFINITY;
            }
            let device = Attribution::of(&log_prob, &x.into(), &typical, threshold);
            let tool = blame(&model, &calibration, &x).unwrap();
            assert_eq!(tool.ranked, device.ranked(), "{x:?}");
            assert_eq!(tool.culprits, device.culprits(), "{x:?}");
            let bits = |values: &[f32]| values.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
            assert_eq!(bits(&tool.expected), bits(&device.expected), "{x:?}");
            assert_eq!(bits(&tool.best), bits(&device.best), "{x:?}");
            rounds[tool.culprits.min(3)] += 1;
        }
        assert!(rounds[1] > 0 && rounds[2] > 0 && rounds[3] > 0, "{rounds:?}");
    }
    compare("tests/reference/realnvp_d7.safetensors", |x| REALNVP_D7.log_prob(x));
    compare("tests/reference/student_d4.safetensors", |x| STUDENT_D4.log_prob(x));
}

/// A stream with a stretch of anomalies, a missing value, and a gap.
fn stream(normal: &str) -> String {
    let mut text = "t,x,y\n".to_string();
    for (i, row) in normal.lines().skip(1).take(300).enumerate() {
        let cells: Vec<&str> = row.split(',').collect();
        let y: f32 = cells[1].parse().unwrap();
        let y = if (150..155).contains(&i) { y + 9.0 } else { y };
        let x = if i == 200 { "" } else { cells[0] };
        let time = if i < 250 { i } else { i + 10 };
        text += &format!("{time},{x},{y}\n");
    }
    text
}

#[test]
fn watch_reports_what_the_detector_of_the_device_reports() {
    let folder = moons(1500);
    folder.works("calibrate m.safetensors normal.csv --silence 4");
    let folder = {
        let text = stream(&folder.text("normal.csv"));
        folder.and("s.csv", text)
    };
    let run = folder.works("watch m.safetensors s.csv --time t --period 1 --json");
    let found: Vec<serde_json::Value> =
        run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let found: Vec<(u64, String, String)> = found
        .iter()
        .map(|event| {
            let word = |key: &str| event[key].as_str().unwrap_or("").to_string();
            (event["row"].as_u64().unwrap(), word("event"), word("cause"))
        })
        .collect();

    let model = Model::read(&folder.path("m.safetensors")).unwrap();
    let calibration = model.calibration.as_ref().unwrap();
    let (device, rules) = (calibration.device().unwrap(), calibration.rules().unwrap());
    let mut detector = Detector::new();
    let mut expected = Vec::new();
    let text = folder.text("s.csv");
    for (row, line) in text.lines().skip(1).zip(1..).map(|(line, row)| (row, line)) {
        if row == 251 {
            for _ in 0..10 {
                if let Some(Event::Silent) = detector.missing(&rules) {
                    expected.push((row, "silent".to_string(), String::new()));
                }
            }
        }
        let x: Vec<f32> =
            line.split(',').skip(1).map(|cell| cell.parse().unwrap_or(f32::NAN)).collect();
        match detector.push(&device, &rules, model.log_probs(&x)[0]) {
            Some(Event::Alarm { cause, .. }) => {
                let cause = format!("{cause:?}").to_lowercase();
                expected.push((row, "alarm".into(), cause));
            }
            Some(Event::Cleared) => expected.push((row, "cleared".into(), String::new())),
            _ => (),
        }
    }
    assert_eq!(found, expected);
    assert!(found.contains(&(151, "alarm".into(), "single".into())));
    assert!(found.contains(&(201, "alarm".into(), "invalid".into())));
    assert!(found.contains(&(251, "silent".into(), String::new())));
    let words = folder.works("watch m.safetensors s.csv --time t --period 1").stdout;
    assert!(words.contains("row 151, 150 ALARM: single, p 0.00066622254: y "), "{words}");
    assert!(run.stderr.contains("300 readings, 1 of them not finite, 10 missing"));
}

#[test]
fn scores_have_the_p_values_of_the_device_and_who_is_to_blame() {
    let folder = moons(1200);
    folder.works("calibrate m.safetensors normal.csv");
    let folder = {
        let text = stream(&folder.text("normal.csv"));
        folder.and("s.csv", text)
    };
    folder.works("score m.safetensors s.csv -o scores.csv --keep t --blame");
    let text = folder.text("scores.csv");
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("row,log_prob,p_value,t,blame_1,blame_2,blame_3"));
    let model = Model::read(&folder.path("m.safetensors")).unwrap();
    let device = model.calibration.as_ref().unwrap().device().unwrap();
    let mut anomalies = 0;
    for line in lines {
        let cells: Vec<&str> = line.split(',').collect();
        let log_prob: f32 = cells[1].parse().unwrap();
        let p_value: f32 = cells[2].parse().unwrap();
        assert_eq!(p_value.to_bits(), device.p_value(log_prob).to_bits(), "{line}");
        let blamed = !cells[4].is_empty();
        assert_eq!(blamed, device.is_anomaly(log_prob), "{line}");
        anomalies += usize::from(blamed);
        if cells[0] == "153" {
            assert_eq!(cells[4..], ["y", "", ""]);
        }
        if cells[0] == "201" {
            assert_eq!((cells[1], cells[4]), ("-inf", "x"));
        }
    }
    assert!((6..12).contains(&anomalies), "{anomalies}");
    folder.refuses(
        "score m.safetensors s.csv -o scores.npy --blame",
        "--blame: an array holds no names; write text or Parquet",
    );
    let plain = Folder::with("m.safetensors", committed(MOONS)).and("s.csv", "x,y\n1,2\n");
    plain.refuses(
        "score m.safetensors s.csv --blame",
        "--blame: the model has no threshold yet: `couplet calibrate` finds it",
    );
    plain.refuses(
        "watch m.safetensors s.csv",
        "m.safetensors has no threshold yet: `couplet calibrate` finds it by normal rows",
    );
}

#[test]
fn eval_counts_false_alarms_and_how_late_an_alarm_is() {
    let folder = moons(1200);
    folder.works("calibrate m.safetensors normal.csv");
    let text = stream(&folder.text("normal.csv"));
    let labelled: String = text
        .lines()
        .enumerate()
        .filter(|(i, _)| *i != 201)
        .map(|(i, line)| match i {
            0 => format!("{line},label\n"),
            _ => format!("{line},{}\n", u8::from((151..156).contains(&i))),
        })
        .collect();
    let folder = folder.and("s.csv", labelled);
    let said = folder.works("eval m.safetensors s.csv --label label").stdout;
    for line in [
        "below threshold     5 of 5 (100.00 %) anomalies\n",
        " of 294 (",
        "detector            1 of 1 stretches of anomalies in alarm, after 0 readings in the median, 0 \
         at most; ",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
}

// --- The model file ---

#[test]
fn a_calibration_belongs_to_its_model() {
    let (_, calibration) = calibrated("tests/reference/student_d4.safetensors", 300);
    let (mut own, same) = calibrated("tests/reference/student_d4.safetensors", 300);
    own.calibration = Some(same.clone());
    let read = Model::from_bytes(&own.to_bytes().unwrap()).unwrap();
    assert_eq!(read.calibration, Some(same));
    assert_eq!(read.to_bytes().unwrap(), own.to_bytes().unwrap());

    let mut other = own.clone();
    other.parameters[0] += 1.0;
    other.calibration = Some(calibration.clone());
    let error = format!("{:#}", Model::from_bytes(&other.to_bytes().unwrap()).unwrap_err());
    assert!(error.starts_with("its calibration is of the model "), "{error}");

    let refused = |change: fn(&mut Calibration), words: &str| {
        let mut changed = own.clone();
        changed.calibration.iter_mut().for_each(change);
        let error = format!("{:#}", Model::from_bytes(&changed.to_bytes().unwrap()).unwrap_err());
        assert!(error.contains(words), "{error}");
    };
    refused(|of| of.log_probs.swap(3, 20), "a log_prob below the one before");
    refused(|of| of.log_probs[2] = f32::NAN, "value NaN at index 2 is not finite");
    refused(|of| of.surprises[2] = -1.0, "a surprise that is not finite, negative");
    refused(|of| of.promise.rank = 10, "its threshold is not of rank 10");
    refused(|of| of.promise.rules.limit = -1.0, "the limit of the rules is negative");
}
