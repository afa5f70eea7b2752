//! `couplet bench`: the quality table. Folders of few rows stand for the real data.

mod common;

use common::{Folder, Run, number};
use couplet_tools::bench::{
    ANOMALY_SETS, Dataset, Fold, Goal, Metric, Outcome, WORKLOADS, ablation,
};
use std::{
    fmt::Write as _,
    fs,
    io::{Cursor, Write as _},
};
use zip::{ZipWriter, write::SimpleFileOptions};

/// A folder `data` with these folders in it.
fn data(folders: &[&str]) -> Folder {
    let folder = Folder::new();
    for name in folders {
        fs::create_dir_all(folder.path("data").join(name)).expect("a folder");
    }
    folder
}

/// The cells of the line of this name.
#[track_caller]
fn cells(run: &Run, name: &str) -> Vec<String> {
    let line = run.stdout.lines().find(|line| line.starts_with(&format!("| {name} ")));
    let line = line.unwrap_or_else(|| panic!("no line {name} in {}", run.stdout));
    line.trim_matches('|').split('|').map(|cell| cell.trim().to_string()).collect()
}

/// The cell is this number, rounded to so many places from one of four places.
#[track_caller]
fn close(cell: &str, expected: f64, places: i32) {
    let found: f64 = cell.parse().unwrap_or(f64::NAN);
    assert!(
        (found - expected).abs() <= 0.51 * 10_f64.powi(-places) + 1e-4,
        "{cell} is not {expected}"
    );
}

/// An `.npz` file of X and y.
fn npz(x: &[[f64; 2]], y: &[f64]) -> Vec<u8> {
    let npy = |shape: String, numbers: &mut dyn Iterator<Item = f64>| -> Vec<u8> {
        let header = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': ({shape}), }}\n");
        let length = u16::try_from(header.len()).expect("a short header").to_le_bytes();
        let numbers: Vec<u8> = numbers.flat_map(f64::to_le_bytes).collect();
        [b"\x93NUMPY\x01\x00", &length[..], header.as_bytes(), &numbers].concat()
    };
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in [
        ("X.npy", npy(format!("{}, 2", x.len()), &mut x.iter().flatten().copied())),
        ("y.npy", npy(format!("{},", y.len()), &mut y.iter().copied())),
    ] {
        zip.start_file(name, SimpleFileOptions::default()).expect("memory");
        zip.write_all(&bytes).expect("memory");
    }
    zip.finish().expect("memory").into_inner()
}

#[test]
fn a_gap_is_that_of_train_and_eval() {
    let folder = data(&["known"]);
    folder.works("toy moons -n 400 --noise 0.05 --seed 1 -o data/known/moons05_train.csv");
    folder.works("toy moons -n 300 --noise 0.05 --seed 2 -o data/known/moons05_test.csv");
    let run = folder.works("bench data --only moons05 --seeds 2 --flags=--steps=500");
    let cells = cells(&run, "moons05-8K");
    let flags = cells[11].rsplit('`').nth(1).expect("flags in code");

    let (mut gaps, mut worst) = (Vec::new(), f64::NEG_INFINITY);
    for seed in [1, 2] {
        folder.works(&format!(
            "train data/known/moons05_train.csv {flags} --seed {seed} -o m.safetensors"
        ));
        let text = folder.works("eval m.safetensors data/known/moons05_test.csv").stdout;
        gaps.push(number(&text, "gap"));
        worst = number(&text, "worst point").max(worst);
    }
    close(&cells[2], (gaps[0] + gaps[1]) / 2.0, 3);
    close(&cells[3], gaps[0].max(gaps[1]), 3);
    close(&cells[6], worst, 1);
    let info = folder.works("info m.safetensors").stdout;
    close(&cells[8], number(&info, "parameters"), 0);
    close(&cells[9], number(&info, "flash"), 0);
    // 400 rows are too few.
    assert_eq!(cells[5], "**missed**", "{}", run.stdout);
}

#[test]
fn an_area_is_that_of_train_and_eval() {
    // 120 normal rows around a curve, every sixth row of 144 is an anomaly beside it.
    let row = |i: usize| -> [f64; 2] {
        let t = i as f64;
        let x = (1.7 * t).sin() + 0.3 * (4.1 * t).cos();
        [x, x * x + 0.3 * (2.9 * t).sin() + if i % 6 == 5 { 0.4 } else { 0.0 }]
    };
    let x: Vec<[f64; 2]> = (0..144).map(row).collect();
    let y: Vec<f64> = (0..144).map(|i| f64::from(u8::from(i % 6 == 5))).collect();
    let folder = data(&["adbench"]).and("data/adbench/40_vowels.npz", npz(&x, &y));
    let [mut training, mut test] = ["a,b\n".to_string(), "a,b,label\n".to_string()];
    let mut normal = 0;
    for (row, &label) in x.iter().zip(&y) {
        normal += usize::from(label == 0.0);
        if label == 0.0 && normal <= 60 {
            writeln!(training, "{},{}", row[0], row[1]).expect("memory");
        } else {
            writeln!(test, "{},{},{label}", row[0], row[1]).expect("memory");
        }
    }
    let folder = folder.and("training.csv", training).and("test.csv", test);
    let run = folder.works("bench data --only adbench-vowels --seeds 1 --flags=--steps=500");
    folder.works("train training.csv --dequantize --steps 500 --seed 1 -o m.safetensors");
    let area = 100.0
        * number(
            &folder.works("eval m.safetensors test.csv --dequantize --label label").stdout,
            "AUROC",
        );
    assert!((55.0..99.9).contains(&area), "{area} would hide a mistake");
    let found: f64 = cells(&run, "adbench-vowels")[2].parse().unwrap_or(f64::NAN);
    assert!((found - area).abs() < 0.016, "{area}: {}", run.stdout);
    assert!(!run.stdout.contains("adbench, mean"), "there is one set of eight: {}", run.stdout);
}

#[test]
fn a_mean_over_sets_is_taken_seed_by_seed() {
    let set = |figures: &[f64]| Outcome {
        figures: figures.to_vec(),
        worst_point: 1e3,
        over_gaussian: 0.0,
        cost: None,
        seconds: 2.0,
    };
    let mean = Outcome::mean(&[set(&[80.0, 90.0]), set(&[92.0, 84.0])]);
    assert_eq!((&mean.figures[..], mean.seconds), (&[86.0, 87.0][..], 4.0));
    let line = mean.line("sets", "", &ANOMALY_SETS);
    let cells: Vec<&str> = line.split('|').map(str::trim).collect();
    assert_eq!(cells[1..7], ["sets", "AUROC x 100", "86.50", "86.00", ">= 87.98", "**missed**"]);
}

#[test]
fn one_point_that_is_far_out_misses_the_target_of_held_out_nats() {
    let goal = Goal { metric: Metric::Nats, target: Some(1.1), peers: "" };
    let outcome = |worst_point| Outcome {
        figures: vec![1.0],
        worst_point,
        over_gaussian: 0.0,
        cost: None,
        seconds: 0.0,
    };
    assert_eq!([19.0, 21.0].map(|worst| outcome(worst).reaches(&goal)), [Some(true), Some(false)]);
    assert_eq!(outcome(21.0).reaches(&Goal { metric: Metric::Gap, ..goal }), Some(true));
    assert_eq!(outcome(21.0).reaches(&Goal { target: None, ..goal }), None);
}

#[test]
fn missing_files_are_named_and_the_other_lines_printed() {
    let folder = data(&["known"]);
    folder.works("toy moons -n 100 --seed 1 -o data/known/moons05_train.csv");
    folder.works("toy moons -n 100 --seed 2 -o data/known/moons05_test.csv");
    let run = folder.works("bench data --only moons --seeds 1 --flags=--steps=100");
    for (name, file) in
        [("moons10", "known/moons10_train.csv"), ("moons-realnvp", "toy/moons_train.csv")]
    {
        let reason = format!("not run: cannot read the data data/{file}: ");
        assert!(cells(&run, name)[1].starts_with(&reason), "{}", run.stdout);
    }
    assert_eq!(cells(&run, "moons05-8K").len(), 12, "{}", run.stdout);
}

#[test]
fn where_nothing_can_be_run_the_command_fails() {
    let folder = data(&[]);
    let run = folder.couplet("bench data --only wine");
    assert_eq!(run.code, Some(1));
    assert!(
        cells(&run, "wine-16K")[1]
            .starts_with("not run: cannot read the data data/wine/winequality-white.csv"),
        "{}",
        run.stdout
    );
    assert_eq!(run.stderr, "error: nothing could be run in data: each line says why\n");
    let run = folder.couplet("bench data --only nothing");
    assert!(
        run.stderr.starts_with("error: no workload is called nothing; there are moons10, "),
        "{}",
        run.stderr
    );
    folder.refuses("bench data --seeds 0", "--seeds must be at least 1");
}

// --- what each part of training is worth ---

#[test]
fn a_change_is_measured_against_the_defaults_on_the_same_seeds() {
    let folder = data(&[]);
    let run = folder.works(
        "bench data --ablation --only moons-nice --seeds 2 --flags=--steps=1500 --with=--batch=256 --with=--steps=2",
    );
    let lines: Vec<&str> = run.stdout.lines().collect();
    let [_, _, defaults, same, untrained] = lines[..] else { panic!("{}", run.stdout) };
    let nats: f64 =
        defaults.split('|').nth(2).and_then(|cell| cell.trim().parse().ok()).expect("nats");
    assert!((1.0..1.3).contains(&nats), "{nats}");
    assert_eq!(same, "| asked for: `--batch=256` | +0.000 +- 0.000 |");
    let more: f64 =
        untrained.split('+').nth(1).and_then(|cell| cell.trim().parse().ok()).expect("nats");
    assert!((0.5..3.0).contains(&more), "{untrained}");
}

#[test]
fn the_ablation_measures_on_training_rows_that_it_does_not_train_on() -> anyhow::Result<()> {
    let folder = data(&["known"]);
    let csv = |from: usize| {
        (from..from + 50).fold("x,y\n".to_string(), |text, i| format!("{text}{i},{}\n", i * i % 7))
    };
    let folder = folder
        .and("data/known/moons05_train.csv", csv(0))
        .and("data/known/moons05_test.csv", csv(100));
    let workload =
        WORKLOADS.iter().find(|workload| workload.name.starts_with("moons05")).expect("a workload");
    let parts = |seed| -> anyhow::Result<[Vec<f32>; 2]> {
        let split = ablation::split(workload, &folder.path("data"), seed)?;
        Ok([split.training, split.test].map(|rows| rows.iter().step_by(2).copied().collect()))
    };
    let [training, test] = parts(1)?;
    assert_eq!([training.len(), test.len()], [40, 10]);
    let mut all = [training, test.clone()].concat();
    all.sort_unstable_by(f32::total_cmp);
    assert_eq!(all, (0..50_u8).map(f32::from).collect::<Vec<_>>());
    assert_ne!(parts(2)?[1], test);
    Ok(())
}

// --- protocols ---

#[test]
fn the_first_half_of_the_normal_rows_is_for_training() -> anyhow::Result<()> {
    // Rows 0 to 8; 1 and 5 are anomalies; of the seven normal ones round(3.5) = 4 are for training:
    // 0, 2, 3, 4.
    let x: Vec<[f64; 2]> = (0..9).map(|i| [f64::from(i), f64::from(i * i % 5)]).collect();
    let y: Vec<f64> = (0..9).map(|i| f64::from(u8::from(i == 1 || i == 5))).collect();
    let folder = data(&[]).and("set.npz", npz(&x, &y));
    let [split] = &Dataset::Anomalies("set.npz").splits(&folder.path(""))?[..] else {
        panic!("one split")
    };
    let first = |rows: &[f32]| rows.iter().step_by(2).copied().collect::<Vec<_>>();
    assert_eq!(first(&split.training), [0.0, 2.0, 3.0, 4.0]);
    assert_eq!(first(&split.test), [1.0, 5.0, 6.0, 7.0, 8.0]);
    assert_eq!(split.kinds, [1, 1, 0, 0, 0]);
    Ok(())
}

#[test]
fn features_that_are_constant_in_training_are_left_out() -> anyhow::Result<()> {
    let x: Vec<[f64; 2]> = (0..8).map(|i| [if i < 4 { 3.0 } else { 4.0 }, f64::from(i)]).collect();
    let folder = data(&[]).and("set.npz", npz(&x, &[0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]));
    let [split] = &Dataset::Anomalies("set.npz").splits(&folder.path(""))?[..] else {
        panic!("one split")
    };
    assert_eq!(
        (&split.features[..], split.training.len(), split.test.len()),
        (&["x1".to_string()][..], 4, 4)
    );
    Ok(())
}

#[test]
fn wine_comes_in_ten_folds_with_noise_of_a_rounding_step() -> anyhow::Result<()> {
    // The first column tells the rows apart by more than its noise. It is no index.
    let reading = |row: usize, column: usize| {
        if column == 0 { (row * 7 % 40) as f64 } else { (row * column % 7) as f64 }
    };
    let mut text = String::new();
    for row in 0..40 {
        let cells: Vec<String> = (0..12).map(|column| reading(row, column).to_string()).collect();
        writeln!(text, "{}", cells.join(","))?;
    }
    let folder = data(&["wine"]).and("data/wine/winequality-white.csv", text);
    let splits = Dataset::Wine.splits(&folder.path("data"))?;
    assert_eq!(splits.len(), 10);
    let row = |cells: &[f32]| cells[0].round() as usize * 23 % 40; // 7 * 23 = 1 modulo 40
    let mut tested: Vec<usize> =
        splits.iter().flat_map(|split| split.test.chunks_exact(11).map(row)).collect();
    tested.sort_unstable();
    assert_eq!(tested, (0..40).collect::<Vec<_>>());
    let steps = [0.1, 0.01, 0.01, 0.1, 0.001, 1.0, 1.0, 1e-5, 0.01, 0.01, 0.1];
    for split in &splits {
        let mut all: Vec<usize> = [&split.training, &split.test]
            .iter()
            .flat_map(|rows| rows.chunks_exact(11).map(row))
            .collect();
        all.sort_unstable();
        assert_eq!(all, (0..40).collect::<Vec<_>>(), "a row is in training or in the test");
        for cells in split.training.chunks_exact(11) {
            for (column, (&x, step)) in cells.iter().zip(steps).enumerate() {
                let noise = f64::from(x) - reading(row(cells), column);
                assert!(noise.abs() <= 0.5 * step + 1e-5, "column {column}: {noise}");
            }
            assert!(cells[5].fract() != 0.0 || cells[6].fract() != 0.0, "no noise in {cells:?}");
        }
        // From the density of standardised rows to that of raw ones: the product of the standard
        // deviations.
        let count = split.training.len() as f64 / 11.0;
        let log_volume: f64 = (0..11)
            .map(|column| {
                let values =
                    || split.training.iter().skip(column).step_by(11).map(|&x| f64::from(x));
                let mean = values().sum::<f64>() / count;
                0.5 * (values().map(|x| (x - mean).powi(2)).sum::<f64>() / count).ln()
            })
            .sum();
        assert!(
            (split.log_volume - log_volume).abs() < 1e-4,
            "{} is not {log_volume}",
            split.log_volume
        );
    }
    Ok(())
}

#[test]
fn the_plant_is_trained_on_normal_rows_and_each_fault_counts_from_its_onset() -> anyhow::Result<()>
{
    let mut folder = data(&["tep"]);
    let table = |rows: usize, columns: usize, cell: &dyn Fn(usize, usize) -> usize| {
        (0..rows).fold(String::new(), |text, row| {
            text + &(0..columns)
                .map(|column| format!("  {}.5", cell(row, column)))
                .collect::<String>()
                + "\n"
        })
    };
    // Variable by variable: three rows, whose cells are 100 row + variable.
    folder = folder.and("data/tep/d00.dat", table(52, 3, &|variable, row| 100 * row + variable));
    folder = folder
        .and("data/tep/d00_te.dat", table(2, 52, &|row, variable| 1000 + 100 * row + variable));
    for fault in 1..=15 {
        folder = folder.and(
            &format!("data/tep/d{fault:02}_te.dat"),
            table(162, 52, &|row, _| 10_000 * fault + row),
        );
    }
    let [split] = &Dataset::TennesseeEastman.splits(&folder.path("data"))?[..] else {
        panic!("one split")
    };
    let training: Vec<f32> = (0..3)
        .flat_map(|row| (0..52).map(move |variable| (100 * row + variable) as f32 + 0.5))
        .collect();
    assert_eq!(split.training, training);
    let first: Vec<f32> = split.test.iter().step_by(52).copied().collect();
    assert_eq!(first[..4], [1000.5, 1100.5, 10_160.5, 10_161.5]);
    assert_eq!(first.len(), 2 + 15 * 2);
    assert_eq!((split.kinds[..4].to_vec(), split.kinds.last()), (vec![0, 0, 1, 1], Some(&15)));
    Ok(())
}

#[test]
fn each_kind_of_anomaly_counts_the_same() -> anyhow::Result<()> {
    let split = Fold { kinds: vec![0, 0, 1, 2, 2, 2], ..Fold::default() };
    // The only row of the first kind is below both normal rows, of the three of the second kind one
    // is below one of them.
    let area = Metric::Auroc.of(&[0.0, 2.0, -1.0, 1.0, 3.0, 4.0], &[true; 6], &split)?;
    assert!((area - 100.0 * (1.0 + 1.0 / 6.0) / 2.0).abs() < 1e-9, "{area}");
    Ok(())
}

#[test]
fn figures_have_their_signs() -> anyhow::Result<()> {
    let split = Fold { log_prob: Some(vec![-1.0, -2.0]), log_volume: 0.5, ..Fold::default() };
    let figure = |metric: Metric| metric.of(&[-1.5, -3.0], &[true; 2], &split);
    assert_eq!(
        [figure(Metric::Gap)?, figure(Metric::Nats)?, figure(Metric::LogLikelihood)?],
        [0.75, 2.25, -1.75]
    );
    assert!(
        Metric::Auroc.of(&[-1.5], &[true], &Fold { kinds: vec![0], ..Fold::default() }).is_err()
    );
    assert!(Metric::Nats.reaches(1.0, 1.1) && !Metric::Nats.reaches(1.2, 1.1));
    assert!(Metric::LogLikelihood.reaches(-19.0, -19.5) && !Metric::Auroc.reaches(87.0, 87.7));
    assert_eq!(Metric::Gap.worst(&[0.1, 0.3, 0.2]), 0.3);
    assert_eq!(Metric::Auroc.worst(&[80.0, 70.0, 90.0]), 70.0);
    Ok(())
}

// --- The simulated vibration ---

/// One Gaussian needs no training, and is what the target of the features is compared by here; the
/// flow's figures are in BENCHMARKS.md.
#[test]
fn features_of_a_window_tell_faults_better_than_edge_impulses() {
    let run = Folder::new().works("bench --vibration --seeds 1 --flags=--steps=20");
    let lines: Vec<Vec<&str>> = run
        .stdout
        .lines()
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    assert_eq!(lines.len(), 2 + 6, "{}", run.stdout);
    assert!(lines.iter().all(|cells| cells.len() == 11), "{}", run.stdout);
    let number = |cell: &str| cell.parse::<f64>().unwrap();
    let gaussian = |features: &str| {
        let is = |cells: &&Vec<&str>| cells[0].starts_with(features) && cells[2] == "Mahalanobis";
        let cells = lines.iter().find(is).unwrap();
        let faults: f64 = cells[5..].iter().map(|cell| number(cell)).sum();
        assert!((number(cells[4]) - faults / 6.0).abs() < 1e-3, "{cells:?}");
        number(cells[4])
    };
    let [window, peer] = ["6 octave bands", "Edge Impulse"].map(gaussian);
    assert!(window >= peer + 0.08, "{window} beside {peer}");
    for flow in lines[2..].iter().filter(|cells| cells[2] == "flow") {
        assert!(number(flow[3]) <= 8192.0, "{flow:?}");
    }
}
