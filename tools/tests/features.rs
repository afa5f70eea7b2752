//! `couplet features`: from a raw signal to rows, to a model that knows its windows, to firmware with
//! the same bits.

mod common;

#[path = "signal/pump.rs"]
mod pump;

use common::{File, Folder, repository, scattered};
use couplet::{Band, Window, nalgebra::SVector};
use pump::{PUMP, PUMP_WINDOW, PUMP_WINDOW_SAMPLES};
use std::{
    env,
    f64::consts::{PI, SQRT_2, TAU},
    fmt::Write as _,
    fs,
    io::Write as _,
    process::{Command, Stdio},
};

/// The flags of most tests: nine features and one single frequency of each column.
const FLAGS: &str = "--window 256 --bands 6 --goertzel 400 --rate 3200";

/// The features of a column.
const EACH: usize = 10;

/// A machine's vibration and its current, in thousandths: waves, noise, and a load that changes.
fn sample(i: usize) -> [i64; 2] {
    let noise = |k: usize| scattered(i + k) as i64 - 500;
    let triangle = |period: usize| 2 * (i % period).min(period - i % period) as i64;
    let load = 5 + scattered(9_000_000 + i / 256) as i64 / 200;
    let square = if i % 64 < 32 { 900 } else { -900 };
    [9810 + load * (triangle(32) - 16) + noise(0) / 4, 2500 + square + noise(2_000_000) / load]
}

/// A cell of so many thousandths.
fn cell(thousandths: i64) -> String {
    format!("{}.{:03}", thousandths / 1000, thousandths % 1000)
}

/// The two columns.
fn raw(samples: usize) -> String {
    let mut text = "vibration,current\n".to_string();
    for i in 0..samples {
        let [a, b] = sample(i).map(cell);
        writeln!(text, "{a},{b}").unwrap();
    }
    text
}

/// The first column, as the tool reads it.
fn column(samples: usize, channel: usize) -> Vec<f32> {
    (0..samples).map(|i| cell(sample(i)[channel]).parse().unwrap()).collect()
}

/// An `.npy` file of f32.
fn npy(rows: usize, numbers: &[f32]) -> Vec<u8> {
    let columns = numbers.len() / rows;
    let header =
        format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {columns}), }}\n");
    let length = u16::try_from(header.len()).unwrap().to_le_bytes();
    let numbers: Vec<u8> = numbers.iter().flat_map(|x| x.to_le_bytes()).collect();
    [b"\x93NUMPY\x01\x00", &length[..], header.as_bytes(), &numbers].concat()
}

/// The numbers of a file of features: those in the first column, and the features. A missing value
/// is NaN.
fn numbers(text: &str) -> (Vec<usize>, Vec<Vec<f32>>) {
    let number = |cell: &str| if cell.is_empty() { f32::NAN } else { cell.parse().unwrap() };
    let row = |line: &str| -> (usize, Vec<f32>) {
        let (place, features) = line.split_once(',').unwrap();
        (place.parse().unwrap(), features.split(',').map(number).collect())
    };
    text.lines().skip(2).map(row).unzip()
}

fn bits(features: &[f32]) -> Vec<u32> {
    features.iter().map(|x| x.to_bits()).collect()
}

/// The mean of a column as the tool rounds it, from the first line of a file of features.
fn offset(text: &str, channel: usize) -> f32 {
    let json = text.lines().next().unwrap().strip_prefix("# couplet features ").unwrap();
    let windows: serde_json::Value = serde_json::from_str(json).unwrap();
    windows["channels"][channel]["offset"].to_string().parse().unwrap()
}

fn bands() -> [Band<f32>; 7] {
    let [a, b, c, d, e, f] = [0, 1, 2, 3, 4, 5].map(Band::octave);
    [a, b, c, d, e, f, Band::bin(400.0 / 3200.0)]
}

// --- What they are ---

/// Six octaves, a frequency and the statistics of a column in f64, from their formulas.
fn batch(x: &[f64]) -> Vec<Vec<f64>> {
    let n = 256;
    let powers: Vec<Vec<f64>> = (0..6)
        .map(|octave| {
            let w = PI * 2_f64.powf(-0.5 - f64::from(octave));
            let alpha = w.sin() / (2.0 * SQRT_2);
            let [mut x1, mut x2, mut y1, mut y2] = [0.0; 4];
            let filtered = x.iter().map(|&x| {
                let y =
                    (alpha * (x - x2) + 2.0 * w.cos() * y1 - (1.0 - alpha) * y2) / (1.0 + alpha);
                ([x2, y2], [x1, y1]) = ([x1, y1], [x, y]);
                y * y
            });
            let squares: Vec<f64> = filtered.collect();
            squares.chunks_exact(n).map(|of| of.iter().sum::<f64>() / n as f64).collect()
        })
        .collect();
    let windows = x.chunks_exact(n).enumerate();
    let row = |(i, x): (usize, &[f64])| {
        let mean = |of: &dyn Fn(f64) -> f64| x.iter().map(|&x| of(x)).sum::<f64>() / n as f64;
        let part = |wave: fn(f64) -> f64| -> f64 {
            let terms = x.iter().enumerate();
            terms.map(|(i, x)| x * wave(TAU * 400.0 / 3200.0 * i as f64)).sum()
        };
        let at = 2.0 * (part(f64::cos).powi(2) + part(f64::sin).powi(2)) / (n * n) as f64;
        let center = mean(&|x| x);
        let variance = mean(&|x| (x - center).powi(2));
        let fourth = mean(&|x| (x - center).powi(4));
        let peak = x.iter().map(|x| (x - center).abs()).fold(0.0, f64::max);
        let statistics =
            [0.5 * variance.ln(), (fourth / variance.powi(2)).ln(), (peak / variance.sqrt()).ln()];
        let bands = powers.iter().map(|power| power[i]).chain([at]);
        bands.map(|power| (power + 1e-9).ln()).chain(statistics).collect()
    };
    windows.map(row).collect()
}

#[test]
fn features_are_those_of_an_independent_computation_in_f64() {
    let count = 40 * 256;
    let folder = Folder::with("raw.csv", raw(count));
    folder.works(&format!("features raw.csv {FLAGS} -o f.csv"));
    let (places, found) = numbers(&folder.text("f.csv"));
    assert_eq!(places, (1..40).map(|i| 1 + 256 * i).collect::<Vec<_>>());
    for channel in 0..2 {
        let x: Vec<f64> = column(count, channel).iter().map(|&x| x.into()).collect();
        let mean = x.iter().sum::<f64>() / count as f64;
        let x: Vec<f64> = x.iter().map(|x| x - mean).collect();
        for (found, expected) in found.iter().zip(&batch(&x)[1..]) {
            let found = &found[EACH * channel..EACH * (channel + 1)];
            for (i, (&found, &expected)) in found.iter().zip(expected).enumerate() {
                let difference = (f64::from(found) - expected).abs();
                assert!(difference < 1e-4, "channel {channel}, feature {i}: {found}, {expected}");
            }
        }
    }
}

#[test]
fn features_have_the_bits_of_the_devices_window() {
    let folder = Folder::with("raw.csv", raw(30 * 256 + 100));
    let run = folder.works(&format!("features raw.csv {FLAGS} -o f.csv"));
    assert_eq!(
        run.stderr,
        "raw.csv: 29 windows of 256 samples, 10 features each of vibration, current\n\
         left out: the first window, in which the filters settle, and the last 100 samples, which \
         fill no window\n"
    );
    let text = folder.text("f.csv");
    let (_, found) = numbers(&text);
    assert_eq!(found.len(), 29);
    for channel in 0..2 {
        let mut window = Window::new(offset(&text, channel), bands());
        let mut rows = found.iter();
        for (i, x) in column(30 * 256, channel).into_iter().enumerate() {
            window.push(x);
            if (i + 1) % 256 == 0 {
                let features: Option<SVector<f32, EACH>> = window.features();
                assert_eq!(features.is_none(), i + 1 == 256);
                if let Some(features) = features {
                    let row = &rows.next().unwrap()[EACH * channel..EACH * (channel + 1)];
                    assert_eq!(bits(row), bits(features.as_slice()));
                }
            }
        }
    }
}

#[test]
fn the_names_say_what_the_features_are() {
    let folder = Folder::with("raw.csv", raw(1000));
    folder.works("features raw.csv --window 64 --bands 2 --goertzel 49.5 --goertzel 800 --rate 3e3 -o f.csv --exclude current");
    assert_eq!(
        folder.text("f.csv").lines().nth(1).unwrap(),
        "sample,vibration_band_0,vibration_band_1,vibration_49.5Hz,vibration_800Hz,\
         vibration_deviation,vibration_kurtosis,vibration_crest"
    );
    folder.works("features raw.csv --window 64 --bands 0 -o f.csv --columns current");
    assert_eq!(
        folder.text("f.csv").lines().nth(1).unwrap(),
        "sample,current_deviation,current_kurtosis,current_crest"
    );
}

// --- Arrays ---

#[test]
fn the_rows_of_an_array_are_windows_by_themselves() {
    let x = column(20 * 256, 0);
    let folder = Folder::with("w.npy", npy(20, &x));
    let run = folder.works(&format!("features w.npy {FLAGS} -o f.csv"));
    assert_eq!(
        run.stderr,
        "w.npy: 20 windows of 192 samples, 10 features each of signal\n\
         each row is a window by itself: its first 64 samples settle the filters; give --rows \
         running if rows go on from each other\n"
    );
    let text = folder.text("f.csv");
    let (places, found) = numbers(&text);
    assert_eq!(places, (1..=20).collect::<Vec<_>>());
    for (row, x) in found.iter().zip(x.chunks(256)) {
        let mut window = Window::new(offset(&text, 0), bands());
        x[..64].iter().for_each(|&x| window.push(x));
        assert_eq!(window.features::<EACH>(), None);
        x[64..].iter().for_each(|&x| window.push(x));
        assert_eq!(bits(row), bits(window.features::<EACH>().unwrap().as_slice()));
    }
    // Their order does not matter.
    let turned: Vec<f32> = x.chunks(256).rev().flatten().copied().collect();
    let folder = folder.and("turned.npy", npy(20, &turned));
    folder.works("features turned.npy --like f.csv -o turned.csv");
    let (_, mut again) = numbers(&folder.text("turned.csv"));
    again.reverse();
    assert_eq!(again, found);
}

#[test]
fn the_rows_of_an_array_may_go_on_from_each_other() {
    let x = column(20 * 256, 0);
    let lines: String = x.iter().map(|x| format!("{x}\n")).collect();
    let folder = Folder::with("w.npy", npy(20, &x)).and("column.csv", format!("signal\n{lines}"));
    folder.works(&format!("features w.npy --rows running {FLAGS} -o array.csv"));
    folder.works(&format!("features column.csv {FLAGS} -o column_features.csv"));
    assert_eq!(folder.text("array.csv"), folder.text("column_features.csv"));
}

// --- Missing samples ---

/// Lines of a table with nothing in the first cell of this one.
fn without(text: &str, line: usize) -> String {
    let empty = |(i, text): (usize, &str)| match i == line {
        true => format!(",{}\n", text.split_once(',').unwrap().1),
        false => format!("{text}\n"),
    };
    text.lines().enumerate().map(empty).collect()
}

#[test]
fn a_missing_sample_makes_its_window_missing_and_the_next_one_settles() {
    let whole = raw(40 * 256);
    let folder =
        Folder::with("whole.csv", &whole).and("raw.csv", without(&whole, 1 + 5 * 256 + 17));
    folder.works(&format!("features whole.csv {FLAGS} -o whole_features.csv"));
    let run = folder.works("features raw.csv --like whole_features.csv -o f.csv");
    let expected = "left out: 2 windows in which filters settle, the first and those after missing \
                    samples\n1 of 38 windows lack features, as samples are missing or too large";
    assert!(run.stderr.contains(expected), "{}", run.stderr);
    let [(_, whole), (places, found)] =
        ["whole_features.csv", "f.csv"].map(|name| numbers(&folder.text(name)));
    let expected: Vec<usize> = (1..40).filter(|&i| i != 6).map(|i| 1 + 256 * i).collect();
    assert_eq!(places, expected);
    for (place, row) in places.iter().zip(&found) {
        let [first, second] = [&row[..EACH], &row[EACH..]];
        let whole = &whole[(place - 1) / 256 - 1];
        if *place == 1 + 5 * 256 {
            assert!(first.iter().all(|x| x.is_nan()), "{row:?}");
        } else if *place < 5 * 256 {
            assert_eq!(bits(first), bits(&whole[..EACH]));
        }
        assert_eq!(bits(second), bits(&whole[EACH..]), "the other column goes on");
    }

    let flags = "--steps 2 --couplets 1 --hidden 4";
    folder.refuses(
        &format!("train f.csv {flags} -o m.safetensors"),
        "f.csv, line 7, column vibration_band_0: `` is a missing value: fill the cell, or drop such \
         rows by --drop-missing",
    );
    let run = folder.works(&format!("train f.csv {flags} -o m.safetensors --drop-missing"));
    assert!(run.stderr.contains("dropped 1 of 38 rows"), "{}", run.stderr);
    let scores = folder.works("score m.safetensors f.csv").stdout;
    let impossible: Vec<&str> = scores.lines().filter(|line| line.ends_with(",-inf")).collect();
    assert_eq!(impossible, ["5,-inf"]);
}

#[test]
fn a_window_by_itself_with_a_missing_sample_anywhere_is_missing() {
    let mut x = column(20 * 256, 0);
    x[3 * 256 + 10] = f32::NAN; // where the filters settle
    x[7 * 256 + 200] = f32::INFINITY;
    let folder = Folder::with("w.npy", npy(20, &x));
    folder.works("features w.npy --window 256 -o f.csv");
    let (_, found) = numbers(&folder.text("f.csv"));
    let missing = |row: &Vec<f32>| row.iter().all(|x| x.is_nan());
    let rows: Vec<usize> = (0..20).filter(|&i| missing(&found[i])).collect();
    assert_eq!(rows, [3, 7]);
}

// --- From the file to the model, and to firmware ---

const TRAIN: &str = "--steps 2 --couplets 1 --hidden 4 --base normal";

/// A folder with the model of `signal/pump.rs`, made of 30 windows and more.
fn pump() -> Folder {
    let folder = Folder::with("raw.csv", raw(101 * 256));
    folder.works(&format!("features raw.csv {FLAGS} -o features.csv"));
    folder.works(&format!("train features.csv {TRAIN} -o pump.safetensors"));
    folder.works("export pump.safetensors -o pump.rs --name PUMP");
    folder
}

/// COUPLET_UPDATE=1 writes it.
#[test]
fn the_committed_export_is_what_the_tool_writes() {
    let (written, path) = (pump().text("pump.rs"), repository("tools/tests/signal/pump.rs"));
    if env::var_os("COUPLET_UPDATE").is_some() {
        fs::write(path, written).unwrap();
    } else {
        assert!(
            written == fs::read_to_string(&path).unwrap(),
            "COUPLET_UPDATE=1 writes {}",
            path.display()
        );
    }
}

/// Firmware pushes samples, puts the features side by side and asks for their log_prob.
#[test]
fn firmware_has_the_bits_of_the_features_and_of_their_scores() {
    let folder = pump();
    let (_, rows) = numbers(&folder.text("features.csv"));
    let scores = folder.works("score pump.safetensors features.csv").stdout;
    let mut scores = scores.lines().skip(1).map(|line| line.split_once(',').unwrap().1);
    let mut rows = rows.iter();
    let mut windows = PUMP_WINDOW;
    let columns = [0, 1].map(|channel| column(101 * 256, channel));
    for i in 0..101 * 256 {
        windows.iter_mut().zip(&columns).for_each(|(window, x)| window.push(x[i]));
        if (i + 1) % PUMP_WINDOW_SAMPLES == 0
            && let [Some(a), Some(b)] = windows.each_mut().map(|window| window.features::<EACH>())
        {
            let mut reading = SVector::<f32, { 2 * EACH }>::zeros();
            reading.rows_mut(0, EACH).copy_from(&a);
            reading.rows_mut(EACH, EACH).copy_from(&b);
            assert_eq!(bits(reading.as_slice()), bits(rows.next().unwrap()));
            assert_eq!(PUMP.log_prob(&reading).to_string(), scores.next().unwrap());
        }
    }
    assert_eq!((rows.next(), scores.next()), (None, None));
    assert_eq!(PUMP.self_test(), Ok(()));
}

#[test]
fn rustfmt_leaves_the_export_alone() {
    for name in ["pump.rs", "one.rs"] {
        let folder = pump();
        folder.works("features raw.csv --window 64 --bands 5 --columns current -o one.csv");
        folder.works(&format!("train one.csv {TRAIN}"));
        folder.works("export one.safetensors -o one.rs --name ONE");
        let mut rustfmt = Command::new("rustfmt");
        rustfmt.args(["--check", "--edition", "2024", name]).current_dir(folder.path(""));
        let output = rustfmt.output().expect("rustfmt is installed");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }
}

#[test]
fn a_model_knows_its_windows_and_its_density_does_not() {
    let folder = pump();
    let text = folder.text("features.csv");
    let (comment, table) = text.split_once('\n').unwrap();
    let folder = folder.and("plain.csv", table);
    folder.works(&format!("train plain.csv {TRAIN} -o plain.safetensors"));
    let [with, without] =
        ["pump.safetensors", "plain.safetensors"].map(|name| File::parse(&folder.read(name)));
    assert!(with.tensors == without.tensors);
    let json = comment.strip_prefix("# couplet features ").unwrap();
    assert_eq!(with.description["window"].to_string(), {
        let windows: serde_json::Value = serde_json::from_str(json).unwrap();
        windows.to_string()
    });
    assert!(without.description.get("window").is_none());

    let info = folder.works("info pump.safetensors").stdout;
    let line = info.lines().find(|line| line.starts_with("window ")).unwrap();
    assert!(
        line.starts_with("window                 256 samples at 3200 Hz of vibration less 9.8")
            && line.ends_with("; 6 octaves and 400 Hz"),
        "{line}"
    );
    folder.works("export plain.safetensors -o plain.rs");
    assert!(!folder.text("plain.rs").contains("_WINDOW"));
}

#[test]
fn an_export_says_where_each_feature_is_in_a_reading() {
    let folder = pump();
    folder.works(&format!(
        "train features.csv {TRAIN} --columns current_crest,vibration_band_3 -o m.safetensors"
    ));
    folder.works("export m.safetensors -o m.rs --name PUMP");
    let source = folder.text("m.rs");
    for line in ["`vibration_band_3`: 1", "`vibration_crest`: not there", "`current_crest`: 0"] {
        assert!(source.contains(&format!("\n/// - {line}\n")), "{line} is not in {source}");
    }
}

#[test]
fn constants_come_from_a_model_or_from_features() {
    let folder = pump().and("later.csv", raw(900));
    for like in ["pump.safetensors", "features.csv"] {
        folder.works(&format!("features raw.csv --like {like} -o again.csv"));
        assert_eq!(folder.text("again.csv"), folder.text("features.csv"), "{like}");
    }
    folder.works("features later.csv --like pump.safetensors -o later_features.csv");
    let first = |name: &str| folder.text(name).lines().next().unwrap().to_string();
    assert_eq!(first("later_features.csv"), first("features.csv"));
    folder.works(&format!("features later.csv {FLAGS} -o own.csv"));
    let warned = |arguments: &str| {
        folder.works(arguments).stderr.contains(
            "has features of other windows than the model's: write it again with `couplet features \
             --like MODEL.safetensors`",
        )
    };
    for command in ["eval", "score"] {
        assert!(!warned(&format!("{command} pump.safetensors later_features.csv")), "{command}");
        assert!(warned(&format!("{command} pump.safetensors own.csv")), "{command}");
    }
    let other = "own.csv has features of other windows than features.csv: write it again with \
                 `couplet features --like features.csv`";
    folder.refuses(&format!("train features.csv own.csv {TRAIN} -o m.safetensors"), other);
    folder.refuses(
        &format!("train features.csv --validation own.csv {TRAIN} -o m.safetensors"),
        other,
    );
}

// --- Bad input ---

#[test]
fn what_makes_no_sense_is_refused_in_one_line() {
    let folder = Folder::with("raw.csv", raw(600))
        .and("flat.csv", "a,b\n".to_string() + &"1,2\n".repeat(600))
        .and("none.csv", "a\n".to_string() + &"NaN\n".repeat(600))
        .and("words.csv", "a,b\n1,2\n2,high\n")
        .and("w.npy", npy(4, &column(4 * 100, 0)));
    let refuses = |arguments: &str, message: &str| {
        folder.refuses(&format!("features {arguments}"), message);
    };
    refuses("raw.csv", "how many samples has a window? Say so by --window, or give --like");
    refuses("raw.csv --window 8", "--window 8: from 16 to 65536 samples make sense");
    refuses(
        "raw.csv --window 64",
        "the usual --bands 6: features of 64 samples can have at most 5, as a lower octave has no \
         whole period in them: give fewer, or a longer --window",
    );
    refuses("raw.csv --window 256 --bands 8", "--bands 8: features of 256 samples can have at...");
    refuses(
        "raw.csv --window 65536 --bands 11",
        "--bands 11: at most 10 make sense, as f32 cannot hold the coefficients of lower octaves",
    );
    refuses(
        "raw.csv --window 256 --goertzel 800",
        "--goertzel 800 needs --rate: how many samples a second there are",
    );
    let at = |hertz: &str, message: &str| {
        refuses(&format!("raw.csv --window 256 --rate 3200 {hertz}"), message);
    };
    at(
        "--goertzel 1600",
        "--goertzel 1600: a signal of 3200 samples a second holds only frequencies below 1600 Hz",
    );
    at(
        "--goertzel 12",
        "--goertzel 12: features of 256 samples tell no frequency below 12.5000 Hz: give a longer \
         --window",
    );
    at("--goertzel -800", "--goertzel -800: a frequency is positive, in Hz");
    at("--goertzel nan", "--goertzel NaN: a frequency is positive, in Hz");
    at("--goertzel 800 --goertzel 800", "--goertzel 800 is given twice");
    refuses(
        "raw.csv --window 65536 --rate 3200 --goertzel 0.06",
        "--goertzel 0.06: its coefficient in f32 would be that of 0...",
    );
    refuses("raw.csv --window 256 --rate 0", "--rate 0: it must be positive, in Hz");
    let many = (1..12).map(|i| format!(" --goertzel {}", 100 * i)).collect::<String>();
    at(&many[1..], "--bands 6 and 11 of --goertzel: there can be 16 together");
    refuses(
        "raw.csv --window 512",
        "raw.csv has 600 samples and no features: the first window settles the filters, so 1024 \
         samples in a row make the first features; give a longer signal or a shorter --window",
    );
    refuses(
        "flat.csv --window 256",
        "flat.csv: column a is constant, so it has no features: leave it out by --exclude a",
    );
    refuses(
        "none.csv --window 256",
        "none.csv: column a has no number in it: leave it out by --exclude a",
    );
    refuses(
        "words.csv --window 256",
        "words.csv, line 3, column b: `high` is not a number: drop...",
    );
    refuses(
        "w.npy --window 256 --rows windows",
        "--rows windows: a window has 256 samples, and a row of w.npy 100: they must be equal, and \
         the columns without names",
    );
    refuses(
        "raw.csv --window 256 --rows running",
        "--rows running: raw.csv names its columns, so that each is a signal: leave --rows out",
    );
    refuses("raw.csv --window 256 -o f.npy", "f.npy: features are written as text, not as .npy...");
    refuses("raw.csv --window 256 --drop-missing", "--drop-missing: samples follow each other...");
    refuses("raw.csv --like flat.csv", "flat.csv has no constants of windows: give a model or...");
    refuses("- --window 256", "standard input is not read twice, for the mean and for the...");
    refuses("raw.csv --window 256 -o raw.csv", "cannot write raw.csv: it is the input; choose...");
}

#[test]
fn constants_that_are_not_whole_are_refused() {
    let folder = pump();
    let text = folder.text("features.csv").replace("\"samples\":256,", "");
    let folder = folder.and("features.csv", text);
    folder.refuses(
        &format!("train features.csv {TRAIN} -o m.safetensors"),
        "features.csv: write it again with `couplet features`: the comment with the constants of the \
         windows is not whole: ...",
    );
}

#[test]
fn a_signal_that_is_as_small_as_the_floor_is_warned_of() {
    let lines: String =
        column(600, 0).iter().map(|x| format!("{:e}\n", (x - 9.8) * 1e-4)).collect();
    let folder = Folder::with("raw.csv", format!("a\n{lines}"));
    let run = folder.works("features raw.csv --window 256 -o f.csv");
    assert!(run.stderr.starts_with("warning: raw.csv, column a varies by "), "{}", run.stderr);
}

// --- Streams ---

/// Ten times the samples take no more memory: as text, each would take a byte or more if it were
/// kept.
#[cfg(target_os = "linux")]
#[test]
fn memory_does_not_grow_with_the_signal() {
    const SAMPLES: usize = 100 * 256;
    let folder = Folder::with("raw.csv", raw(SAMPLES));
    folder.works(&format!("features raw.csv {FLAGS} -o f.csv"));
    let mut run = Command::new(env!("CARGO_BIN_EXE_couplet"))
        .args(["features", "-", "--like", "f.csv", "-o", "stream.csv"])
        .current_dir(folder.path(""))
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let text = raw(SAMPLES);
    let (header, lines) = text.split_once('\n').unwrap();
    run.stdin.as_ref().unwrap().write_all(format!("{header}\n").as_bytes()).unwrap();
    let peak_after = |times: usize| -> usize {
        let mut pipe = run.stdin.as_ref().unwrap();
        pipe.write_all(lines.repeat(times).as_bytes()).unwrap();
        let status = fs::read_to_string(format!("/proc/{}/status", run.id())).unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        peak.trim().trim_end_matches(" kB").parse().unwrap()
    };
    let (few, many) = (peak_after(2), peak_after(20));
    drop(run.stdin.take());
    assert!(run.wait().unwrap().success());
    assert_eq!(folder.text("stream.csv").lines().count(), 2 + 22 * 100 - 1);
    assert!((many - few) * 1024 < 20 * SAMPLES, "{few} kB after the first samples, then {many} kB");
}
