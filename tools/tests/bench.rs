//! `couplet bench`: the quality table. Folders of few rows stand for the real data.

mod common;

use common::{Folder, Run};
use couplet_tools::quality::{Measure, Source, Split};
use std::{fmt::Write as _, fs};

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

/// The number behind these words on a line of their own.
#[track_caller]
fn number(text: &str, words: &str) -> f64 {
    let line = text.lines().find_map(|line| line.strip_prefix(words)).unwrap_or_else(|| panic!("no {words} in {text}"));
    line.split_whitespace().next().and_then(|word| word.parse().ok()).unwrap_or_else(|| panic!("no number in {line}"))
}

#[test]
fn a_gap_is_that_of_train_and_eval() {
    let folder = data(&["known"]);
    folder.works("toy moons -n 400 --noise 0.05 --seed 1 -o data/known/moons05_train.csv");
    folder.works("toy moons -n 300 --noise 0.05 --seed 2 -o data/known/moons05_test.csv");
    let run = folder.works("bench data --only moons05 --seeds 2");
    let cells = cells(&run, "moons05-8K");
    let flags = cells[10].rsplit('`').nth(1).expect("flags in code");

    let (mut gaps, mut worst) = (Vec::new(), f64::NEG_INFINITY);
    for seed in [1, 2] {
        folder.works(&format!("train data/known/moons05_train.csv {flags} --seed {seed} -o m.safetensors"));
        let text = folder.works("eval m.safetensors data/known/moons05_test.csv").stdout;
        gaps.push(number(&text, "gap"));
        worst = number(&text, "worst point").max(worst);
    }
    let close = |cell: &str, expected: f64, places: i32| {
        let found: f64 = cell.parse().unwrap_or(f64::NAN);
        assert!((found - expected).abs() <= 0.51 * 10_f64.powi(-places) + 1e-4, "{cell} is not {expected}: {}", run.stdout);
    };
    close(&cells[2], (gaps[0] + gaps[1]) / 2.0, 3);
    close(&cells[3], gaps[0].max(gaps[1]), 3);
    close(&cells[6], worst, 1);
    let info = folder.works("info m.safetensors").stdout;
    close(&cells[7], number(&info, "parameters"), 0);
    close(&cells[8], number(&info, "flash"), 0);
    // 400 rows are too few.
    assert_eq!(cells[5], "**missed**", "{}", run.stdout);
}

#[test]
fn missing_files_are_named_and_the_other_lines_printed() {
    let folder = data(&["known"]);
    folder.works("toy moons -n 100 --seed 1 -o data/known/moons05_train.csv");
    folder.works("toy moons -n 100 --seed 2 -o data/known/moons05_test.csv");
    let run = folder.works("bench data --only moons --seeds 1");
    for (name, file) in [("moons10", "known/moons10_train.csv"), ("moons-realnvp", "toy/moons_train.csv")] {
        let reason = format!("not run: cannot read the data data/{file}: ");
        assert!(cells(&run, name)[1].starts_with(&reason), "{}", run.stdout);
    }
    assert_eq!(cells(&run, "moons05-8K").len(), 11, "{}", run.stdout);
}

#[test]
fn where_nothing_can_be_run_the_command_fails() {
    let folder = data(&[]);
    let run = folder.couplet("bench data --only wine");
    assert_eq!(run.code, Some(1));
    assert!(
        cells(&run, "wine")[1].starts_with("not run: cannot read the data data/wine/winequality-white.csv"),
        "{}",
        run.stdout
    );
    assert_eq!(run.stderr, "error: nothing could be run in data: each line says why\n");
    let run = folder.couplet("bench data --only nothing");
    assert!(run.stderr.starts_with("error: no workload is called nothing; there are moons10, "), "{}", run.stderr);
    folder.refuses("bench data --seeds 0", "--seeds must be at least 1");
}

// --- protocols ---

#[test]
fn wine_comes_in_ten_folds_with_noise_of_a_rounding_step() -> anyhow::Result<()> {
    // The first column tells the rows apart by more than its noise.
    let reading = |row: usize, column: usize| if column == 0 { row as f64 } else { (row * column % 7) as f64 };
    let mut text = String::new();
    for row in 0..40 {
        let cells: Vec<String> = (0..12).map(|column| reading(row, column).to_string()).collect();
        writeln!(text, "{}", cells.join(","))?;
    }
    let folder = data(&["wine"]).and("data/wine/winequality-white.csv", text);
    let splits = Source::Wine.splits(&folder.path("data"))?;
    assert_eq!(splits.len(), 10);
    let row = |cells: &[f32]| cells[0].round() as usize;
    let mut tested: Vec<usize> = splits.iter().flat_map(|split| split.test.chunks_exact(11).map(row)).collect();
    tested.sort_unstable();
    assert_eq!(tested, (0..40).collect::<Vec<_>>());
    let steps = [0.1, 0.01, 0.01, 0.1, 0.001, 1.0, 1.0, 1e-5, 0.01, 0.01, 0.1];
    for split in &splits {
        let mut all: Vec<usize> = [&split.training, &split.test].iter().flat_map(|rows| rows.chunks_exact(11).map(row)).collect();
        all.sort_unstable();
        assert_eq!(all, (0..40).collect::<Vec<_>>(), "a row is in training or in the test");
        for cells in split.training.chunks_exact(11) {
            for (column, (&x, step)) in cells.iter().zip(steps).enumerate() {
                let noise = f64::from(x) - reading(row(cells), column);
                assert!(noise.abs() <= 0.5 * step + 1e-5, "column {column}: {noise}");
            }
            assert!(cells[5].fract() != 0.0 || cells[6].fract() != 0.0, "no noise in {cells:?}");
        }
        // From the density of standardised rows to that of raw ones: the product of the standard deviations.
        let count = split.training.len() as f64 / 11.0;
        let log_volume: f64 = (0..11)
            .map(|column| {
                let values = || split.training.iter().skip(column).step_by(11).map(|&x| f64::from(x));
                let mean = values().sum::<f64>() / count;
                0.5 * (values().map(|x| (x - mean).powi(2)).sum::<f64>() / count).ln()
            })
            .sum();
        assert!((split.log_volume - log_volume).abs() < 1e-4, "{} is not {log_volume}", split.log_volume);
    }
    Ok(())
}

#[test]
fn figures_have_their_signs() -> anyhow::Result<()> {
    let split = Split { log_prob: Some(vec![-1.0, -2.0]), log_volume: 0.5, ..Split::default() };
    let figure = |measure: Measure| measure.of(&[-1.5, -3.0], &split);
    assert_eq!([figure(Measure::Gap)?, figure(Measure::Nats)?, figure(Measure::LogLikelihood)?], [0.75, 2.25, -1.75]);
    assert!(Measure::Gap.of(&[-1.5], &Split::default()).is_err());
    assert!(Measure::Nats.reaches(1.0, 1.1) && !Measure::Nats.reaches(1.2, 1.1));
    assert!(Measure::LogLikelihood.reaches(-19.0, -19.5) && !Measure::LogLikelihood.reaches(-20.0, -19.5));
    assert_eq!(Measure::Gap.worst(&[0.1, 0.3, 0.2]), 0.3);
    assert_eq!(Measure::LogLikelihood.worst(&[80.0, 70.0, 90.0]), 70.0);
    Ok(())
}
