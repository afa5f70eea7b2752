//! Data as people have it: whatever the format, the same rows; and what is wrong with a file is
//! said in one line.

mod common;

use common::{File, Folder, committed, repository, rows, scattered};
use couplet_tools::{
    data::{Columns, Judgement, Reading, Standardization, Table, judge},
    hint::{Hint, Hinted},
    model::Model,
};
use flate2::{Compression, write::GzEncoder};
use serde_json::json;
use std::{fmt::Write as _, io::Write as _};

const MODEL: &str = "examples/models/moons.safetensors";

/// Reads a file of the folder as new features.
#[track_caller]
fn read(folder: &Folder, name: &str) -> Table {
    read_with(folder, name, &Reading::default())
}

#[track_caller]
fn read_with(folder: &Folder, name: &str, reading: &Reading) -> Table {
    Table::read(&folder.path(name), reading, Columns::All)
        .unwrap_or_else(|error| panic!("{name}: {error:#}"))
}

/// A flag's value.
fn some(text: &str) -> Option<String> {
    Some(text.into())
}

// --- Text ---

const CELLS: [[&str; 2]; 3] = [["0.5", "-1.25"], ["3e-5", "+7"], [".125", "16777217"]];

/// The cells with a header, lines and delimiters as given.
fn text(delimiter: &str, end: &str) -> String {
    let line = |cells: &[&str; 2]| cells.join(delimiter) + end;
    line(&["a", "b"]) + &CELLS.iter().map(line).collect::<String>()
}

fn gzip(content: impl AsRef<[u8]>) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content.as_ref()).unwrap();
    encoder.finish().unwrap()
}

/// Whatever the text, it has the rows of [`CELLS`].
#[track_caller]
fn is_read(content: impl AsRef<[u8]>, reading: &Reading) {
    let table = read_with(&Folder::with("d", content), "d", reading);
    assert_eq!(
        table.rows,
        CELLS.as_flattened().iter().map(|cell| cell.parse().unwrap()).collect::<Vec<f32>>()
    );
    assert!(table.features == ["a", "b"] || table.features == ["x0", "x1"], "{:?}", table.features);
}

#[test]
fn the_delimiter_is_found_out() {
    for delimiter in [",", ", ", ";", " ; ", "\t", "|", " ", "    ", " \t "] {
        for end in ["\n", "\r\n", "\r"] {
            let text = text(delimiter, end);
            is_read(&text, &Reading::default());
            is_read(format!("\u{feff}{text}"), &Reading::default());
            is_read(text.trim_end(), &Reading::default());
            is_read(text.replace(&format!("a{delimiter}b{end}"), ""), &Reading::default());
            is_read(
                text.replace(end, &format!("  {end}{end}# a note, or; two{end}")),
                &Reading::default(),
            );
            is_read(gzip(&text), &Reading::default());
        }
    }
}

/// As the Tennessee Eastman process is published.
#[test]
fn lines_may_begin_with_spaces() {
    is_read(
        "   5.0e-01  -1.25e+00\n   3.0e-05   7.0e+00\n   1.25e-01   16777217\n",
        &Reading::default(),
    );
}

#[test]
fn cells_may_be_quoted() {
    is_read("\"a\",\"b\"\n\"0.5\",-1.25\n3e-5,\" 7\"\n.125,\"16777217\"\n", &Reading::default());
    let folder = Folder::with("d.csv", "\"flow, l/s\";\"size 5\"\"\"\n0.5;1\n");
    assert_eq!(read(&folder, "d.csv").features, ["flow, l/s", "size 5\""]);
}

#[test]
fn a_text_column_does_not_hide_the_delimiter() {
    let folder =
        Folder::with("d.csv", "time,a,b\n2026-01-01 10:00:00,1.5,2\n2026-01-01 10:00:01,2.5,3\n");
    let reading = Reading { exclude: Some(vec!["time".into()]), ..Reading::default() };
    assert_eq!(read_with(&folder, "d.csv", &reading).rows, [1.5, 2.0, 2.5, 3.0]);
}

#[test]
fn a_delimiter_can_be_given() {
    let folder = Folder::with("d.csv", format!("a b;c d\n{}", "1 2;3 4\n".repeat(3)));
    let one = |delimiter| folder.couplet(&format!("train d.csv --delimiter {delimiter}")).stderr;
    let message = "error: d.csv has 3 rows, too few to learn from: give at least 20\n";
    assert_eq!(
        one("space"),
        "error: d.csv: column b;c holds text, such as `2;3` in line 2: leave it out by --exclude \
         'b;c'\n"
    );
    assert_eq!(
        one(";"),
        "error: d.csv: columns a b, c d hold text, such as `1 2` in line 2: say how the table \
         is written by --delimiter, --decimal, --header or --skip\n"
    );
    for (delimiter, byte) in
        [("tab", '\t'), ("\\t", '\t'), ("|", '|'), (":", ':'), ("space", ' '), ("x", 'x')]
    {
        let folder =
            Folder::with("d.csv", format!("a{byte}b\n{}", format!("1{byte}2\n").repeat(3)));
        assert_eq!(
            folder.couplet(&format!("train d.csv --delimiter {delimiter}")).stderr,
            message,
            "{delimiter}"
        );
    }
    for delimiter in ["::", "''", "\"", "é"] {
        let run = folder.couplet(&format!("train d.csv --delimiter {delimiter}"));
        assert_eq!(run.code, Some(2));
        assert!(
            run.stderr.contains("give one character other than a quote, `tab` or `space`"),
            "{}",
            run.stderr
        );
    }
}

#[test]
fn delimiters_that_fit_equally_well_are_refused() {
    let message =
        "d.csv: cells could be separated by commas or by semicolons: say which with --delimiter";
    Folder::with("d.csv", "a,b;c,d;e\n").refuses("train d.csv", message);
    Folder::with("d.csv", "a,b;c\nx,y;z\nu,v;w\n").refuses("train d.csv", message);
}

#[test]
fn comments_begin_as_they_are_said_to() {
    is_read(
        format!("% a note\n{}", text(",", "\n% 1,2,3\n")),
        &Reading { comment: b'%', ..Reading::default() },
    );
    let folder = Folder::with("d.csv", format!("% a, note\n{}", rows(30)));
    folder.works("train d.csv --comment % --steps 3");
    let run = folder.couplet("train d.csv --comment //");
    assert!(run.code == Some(2) && run.stderr.contains("give one character"), "{}", run.stderr);
}

#[test]
fn a_decimal_comma_is_named() {
    Folder::with("d.csv", "a;b\n1,5;2\n2,5;3\n").refuses(
        "train d.csv",
        "d.csv, line 2, column a: `1,5` is not a number: give --decimal , if numbers are written as \
         in 1000,5",
    );
}

#[test]
fn gzip_that_is_not_whole_is_refused() {
    let whole = gzip(rows(500));
    Folder::with("d.csv.gz", &whole[..whole.len() / 2])
        .refuses("train d.csv.gz", "cannot read the data d.csv.gz: ...");
    let archive = gzip(committed("tools/tests/data/labelled.npz"));
    Folder::with("d.gz", archive)
        .refuses("train d.gz", "d.gz holds a zip archive in gzip: unpack it with gunzip");
    let array = gzip(committed("tools/tests/data/fortran_f4.npy"));
    assert_eq!(read(&Folder::with("d.npy.gz", array), "d.npy.gz").rows, array_rows(40));
}

/// As block devices leave it, and as parts of a log are put together.
#[test]
fn gzip_may_be_padded_with_zeros_and_have_several_members() {
    let text = text(",", "\n");
    let (head, tail) = text.split_at(text.find("3e-5").unwrap());
    for padding in [0, 1, 512, 200_000] {
        is_read([gzip(&text), vec![0; padding]].concat(), &Reading::default());
        let members = [gzip(head), gzip(""), gzip(tail), vec![0; padding]].concat();
        is_read(members, &Reading::default());
    }
    let hidden = |between: &[u8]| [&gzip(head), between, &gzip(tail)].concat();
    for content in [hidden(&[0; 9]), hidden(b"x")] {
        Folder::with("d.gz", content).refuses("train d.gz", "cannot read the data d.gz: ...");
    }
}

// --- Columns ---

#[test]
fn columns_are_chosen_by_name_or_by_index_from_0() {
    let folder = Folder::with("d.csv", "a,b,c\n1,2,3\n4,5,6\n").and("n.csv", "1,2,3\n4,5,6\n");
    let check = |file: &str,
                 columns: Option<&str>,
                 exclude: Option<&str>,
                 features: &[&str],
                 rows: &[f32]| {
        let list = |text: &str| text.split(',').map(String::from).collect();
        let reading = Reading {
            columns: columns.map(list),
            exclude: exclude.map(list),
            ..Reading::default()
        };
        let table = read_with(&folder, file, &reading);
        assert_eq!(
            (table.features, &*table.rows),
            (features.iter().map(|name| name.to_string()).collect(), rows)
        );
    };
    check("d.csv", Some("c,a"), None, &["c", "a"], &[3.0, 1.0, 6.0, 4.0]);
    check("d.csv", Some("2,a"), None, &["c", "a"], &[3.0, 1.0, 6.0, 4.0]);
    check("n.csv", Some("2,0"), None, &["x2", "x0"], &[3.0, 1.0, 6.0, 4.0]);
    check("n.csv", Some("x2,0"), None, &["x2", "x0"], &[3.0, 1.0, 6.0, 4.0]);
    check("d.csv", None, Some("b"), &["a", "c"], &[1.0, 3.0, 4.0, 6.0]);
    check("d.csv", None, Some("0,c"), &["b"], &[2.0, 5.0]);
    check("n.csv", None, Some("1"), &["x0", "x2"], &[1.0, 3.0, 4.0, 6.0]);
}

#[test]
fn a_column_that_is_not_there_is_named() {
    let folder = Folder::with("d.csv", rows(30));
    folder.refuses("train d.csv --columns a,2", "d.csv: there is no column 2; the last of 2 is 1");
    folder.refuses("train d.csv --columns a,0", "d.csv: column a is chosen twice");
    folder.refuses("train d.csv --exclude c", "d.csv: no column is called c; there are a, b");
    folder.refuses("train d.csv --exclude a,b", "d.csv: there is no feature: a, b are left out");
    folder.refuses(
        "train d.csv --columns a,b --label 1",
        "d.csv: column b is a feature and cannot be the label too",
    );
    let run = folder.couplet("train d.csv --columns a --exclude b");
    assert_eq!(run.code, Some(2), "{}", run.stderr);
    let folder = Folder::with("m.safetensors", committed(MODEL)).and("d.csv", "x,y\n1,2\n");
    let message = "d.csv: column y cannot be left out: it is a feature of the model";
    folder.refuses("eval m.safetensors d.csv --exclude y", message);
}

/// As a data frame writes its index.
#[test]
fn a_column_without_a_name_is_left_out() {
    let table = read(&Folder::with("d.csv", ",a,b\n0,1,2\n1,3,4\n"), "d.csv");
    assert_eq!(
        (table.rows, table.left_out),
        (vec![1.0, 2.0, 3.0, 4.0], vec!["(no name)".to_string()])
    );
}

/// By position where there is no header, once labels and excluded columns are gone.
#[test]
fn a_models_columns_are_found_in_every_layout() {
    let folder = Folder::with("m.safetensors", committed(MODEL))
        .and("named.csv", "t,y,x,fault\n9,2.5,0.5,1\n8,0.69,0.26,0\n")
        .and("plain.csv", "9 0.5 2.5 1\n8 0.26 0.69 0\n")
        .and("other.csv", "u;v;fault\n0.5;2.5;1\n0.26;0.69;0\n");
    let named = folder.works("eval m.safetensors named.csv --label fault").stdout;
    assert!(named.contains("AUROC               1.0000 (1 anomalies among 2 rows)"));
    let plain = folder.works("eval m.safetensors plain.csv --label 3 --exclude 0").stdout;
    assert_eq!(named.replace("(line 3)", "(line 2)"), plain);
    assert_eq!(
        named,
        folder.works("eval m.safetensors other.csv --label fault --columns u,v").stdout
    );
    folder.refuses(
        "eval m.safetensors other.csv --columns u",
        "other.csv: 1 columns, where the model has 2 features: x, y",
    );
}

// --- Missing values ---

#[test]
fn missing_values_are_refused_or_dropped() {
    let rows = |cell: &str| rows(50) + &format!("{cell},2\n");
    for (cell, what) in [
        ("", "a missing value"),
        ("NA", "a missing value"),
        ("n/a", "a missing value"),
        ("<NA>", "a missing value"),
        ("NULL", "a missing value"),
        ("None", "a missing value"),
        ("?", "a missing value"),
        ("-", "a missing value"),
        ("NaN", "not a finite f32"),
        ("-inf", "not a finite f32"),
        ("1e39", "not a finite f32"),
    ] {
        let folder = Folder::with("d.csv", rows(cell));
        let message = format!(
            "d.csv, line 52, column a: `{cell}` is {what}: fill the cell, or drop such rows by \
             --drop-missing"
        );
        folder.refuses("train d.csv", &message);
        let run = folder.works("train d.csv --drop-missing --steps 3");
        assert_eq!(
            run.stderr,
            "d.csv: dropped 1 of 51 rows with missing values; column a lacks 1, the most\n",
            "{cell}"
        );
        assert!(run.stdout.contains("trained on 45 rows\n"), "{}", run.stdout);
    }
    let message = "d.csv, line 52, column a: `off` is not a number: drop the row, correct the \
                   cell, or leave the column out by --exclude a; give --missing ...";
    Folder::with("d.csv", rows("off")).refuses("train d.csv --drop-missing", message);
}

#[test]
fn only_what_is_used_can_be_missing() {
    let folder = Folder::with("d.csv", "a,b,c\n1,2,\n3,4,NA\n\n5,6,7\n");
    let reading = |label: Option<&str>| Reading {
        columns: Some(vec!["a".into(), "b".into()]),
        label: label.map(String::from),
        drop_missing: true,
        ..Reading::default()
    };
    let table = read_with(&folder, "d.csv", &reading(None));
    assert!(table.len() == 3 && table.missing.is_none());
    let table = read_with(&folder, "d.csv", &reading(Some("c")));
    assert_eq!(
        (table.rows, table.labels, table.places.of(0)),
        (vec![5.0, 6.0], Some(vec![true]), 5)
    );
}

#[test]
fn rows_that_all_lack_something_are_refused() {
    let message = "d.csv: all 2 rows have missing values; column c lacks 2, the most: leave it \
                   out by --exclude";
    Folder::with("d.csv", "a,b,c\n1,,NA\n1,2,\n").refuses("train d.csv --drop-missing", message);
}

#[test]
fn a_dropped_row_of_an_array_keeps_its_place() {
    let numbers = [f32::NAN, 2.0, 0.5, 2.5].map(f32::to_le_bytes).concat();
    let folder = Folder::with("m.safetensors", committed(MODEL))
        .and("d.npy", array("<f4", "2, 2", &numbers));
    let run = folder.works("eval m.safetensors d.npy --drop-missing");
    assert!(run.stdout.contains("nats, row 2 [0.5, 2.5]"), "{}", run.stdout);
    assert_eq!(
        run.stderr,
        "d.npy: dropped 1 of 2 rows with missing values; column x0 lacks 1, the most\n"
    );
}

// --- What rows tell of themselves ---

/// Rows with a third column.
fn with_column(count: usize, name: &str, cell: impl Fn(usize) -> String) -> String {
    let mut text = String::new();
    for (i, line) in rows(count).lines().enumerate() {
        let cell = if i == 0 { name.to_string() } else { cell(i - 1) };
        writeln!(text, "{line},{cell}").unwrap();
    }
    text
}

#[test]
fn rounded_columns_are_named() {
    let folder = Folder::with("d.csv", with_column(80, "on", |i| (scattered(i) % 2.0).to_string()));
    let message = "warning: d.csv, rounded columns, where a density on ties is meaningless: on \
                   (step 1); give --dequantize to add noise of one step, or leave them out by \
                   --exclude\n";
    assert_eq!(folder.works("train d.csv --steps 3").stderr, message);
    assert_eq!(
        folder.works("train d.csv --steps 3 --exclude on -o o.safetensors").stderr,
        "features: a, b; left out: on\n"
    );
    let folder =
        Folder::with("d.csv", with_column(80, "c", |i| format!("{:.1}", scattered(i).sin())));
    assert_eq!(
        folder.works("train d.csv --steps 3").stderr,
        message.replace("on (step 1)", "c (step 0.1)")
    );
    let folder =
        Folder::with("d.csv", with_column(80, "c", |i| format!("{:.6}", scattered(i).sin())));
    assert_eq!(folder.works("train d.csv --steps 3").stderr, "");
}

#[test]
fn noise_on_rounded_columns_is_kept_in_the_model_and_reproducible() {
    let folder =
        Folder::with("d.csv", with_column(200, "c", |i| format!("{:.1}", scattered(i).sin())));
    let train = "train d.csv --couplets 1 --hidden 4 --steps 20 --dequantize";
    assert_eq!(
        folder.works(&format!("{train} -o m.safetensors")).stderr,
        "noise of one step on: c (step 0.1)\n"
    );
    folder.works(&format!("{train} -o n.safetensors"));
    assert!(folder.read("m.safetensors") == folder.read("n.safetensors"));
    assert_eq!(
        File::parse(&folder.read("m.safetensors")).description["dequantize"],
        json!([0.0, 0.0, 0.1])
    );

    // the noise is the model's, so that even rows that are not rounded get it
    let folder = folder.and("e.csv", with_column(200, "c", |i| (i as f64).sin().to_string()));
    let plain = folder.works("eval m.safetensors e.csv");
    let hint = "the model was trained with noise on c (step 0.1): give --dequantize for nats that \
                compare with its training's\n";
    assert_eq!(plain.stderr, hint);
    assert!(!plain.stdout.contains("noise"));
    let noisy = folder.works("eval m.safetensors e.csv --dequantize");
    assert_eq!(noisy.stderr, "");
    assert!(
        noisy.stdout.contains("\nnoise               c (step 0.1), as in training\n"),
        "{}",
        noisy.stdout
    );
    assert_ne!(plain.stdout.lines().nth(1), noisy.stdout.lines().nth(2));
    assert_eq!(noisy.stdout, folder.works("eval m.safetensors e.csv --dequantize").stdout);
    folder.works("score m.safetensors e.csv -o plain.csv");
    folder.works("score m.safetensors e.csv -o noisy.csv --dequantize");
    assert_ne!(folder.text("plain.csv"), folder.text("noisy.csv"));
}

#[test]
fn noise_that_no_column_needs_is_none() {
    let folder = Folder::with("d.csv", rows(60));
    let run = folder.works("train d.csv --steps 3 --dequantize");
    assert_eq!(run.stderr, "noise of one step on: no column, as none is rounded\n");
    let run = folder.works("eval d.safetensors d.csv --dequantize");
    assert!(run.stdout.contains("\nnoise               none, as in training\n"));
    let plain = folder.works("eval d.safetensors d.csv");
    assert_eq!(plain.stdout, run.stdout.replace("noise               none, as in training\n", ""));
}

#[test]
fn a_model_without_steps_gives_no_noise() {
    let folder = Folder::with("m.safetensors", committed(MODEL)).and("d.csv", "x,y\n1,2\n");
    let message = "--dequantize: the model was trained without, so it has no steps to take the \
                   noise from; train it with --dequantize";
    folder.refuses("eval m.safetensors d.csv --dequantize", message);
    folder.refuses("score m.safetensors d.csv -o s.csv --dequantize", message);
    for steps in [json!([0.1]), json!([0.1, -0.1]), json!([0.1, 0.1, 0.1])] {
        let mut file = File::parse(&committed(MODEL));
        file.description["dequantize"] = steps;
        let folder = Folder::with("m.safetensors", file.to_bytes()).and("d.csv", "x,y\n1,2\n");
        let message = "the metadata `dequantize` is not a step for each of the 2 features";
        folder.refuses("eval m.safetensors d.csv", message);
    }
    let mut file = File::parse(&committed(MODEL));
    file.description["dequantize"] = json!("all");
    let folder = Folder::with("m.safetensors", file.to_bytes()).and("d.csv", "x,y\n1,2\n");
    folder.refuses(
        "eval m.safetensors d.csv",
        "the metadata `dequantize` is not a list of the features' steps: ...",
    );
}

#[test]
fn copied_columns_are_refused() {
    let celsius = |i: usize| (i as f64 * 0.37).sin() * 20.0;
    let data = |second: &dyn Fn(usize) -> f64| {
        let mut text = "a,c,f\n".to_string();
        for i in 0..50 {
            writeln!(text, "{},{},{}", (i * i) as f64 / 7.0, celsius(i), second(i)).unwrap();
        }
        Folder::with("d.csv", text)
    };
    let message = |relation| {
        format!(
            "cannot train on d.csv: column f {relation} in every row: together they have no \
             density; leave one out by --exclude f"
        )
    };
    data(&celsius).refuses("train d.csv", &message("equals column c"));
    data(&|i| 1.8 * celsius(i) + 32.0)
        .refuses("train d.csv", &message("is column c times 1.8 plus 32"));
    data(&|i| if i == 40 { 7.0 } else { 1.8 * celsius(i) + 32.0 }).works("train d.csv --steps 3");
}

#[test]
fn a_value_far_out_is_named() {
    let data = |far: &'static str| {
        with_column(
            100,
            "c",
            move |i| if i == 41 { far.into() } else { (i as f64).sin().to_string() },
        )
    };
    let folder = Folder::with("d.csv", format!("# note\n{}", data("-9999")));
    let run = folder.works("train d.csv --steps 3");
    let start = "warning: d.csv, column c has -9999.0 in row 42 (line 44), ";
    let end = " robust standard deviations from the median: drop such rows if it is a sentinel, \
               else take a logarithm or try --standardize robust\n";
    assert!(run.stderr.starts_with(start) && run.stderr.ends_with(end), "{}", run.stderr);
    assert_eq!(Folder::with("d.csv", data("5")).works("train d.csv --steps 3").stderr, "");
}

#[test]
fn a_robust_standardization_is_of_the_training_rows_quartiles() {
    let folder = Folder::with(
        "d.csv",
        with_column(101, "c", |i| (if i == 7 { 1e4 } else { i as f64 }).to_string()),
    );
    let train = "train d.csv --steps 3 --val-fraction 0.005 --couplets 1 --hidden 4 --standardize";
    folder.works(&format!("{train} robust -o robust.safetensors"));
    folder.works(&format!("{train} mean -o mean.safetensors"));
    let [robust, mean] = ["robust", "mean"].map(|name| {
        Model::read(&folder.path(&format!("{name}.safetensors"))).unwrap().flow.standardize
    });
    // of 100 or 101 rows of 0 to 100, but for one
    assert!(
        (49.0..=52.0).contains(&robust.mean[2]) && (49.0..=52.0).contains(&(robust.std[2] * 1.349)),
        "{robust:?}"
    );
    assert!(mean.mean[2] > 140.0 && mean.std[2] > 900.0, "{mean:?}");
}

#[test]
fn a_column_of_equal_quartiles_cannot_be_standardized_by_them() {
    let folder = Folder::with(
        "d.csv",
        with_column(100, "c", |i| (if i % 5 == 0 { i as f64 } else { 2.5 }).to_string()),
    );
    folder.works("train d.csv --steps 3 -o m.safetensors");
    folder.refuses(
        "train d.csv --standardize robust",
        "cannot train on d.csv: column c has an interquartile range of 0, as at least half of its \
         values are 2.5: give --standardize mean, or leave it out by --exclude",
    );
}

// --- What callers of the library see ---

/// The hint of an error, whatever its contexts.
fn hinted(error: &anyhow::Error) -> Option<&Hinted> {
    error.chain().find_map(|cause| cause.downcast_ref())
}

#[test]
fn an_error_of_the_library_has_a_hint_and_names_no_flag() {
    let folder = Folder::with("d.csv", "a,b\n1,2\n3,off\n");
    let error = Table::read(&folder.path("d.csv"), &Reading::default(), Columns::All).unwrap_err();
    let expected = Hinted::new(
        "`off` is not a number",
        Hint::CorrectCell { column: "b".into(), word: "off".into() },
    );
    assert_eq!(hinted(&error), Some(&expected));
    let line = format!("{error:#}");
    assert!(line.ends_with("d.csv, line 3, column b: `off` is not a number"), "{line}");
}

#[test]
fn parts_of_a_whole_are_warned_of_and_nearly_a_whole_is_not() {
    let warnings = |whole: &str, noise: f64| {
        let part = |i: usize, k: usize| 30.0 + 8.0 * scattered(3 * i + k);
        let row = |i: usize| {
            let (a, b) = (part(i, 0), part(i, 1));
            format!("{a},{b},{},{}\n", 100.0 - a - b + noise * part(i, 2), part(i + 500, 2))
        };
        let rows: String = (0..300).map(row).collect();
        let folder = Folder::with("d.csv", format!("a,b,{whole},other\n{rows}"));
        judge(&mut read(&folder, "d.csv"), Standardization::Mean, None).unwrap().warnings
    };
    let found = warnings("rest", 0.0);
    let [Hinted { message, hint: Hint::ExcludeOne(column) }] = &found[..] else {
        panic!("{found:?}")
    };
    assert!(message.starts_with("each of the columns a, b, rest follows from the others up to "));
    assert!(["a", "b", "rest"].contains(&column.as_str()), "{column}");
    assert_eq!(warnings("rest", 0.01), []);
}

#[test]
fn rows_are_judged_once_and_get_noise_where_it_is_asked_for() {
    let text = with_column(60, "on", |i| (i % 2).to_string());
    let folder = Folder::with("d.csv", text).and("e.csv", with_column(60, "c", |_| "2.5".into()));
    let judged = |seed| {
        let mut table = read(&folder, "d.csv");
        let judgement = judge(&mut table, Standardization::Mean, seed).unwrap();
        (judgement, table.rows)
    };
    let raw = read(&folder, "d.csv").rows;
    let (Judgement { steps, warnings }, rows) = judged(None);
    assert_eq!((steps, rows == raw), (vec![0.0, 0.0, 1.0], true));
    let message =
        "rounded columns, where a density on ties is meaningless: on (step 1)".to_string();
    assert_eq!(warnings, [Hinted { message, hint: Hint::Dequantize }]);
    let (Judgement { steps, warnings }, noisy) = judged(Some(1));
    assert_eq!((steps, warnings.len()), (vec![0.0, 0.0, 1.0], 0));
    assert!(noisy != raw && noisy == judged(Some(1)).1 && noisy != judged(Some(2)).1);

    let error = judge(&mut read(&folder, "e.csv"), Standardization::Mean, None).unwrap_err();
    let message = "column c is constant in f32 (2.5): it has no density".to_string();
    assert_eq!(hinted(&error), Some(&Hinted { message, hint: Hint::ExcludeConstant }));
}

// --- Real files ---

/// Of the machines that have them.
#[test]
fn published_files_are_read() {
    let check = |file: &str, rows: usize, features: usize, anomalies: Option<usize>| {
        let path = repository(&format!("../shared/data/{file}"));
        if !path.exists() {
            eprintln!("skipped: there is no {}", path.display());
            return;
        }
        let table = Table::read(&path, &Reading::default(), Columns::All)
            .unwrap_or_else(|error| panic!("{error:#}"));
        let found =
            table.labels.as_ref().map(|labels| labels.iter().filter(|&&anomaly| anomaly).count());
        assert_eq!((table.len(), table.dimension(), found), (rows, features, anomalies), "{file}");
    };
    check("adbench/2_annthyroid.npz", 7200, 6, Some(534));
    check("adbench/40_vowels.npz", 1456, 12, Some(50));
    check("miniboone/vgi_val.npy", 3284, 43, None);
    check("tep/d01.dat", 480, 52, None);
    check("wine/winequality-white.csv", 4898, 12, None);
}

// --- Parquet ---

#[cfg(not(feature = "parquet"))]
#[test]
fn without_the_feature_parquet_says_how_to_get_it() {
    committed_in("snappy.parquet").refuses(
        "train snappy.parquet",
        "snappy.parquet is a Parquet file: build couplet with `cargo build --release -p \
         couplet-tools --features parquet`, or save it as CSV",
    );
}

#[cfg(feature = "parquet")]
#[test]
fn parquet_files_are_read() {
    for name in ["snappy.parquet", "zstd.parquet"] {
        let folder = committed_in(name);
        let list = |names: &[&str]| Some(names.iter().map(|name| name.to_string()).collect());
        let reading = Reading { columns: list(&["a", "b"]), ..Reading::default() };
        assert_eq!(read_with(&folder, name, &reading).rows, array_rows(40));
        let reading =
            Reading { columns: list(&["n", "a"]), drop_missing: true, ..Reading::default() };
        let table = read_with(&folder, name, &reading);
        assert_eq!(
            (table.len(), table.rows[14..16].to_vec(), table.places.of(7)),
            (39, vec![8.0, 2.0], 9)
        );
        let message = format!(
            "{name}, row 8, column n: `` is a missing value: fill the cell, or drop such rows by \
             --drop-missing"
        );
        folder.refuses(&format!("train {name} --exclude name"), &message);
        let message = format!(
            "{name}: column name holds text, such as `pump` in row 1: leave it out by --exclude name"
        );
        folder.refuses(&format!("train {name}"), &message);
        let whole = committed(&format!("tools/tests/data/{name}"));
        let folder = Folder::with("d.parquet", &whole[..whole.len() - 9]);
        folder.refuses("train d.parquet", "d.parquet is not a whole Parquet file: ...");
    }
}

// --- NumPy ---

/// The rows of the arrays in `tests/data`, which NumPy wrote: i/4 and (i*i % 37)/8.
fn array_rows(count: u16) -> Vec<f32> {
    (0..count).flat_map(|i| [f32::from(i) / 4.0, f32::from(i * i % 37) / 8.0]).collect()
}

/// A `.npy` file.
fn npy(header: &str, numbers: &[u8]) -> Vec<u8> {
    let length = u16::try_from(header.len()).unwrap().to_le_bytes();
    [b"\x93NUMPY\x01\x00", &length[..], header.as_bytes(), numbers].concat()
}

/// A `.npy` file of this type and shape in C order.
fn array(descr: &str, shape: &str, numbers: &[u8]) -> Vec<u8> {
    npy(&format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({shape}), }}\n"), numbers)
}

fn committed_in(name: &str) -> Folder {
    Folder::with(name, committed(&format!("tools/tests/data/{name}")))
}

#[test]
fn an_array_in_fortran_order_is_read_by_rows() {
    let table = read(&committed_in("fortran_f4.npy"), "fortran_f4.npy");
    assert_eq!((table.rows, table.features), (array_rows(40), vec!["x0".into(), "x1".into()]));
}

/// More rows than are gathered at a time.
#[test]
fn a_long_array_in_fortran_order_is_read_by_rows() {
    let (rows, columns) = (100_003, 3);
    let numbers: Vec<u8> =
        (0..rows * columns).flat_map(|i| ((i * 7919 % 1_000_003) as f32).to_le_bytes()).collect();
    let header =
        format!("{{'descr': '<f4', 'fortran_order': True, 'shape': ({rows}, {columns}), }}\n");
    let folder = Folder::with("d.npy", npy(&header, &numbers));
    let table = read(&folder, "d.npy");
    let number = |i: usize, k: usize| ((k * rows + i) * 7919 % 1_000_003) as f32;
    for (i, row) in table.rows.chunks_exact(columns).enumerate() {
        assert_eq!(row, [0, 1, 2].map(|k| number(i, k)), "row {i}");
    }
    assert_eq!(table.len(), rows);
    let folder = Folder::with("d.npy", npy(&header, &numbers[..numbers.len() - 1]));
    folder.refuses("train d.npy", "d.npy: cannot read all of its 100003 x 3 numbers: ...");
}

#[test]
fn an_archive_gives_x_as_rows_and_y_as_labels() {
    let table = read(&committed_in("labelled.npz"), "labelled.npz");
    assert_eq!((&table.rows, table.features.len()), (&array_rows(40), 2));
    assert_eq!(table.labels, Some((0..40).map(|i| i % 10 == 9).collect()));
    assert_eq!((table.left_out, table.places.of(39)), (vec!["y".to_string()], 40));
}

#[test]
fn an_array_that_was_asked_for_comes_without_labels_unless_they_were_asked_for_too() {
    let folder = committed_in("labelled.npz");
    let table =
        read_with(&folder, "labelled.npz", &Reading { array: some("X"), ..Reading::default() });
    assert_eq!((&table.rows, table.labels), (&array_rows(40), None));
    let table = read_with(
        &folder,
        "labelled.npz",
        &Reading { array: some("X"), label: some("y"), ..Reading::default() },
    );
    assert_eq!(table.labels, Some((0..40).map(|i| i % 10 == 9).collect()));
}

#[test]
fn a_stored_archive_of_big_endian_numbers_is_read() {
    let reading = Reading { array: some("test"), ..Reading::default() };
    assert_eq!(read_with(&committed_in("stored.npz"), "stored.npz", &reading).rows, array_rows(5));
    let reading = Reading { array: some("train"), ..Reading::default() };
    assert_eq!(read_with(&committed_in("stored.npz"), "stored.npz", &reading).rows, array_rows(40));
}

#[test]
fn every_type_of_number_is_read() {
    let check = |descr: &str, numbers: &[u8], expected: [f32; 2]| {
        let folder = Folder::with("d.npy", array(descr, "1, 2", numbers));
        assert_eq!(read(&folder, "d.npy").rows, expected, "{descr}");
    };
    check("<f2", &[0x00, 0x3e, 0x00, 0xc1], [1.5, -2.5]);
    check(">f2", &[0x00, 0x01, 0x7b, 0xff], [2.0_f32.powi(-24), 65504.0]);
    check("<f4", &[1.5_f32.to_le_bytes(), (-2.5_f32).to_le_bytes()].concat(), [1.5, -2.5]);
    check(">f4", &[1.5_f32.to_be_bytes(), (-2.5_f32).to_be_bytes()].concat(), [1.5, -2.5]);
    check("<f8", &[0.1_f64.to_le_bytes(), (-2.5_f64).to_le_bytes()].concat(), [0.1, -2.5]);
    check("|i1", &[255, 127], [-1.0, 127.0]);
    check("|u1", &[255, 127], [255.0, 127.0]);
    check("|b1", &[0, 1], [0.0, 1.0]);
    check("<i2", &[254, 255, 1, 1], [-2.0, 257.0]);
    check(">u2", &[255, 254, 1, 0], [65534.0, 256.0]);
    check("<i4", &[(-70_000_i32).to_le_bytes(), 3_i32.to_le_bytes()].concat(), [-70_000.0, 3.0]);
    check("<u4", &[4_000_000_000_u32.to_le_bytes(), 3_u32.to_le_bytes()].concat(), [4e9, 3.0]);
    check("<i8", &[(-5_000_000_000_i64).to_le_bytes(), 3_i64.to_le_bytes()].concat(), [-5e9, 3.0]);
    check("<u8", &[u64::MAX.to_le_bytes(), 3_u64.to_le_bytes()].concat(), [1.844_674_4e19, 3.0]);
}

#[test]
fn an_array_that_is_no_table_of_numbers_is_refused() {
    let refused = |content: Vec<u8>, message: &str| {
        Folder::with("d.npy", content).refuses("train d.npy", &format!("d.npy: {message}"));
    };
    let shape = |shape: &str| array("<f4", shape, &[0; 64]);
    refused(shape("2, 2, 2"), "the array's shape is (2, 2, 2); it must be (rows, columns)");
    refused(shape(""), "the array's shape is (); it must be (rows, columns)");
    refused(shape("0, 2"), "the array's shape is (0, 2): there is nothing in it");
    refused(shape("2, 1000000"), "the array has 1000000 columns; at most 65535 make sense");
    refused(
        array("<c8", "2, 2", &[0; 64]),
        "the array holds `<c8`, no floats or integers; save it as float32",
    );
    refused(
        array("|O", "2, 2", &[0; 64]),
        "the array holds `|O`, no floats or integers; save it as float32",
    );
    refused(
        array("<U5", "2, 2", &[0; 64]),
        "the array holds `<U5`, no floats or integers; save it as float32",
    );
    let records = npy(
        "{'descr': [('a', '<f4'), ('b', '<f4')], 'fortran_order': False, 'shape': (3,), }",
        &[0; 24],
    );
    refused(
        records,
        "the array is one of records; save their fields as the columns of a plain array",
    );
    refused(
        npy("{'descr': '<f4', 'shape': (3, 2), }", &[]),
        "the .npy header has no fortran_order",
    );
    refused(b"\x93NUMPY\x01\x00\xff\xff{'descr".to_vec(), "the .npy header is not whole: ...");
    refused(array("<f4", "2, 2", &[0; 15]), "cannot read all of its 2 x 2 numbers: ...");
    // more than memory holds is no reason to ask for it
    let fortran = "{'descr': '<f8', 'fortran_order': True, 'shape': (4611686018427387904, 8), }";
    refused(
        npy(fortran, &[0; 64]),
        "the array's shape is (4611686018427387904, 8): larger than memory",
    );
}

#[test]
fn a_missing_number_of_an_array_is_named() {
    let numbers = [1.0, 2.0, f32::NAN, 4.0].map(f32::to_le_bytes).concat();
    Folder::with("d.npy", array("<f4", "2, 2", &numbers)).refuses(
        "train d.npy",
        "d.npy, row 2, column x0: `NaN` is not a finite f32: fill the cell, or drop such rows by \
         --drop-missing",
    );
}

#[test]
fn an_archive_without_the_array_is_refused() {
    let folder = committed_in("stored.npz");
    folder
        .refuses("train stored.npz", "stored.npz: choose one of the arrays train, test by --array");
    folder.refuses(
        "train stored.npz --array X",
        "stored.npz: no array is called X; there are train, test",
    );
    let folder = committed_in("labelled.npz");
    folder.refuses(
        "train labelled.npz --array y",
        "labelled.npz has one feature, x0: a coupling flow needs at least two",
    );
    folder
        .refuses("train labelled.npz --label X", "labelled.npz: 80 numbers in X for 40 rows in X");
    let text = Folder::with("d.csv", "1,2\n");
    text.refuses(
        "train d.csv --array X",
        "d.csv is not an .npz file, so it has no arrays to choose by --array",
    );
}

#[test]
fn an_archive_that_is_not_whole_is_refused() {
    let whole = committed("tools/tests/data/labelled.npz");
    let folder = Folder::with("d.npz", &whole[..whole.len() - 30]);
    folder.refuses("train d.npz", "d.npz is not a whole .npz file: ...");
    // an empty archive
    let folder = Folder::with("d.npz", [b"PK\x05\x06".as_slice(), &[0; 18]].concat());
    let message =
        "d.npz is a zip archive without NumPy arrays; unpack it, or save a spreadsheet as CSV";
    folder.refuses("train d.npz", message);
}

// --- Labels ---

/// The moons model on labelled rows.
#[track_caller]
fn eval(data: &str, flags: &str) -> String {
    let folder = Folder::with("m.safetensors", committed(MODEL)).and("d.csv", data);
    folder.works(format!("eval m.safetensors d.csv {flags}").trim_end()).stdout
}

/// The two rows off the moons are the anomalies; then one of them and one on a moon.
#[test]
fn eval_tells_how_well_log_prob_finds_the_anomalies() {
    let data = |labels: [u8; 4]| {
        let rows = ["0.26,0.69", "0.5,2.5", "-0.51,0.83", "3,-2"].map(String::from);
        rows.iter()
            .zip(labels)
            .fold("x,y,fault\n".to_string(), |text, (row, label)| format!("{text}{row},{label}\n"))
    };
    assert!(
        eval(&data([0, 1, 0, 7]), "--label fault")
            .contains("\nAUROC               1.0000 (2 anomalies among 4 rows)\n")
    );
    assert!(
        eval(&data([0, 1, 0, 7]), "--label 2")
            .contains("\nAUROC               1.0000 (2 anomalies among 4 rows)\n")
    );
    assert!(
        eval(&data([1, 0, 0, 0]), "--label fault")
            .contains("\nAUROC               0.3333 (1 anomalies among 4 rows)\n")
    );
    assert!(!eval(&data([0, 1, 0, 1]), "").contains("AUROC"));
}

#[test]
fn labels_of_one_kind_are_refused() {
    let folder =
        Folder::with("m.safetensors", committed(MODEL)).and("d.csv", "x,y,fault\n1,2,0\n3,4,0\n");
    let message = "d.csv: all labels are normal (0), and an AUROC compares the two kinds: leave \
                   out --label (with an .npz file, give --array), or say what normal rows are \
                   called by --normal WORD";
    folder.refuses("eval m.safetensors d.csv --label fault", message);
    let folder = folder.and("d.csv", "x,y,fault\n1,2,1\n3,4,2\n");
    folder.refuses(
        "eval m.safetensors d.csv --label fault",
        &message.replace("normal (0)", "anomalies (not 0)"),
    );
}

#[test]
fn a_label_that_is_no_number_is_named() {
    let folder =
        Folder::with("m.safetensors", committed(MODEL)).and("d.csv", "x,y,fault\n1,2,0\n3,4,yes\n");
    folder.refuses(
        "eval m.safetensors d.csv --label fault",
        "d.csv, line 3, column fault: `yes` is a word, and the labels above are numbers: say what \
         the labels of normal rows are by --normal WORD",
    );
    folder.refuses(
        "eval m.safetensors d.csv --label y",
        "d.csv: column y is a feature and cannot be the label too",
    );
    folder.refuses(
        "eval m.safetensors d.csv --label kind",
        "d.csv: no column is called kind; there are x, y, fault",
    );
}

/// A switch is not a reading, and so are zeros that fill a column. A converter's steps are fine.
#[test]
fn equal_readings_are_warned_of_where_they_harm() {
    let mut text = "switch,flow,fine\n".to_string();
    for i in 0..600 {
        let [a, b, c] = [0, 1, 2].map(|k| scattered(i + 1000 * k));
        let flow = if b < 300.0 { 0.0 } else { b + 0.001 * c };
        text += &format!("{},{flow},{}\n", u8::from(a < 500.0), c);
    }
    let folder = Folder::with("d.csv", text);
    let run = folder.works("train d.csv --steps 3");
    let warnings: Vec<&str> =
        run.stderr.lines().filter(|line| line.starts_with("warning: d.csv, ")).collect();
    assert_eq!(warnings.len(), 2, "{}", run.stderr);
    let steps = "warning: d.csv, rounded columns, where a density on ties is meaningless: switch \
                 (step 1); give --dequantize";
    assert!(warnings[0].starts_with(steps), "{}", run.stderr);
    let zeros = "warning: d.csv, a column with one value in many rows, where a density is \
                 meaningless: flow (0.0 in ";
    assert!(warnings[1].starts_with(zeros), "{}", run.stderr);
    assert!(warnings[1].ends_with("; leave it out by --exclude flow"), "{}", run.stderr);
}
