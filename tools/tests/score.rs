//! `couplet score`: a line for every row, from any source and to any place, in constant memory.

mod common;

use common::{Folder, committed};
use std::{
    fs,
    io::{Read, Write},
    process::{Command, Stdio},
};

const MODEL: &str = "examples/models/moons.safetensors";

fn folder(data: &str) -> Folder {
    Folder::with("m.safetensors", committed(MODEL)).and("d.csv", data)
}

/// The tool in a folder, to be given its streams.
fn couplet(folder: &Folder, arguments: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_couplet"));
    command.args(arguments.split(' ')).current_dir(folder.path(""));
    command
}

/// The cells of a table, without its header.
fn cells(text: &str) -> Vec<Vec<&str>> {
    text.lines().skip(1).map(|line| line.split(',').collect()).collect()
}

#[test]
fn what_the_device_calls_impossible_has_a_line_too() {
    let folder = folder("x,y\n0.1,0.2\nnan,1\n0.5,\n0.1,1e39\ninf,1\n0.3,0.2\n");
    let run = folder.works("score m.safetensors d.csv");
    let found = cells(&run.stdout);
    let rows: Vec<&str> = found.iter().map(|row| row[0]).collect();
    assert_eq!(rows, ["1", "2", "3", "4", "5", "6"]);
    let impossible: Vec<bool> = found.iter().map(|row| row[1] == "-inf").collect();
    assert_eq!(impossible, [false, true, true, true, true, false]);
}

#[test]
fn dropped_rows_keep_the_numbers_of_the_others() {
    let folder = folder("x,y\n0.1,0.2\nnan,1\n0.3,0.2\n");
    let run = folder.works("score m.safetensors d.csv --drop-missing");
    let rows: Vec<&str> = cells(&run.stdout).iter().map(|row| row[0]).collect();
    assert_eq!(rows, ["1", "3"]);
    assert!(run.stderr.contains("dropped 1 of 3 rows with missing values"), "{}", run.stderr);
}

#[test]
fn a_word_among_the_readings_is_refused_and_nothing_is_written() {
    let folder = folder("x,y\n0.1,0.2\n0.2,high\n");
    folder.refuses(
        "score m.safetensors d.csv -o s.csv",
        "d.csv, line 3, column y: `high` is not a number: drop the row, correct the cell, or leave \
         the column out by --exclude y; give --missing ...",
    );
}

#[test]
fn columns_are_carried_through_as_they_are() {
    let folder = folder("time,x,y,note\n2021-03-01 10:00,0.1,0.20,\"a, b\"\n,0.2,0.1,\n");
    let run = folder.works("score m.safetensors d.csv --keep note,time,y");
    let mut lines = run.stdout.lines();
    assert_eq!(lines.next(), Some("row,log_prob,note,time,y"));
    assert!(lines.next().unwrap().ends_with(",\"a, b\",2021-03-01 10:00,0.20"), "{}", run.stdout);
    assert!(lines.next().unwrap().ends_with(",,,0.1"), "{}", run.stdout);
    folder.refuses(
        "score m.safetensors d.csv --keep label",
        "d.csv: no column is called label; there are time, x, y, note",
    );
    folder.refuses(
        "score m.safetensors d.csv --keep time,time",
        "--keep: two columns of the scores would be called time; rename the one in d.csv",
    );
}

#[test]
fn a_kept_column_is_no_feature_without_a_header() {
    let folder = folder("7,0.1,0.2\n8,0.2,0.1\n");
    let run = folder.works("score m.safetensors d.csv --keep 0");
    let kept: Vec<&str> = cells(&run.stdout).iter().map(|row| row[2]).collect();
    assert_eq!(kept, ["7", "8"]);
}

#[test]
fn text_and_arrays_have_the_same_scores() {
    let folder = folder("x,y,t\n0.1,0.2,5\n1e30,0.5,6\n0.3,0.2,7.5\n");
    folder.works("score m.safetensors d.csv --latents --keep t -o s.csv");
    folder.works("score m.safetensors d.csv --latents --keep t -o s.npy");
    let array = folder.read("s.npy");
    let start = array.len() - 3 * 6 * 8;
    assert_eq!(start % 64, 0);
    let header = String::from_utf8_lossy(&array[..start]);
    assert!(header.contains("'shape': (3, 6)") && header.ends_with(" \n"), "{header}");
    let numbers: Vec<f64> =
        array[start..].as_chunks().0.iter().map(|&bytes| f64::from_le_bytes(bytes)).collect();
    let text = folder.text("s.csv");
    let expected: Vec<f64> =
        cells(&text).concat().iter().map(|cell| f64::from(cell.parse::<f32>().unwrap())).collect();
    let bits = |numbers: &[f64]| numbers.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(&numbers), bits(&expected));
    let words = folder.and("e.csv", "x,y,t\n0.1,0.2,noon\n");
    words.refuses(
        "score m.safetensors e.csv --keep t -o e.npy",
        "row 1, column t: `noon` is not a number, and an array holds only numbers; write text...",
    );
}

#[test]
fn a_dash_is_standard_input_and_standard_output() {
    let folder = folder("x,y\n0.1,0.2\n0.3,0.2\n");
    let expected = folder.works("score m.safetensors d.csv").stdout;
    let file = |name: &str| fs::File::open(folder.path(name)).unwrap();
    for (arguments, input) in [
        ("score m.safetensors - -o -", "d.csv"),
        ("score - d.csv", "m.safetensors"),
        ("score m.safetensors -", "d.csv"),
    ] {
        let run = couplet(&folder, arguments).stdin(file(input)).output().unwrap();
        assert_eq!(String::from_utf8(run.stdout).unwrap(), expected, "{arguments}");
    }
    let run = couplet(&folder, "train -").stdin(file("d.csv")).output().unwrap();
    let said = String::from_utf8(run.stderr).unwrap();
    let message = "error: the rows are from standard input: name the model file with -o\n";
    assert_eq!(said, message);
}

#[test]
fn what_a_file_had_stays_when_standard_output_is_appended() {
    let folder = folder("x,y\n0.1,0.2\n0.3,0.2\n").and("s.txt", "kept\n");
    for (output, lines) in [("/dev/stdout", 4), ("-", 7)] {
        let file = fs::OpenOptions::new().append(true).open(folder.path("s.txt")).unwrap();
        let arguments = format!("score m.safetensors d.csv -o {output}");
        assert!(couplet(&folder, &arguments).stdout(file).status().unwrap().success());
        let text = folder.text("s.txt");
        assert!(text.starts_with("kept\nrow,log_prob\n"), "{text}");
        assert_eq!(text.lines().count(), lines, "{text}");
    }
}

/// As `head` does.
#[test]
fn a_reader_that_has_seen_enough_ends_the_command_quietly() {
    let folder = folder(&format!("x,y\n{}", "0.1,0.2\n".repeat(200_000)));
    for arguments in ["score m.safetensors d.csv", "sample m.safetensors -n 100000"] {
        let mut run = couplet(&folder, arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut start = [0; 10];
        run.stdout.take().unwrap().read_exact(&mut start).unwrap();
        let run = run.wait_with_output().unwrap();
        assert_eq!((run.status.code(), &run.stderr[..]), (Some(0), &b""[..]), "{arguments}");
    }
}

/// Ten times the rows take no more memory: as text, each would take a byte or more if it were kept.
#[cfg(target_os = "linux")]
#[test]
fn memory_does_not_grow_with_rows() {
    const ROWS: usize = 100_000;
    let folder = folder("");
    let mut run =
        couplet(&folder, "score m.safetensors - -o s.csv").stdin(Stdio::piped()).spawn().unwrap();
    let peak_after = |rows: usize| -> usize {
        let mut pipe = run.stdin.as_ref().unwrap();
        pipe.write_all("0.125,0.25\n".repeat(rows).as_bytes()).unwrap();
        let status = fs::read_to_string(format!("/proc/{}/status", run.id())).unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        peak.trim().trim_end_matches(" kB").parse().unwrap()
    };
    let (few, many) = (peak_after(ROWS), peak_after(10 * ROWS));
    drop(run.stdin.take());
    assert!(run.wait().unwrap().success());
    assert_eq!(folder.text("s.csv").lines().count(), 1 + 11 * ROWS);
    assert!((many - few) * 1024 < ROWS * 10, "{few} kB after {ROWS} rows, {many} kB after more");
}

/// A model of a file without names whose index was left out.
#[test]
fn columns_without_names_are_those_of_training() {
    let index = |i: usize| i.to_string();
    let row = |i: usize, first: &str| {
        let [a, b] = [0, 500].map(|k| common::scattered(i + k));
        format!("{first}{a},{b}\n")
    };
    let with_index: String = (0..200).map(|i| row(i, &format!("{},", index(i)))).collect();
    let without: String = (0..200).map(|i| row(i, "")).collect();
    let more: String = (0..200).map(|i| format!("{},7\n", row(i, "").trim_end())).collect();
    let folder = Folder::with("i.csv", with_index).and("w.csv", without).and("more.csv", more);
    folder.works("train i.csv --steps 3 -o i.safetensors");
    folder.works("train w.csv --steps 3 -o w.safetensors");
    let scores = |arguments: &str| {
        let text = folder.works(&format!("score {arguments}")).stdout;
        cells(&text).iter().map(|row| row[1].to_string()).collect::<Vec<_>>()
    };
    let expected = scores("i.safetensors w.csv");
    assert_eq!(scores("i.safetensors i.csv"), expected);
    assert_eq!(scores("i.safetensors i.csv --keep 2"), expected);
    assert_eq!(scores("i.safetensors i.csv --keep 0"), expected);
    assert_eq!(scores("w.safetensors w.csv --keep 0"), scores("w.safetensors w.csv"));
    assert_eq!(scores("w.safetensors more.csv --keep 2"), scores("w.safetensors w.csv"));
    folder.refuses(
        "score w.safetensors more.csv -o s.csv",
        "more.csv: 3 columns and no header, where the model has 2 features: x0, x1",
    );
}

/// Arrow's own reader is that of `train`, which reads the scores here.
#[cfg(feature = "parquet")]
#[test]
fn scores_are_written_as_parquet() {
    let rows: String = (0..100_000).map(|i| format!("{},0.2,w{i}\n", i % 7)).collect();
    let folder = folder(&format!("x,y,word\n{rows}"));
    let flags = "--keep word,x --latents -o";
    folder.works(&format!("score m.safetensors d.csv {flags} s.parquet"));
    folder.works(&format!("score m.safetensors d.csv {flags} s.csv"));
    let text = folder.text("s.csv");
    assert!(text.starts_with("row,log_prob,word,x,z_0,z_1,log_det\n1,"), "{}", &text[..100]);
    let read = |name: &str| {
        let reading = couplet_tools::data::Reading {
            exclude: Some(vec!["word".into(), "x".into()]),
            include: Some(vec!["row".into(), "log_prob".into()]),
            ..Default::default()
        };
        let columns = couplet_tools::data::Columns::All;
        couplet_tools::data::Table::read(&folder.path(name), &reading, columns).unwrap()
    };
    let (parquet, csv) = (read("s.parquet"), read("s.csv"));
    assert_eq!(parquet.features, ["row", "log_prob", "z_0", "z_1", "log_det"]);
    assert_eq!(parquet.len(), 100_000);
    assert!(parquet.rows == csv.rows);
}

#[cfg(not(feature = "parquet"))]
#[test]
fn without_the_feature_no_text_is_called_parquet() {
    folder("x,y\n0.1,0.2\n").refuses(
        "score m.safetensors d.csv -o s.parquet",
        "s.parquet: this couplet writes no Parquet: install it with --features parquet, or write \
         text or .npy",
    );
}
