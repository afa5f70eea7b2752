//! Columns that number the rows or say when each was taken are no features; others that only count
//! are warned of.

mod common;

use common::{Folder, scattered};
use couplet_tools::{
    data::{Columns, Dependence, Reading, Table},
    hint::Hint,
};

const QUICK: &str = "--steps 3 --couplets 1 --hidden 4";

/// Readings that have nothing to do with each other.
fn reading(i: usize) -> [f64; 2] {
    [scattered(i) / 50.0 + 0.001 * scattered(i + 70_000), scattered(i + 500_000) * 0.013]
}

/// A table of readings a and b behind a column of this name.
fn table(name: &str, count: usize, cell: impl Fn(usize) -> String) -> String {
    let line = |i| format!("{},{},{}\n", cell(i), reading(i)[0], reading(i)[1]);
    format!("{name},a,b\n{}", (0..count).map(line).collect::<String>())
}

/// The table without its names.
fn headless(text: &str) -> String {
    text.split_once('\n').unwrap().1.into()
}

/// A `.npy` file of rows of three numbers.
fn array<const N: usize>(
    descr: &str,
    count: usize,
    row: impl Fn(usize) -> [[u8; N]; 3],
) -> Vec<u8> {
    let header =
        format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({count}, 3), }}\n");
    let numbers: Vec<u8> = (0..count).flat_map(|i| row(i).concat()).collect();
    let length = u16::try_from(header.len()).unwrap().to_le_bytes();
    [b"\x93NUMPY\x01\x00", &length[..], header.as_bytes(), &numbers].concat()
}

#[track_caller]
fn read(content: impl AsRef<[u8]>) -> Table {
    read_with(content, &Reading::default())
}

#[track_caller]
fn read_with(content: impl AsRef<[u8]>, reading: &Reading) -> Table {
    let folder = Folder::with("d", content);
    Table::read(&folder.path("d"), reading, Columns::All)
        .unwrap_or_else(|error| panic!("{error:#}"))
}

/// The first column is left out, and the hint keeps it.
#[track_caller]
fn is_aside(content: impl AsRef<[u8]>, reason: &str) {
    let table = read(&content);
    assert_eq!(table.dimension(), 2, "{:?}", table.features);
    let [note] = &table.notes[..] else { panic!("{:?}", table.notes) };
    assert!(note.message.ends_with(reason), "{note:?}");
    let Hint::Keep(names) = &note.hint else { panic!("{note:?}") };
    let keep = Reading { include: Some(names.clone()), ..Reading::default() };
    let kept = read_with(&content, &keep);
    assert!(kept.dimension() == 3 && kept.notes.is_empty(), "{:?}", kept.features);
}

/// The first column is a feature.
#[track_caller]
fn is_feature(content: impl AsRef<[u8]>) -> Table {
    let table = read(&content);
    assert_eq!((table.dimension(), table.notes.len()), (3, 0), "{:?}", table.notes);
    table
}

const INDEX: &str = " is an index and is left out";
const TIME: &str = " holds time stamps and is left out";

#[test]
fn an_index_is_left_out() {
    for name in ["", "Unnamed: 0", "Unnamed: 0.1", "__index_level_0__"] {
        is_aside(table(name, 40, |i| i.to_string()), INDEX);
        is_aside(table(name, 40, |i| scattered(i).to_string()), INDEX);
    }
    for name in ["id", "ID", "Index", "row_id", "\"Sample No.\"", "row", "seq"] {
        is_aside(table(name, 40, |i| (1000 + i).to_string()), INDEX);
        is_aside(table(name, 40, |i| (2 * i * i).to_string()), INDEX);
    }
    is_aside(table("id", 40, |i| (i * 17 % 41).to_string()), INDEX);
    // lines that end with a delimiter
    let trailing = table("a0", 40, |i| scattered(i).to_string()).replace('\n', ",\n");
    assert_eq!(is_feature(trailing).left_out, ["(no name)"]);
    // not an index: numbers that come twice, with fractions, or in no order
    is_feature(table("id", 40, |i| (i % 7).to_string()));
    is_feature(table("id", 40, |i| reading(i + 9)[0].to_string()));
    is_feature(table("sample", 40, |i| (i * 17 % 41).to_string()));
}

#[test]
fn a_column_that_numbers_the_rows_is_an_index_where_columns_have_no_names() {
    is_aside(headless(&table("x", 40, |i| i.to_string())), INDEX);
    is_aside(headless(&table("x", 400, |i| (4000 - i).to_string())), INDEX);
    let singles = |i: usize| [i as f32 + 1.0, reading(i)[0] as f32, reading(i)[1] as f32];
    is_aside(array("<f4", 40, |i| singles(i).map(f32::to_le_bytes)), INDEX);
    // a name says what it is, and other linear functions of the row number are warned of
    let counts = |table: Table| assert_eq!(table.counters(), [true, false, false]);
    counts(is_feature(table("x", 40, |i| i.to_string())));
    counts(is_feature(headless(&table("x", 40, |i| format!("{:.2}", 3.0 - 0.05 * i as f64)))));
    counts(is_feature(headless(&table("x", 40, |i| (10 * i).to_string()))));
    is_feature(headless(&table("x", 40, |_| "2.5".into())));
}

#[test]
fn numbers_that_are_time_stamps_are_left_out() {
    for name in ["ts", "a0"] {
        for per_second in [1_u64, 1000, 1_000_000, 1_000_000_000] {
            let at = |i: usize| (1_700_000_000 * per_second + i as u64 * per_second).to_string();
            is_aside(table(name, 40, at), TIME);
            is_aside(headless(&table(name, 40, at)), TIME);
            is_aside(table(name, 40, |i| at(40 - i)), TIME);
        }
        is_aside(table(name, 40, |i| format!("{:.3}", 1.7e9 + 0.25 * i as f64)), TIME);
        // out of order now and then, and equal ones
        is_aside(table(name, 40, |i| (1_700_000_000 + (i / 2 + i % 11 / 10)).to_string()), TIME);
        is_aside(table(name, 40, |i| format!("202103011000{:02}", i)), TIME);
        is_aside(table(name, 40, |i| (20_210_301 + i / 2).min(20_210_320).to_string()), TIME);
    }
    is_aside(table("timestamp", 40, |i| (1_700_000_000 + i * 17 % 41).to_string()), TIME);
    is_aside(table("time [s]", 40, |i| format!("{:.3}", i as f64 * 0.02)), TIME);
    is_aside(table("Date", 40, |i| (44_000.0 + i as f64 / 24.0).to_string()), TIME);
    // readings that are as large, and a time that is a reading
    is_feature(table("hz", 40, |i| (1.7e9 + scattered(i)).to_string()));
    is_feature(table("cycle time", 40, |i| reading(i + 9)[0].to_string()));
}

/// In f32 many of these are equal.
#[test]
fn time_stamps_are_known_after_they_were_rounded_to_f32() {
    let row = |i: usize| {
        [1.7e9 + 60.0 * i as f32, reading(i)[0] as f32, reading(i)[1] as f32].map(f32::to_le_bytes)
    };
    is_aside(array("<f4", 100, row), TIME);
    let row =
        |i: usize| [1.7e12 + 250.0 * i as f64, reading(i)[0], reading(i)[1]].map(f64::to_le_bytes);
    is_aside(array("<f8", 100, row), TIME);
}

#[test]
fn texts_that_are_time_stamps_are_left_out() {
    for stamp in [
        "2021-03-01 10:00:SS",
        "2021-03-01T10:00:SS.250Z",
        "01.03.2021 10:00:SS",
        "3/01/2021 10:00:SS AM",
        "10:00:SS",
        "0 days 00:00:SS",
        "\"2021-03-01 10:00:SS,125\"",
        "2021-03-01",
    ] {
        let at = |i: usize| stamp.replace("SS", &format!("{i:02}"));
        is_aside_text(table("when", 40, at));
        is_aside_text(table("when", 40, |i| if i == 3 { String::new() } else { at(i) }));
    }
}

/// Like [`is_aside`], for texts, which cannot be kept.
#[track_caller]
fn is_aside_text(content: String) {
    let table = read(&content);
    assert_eq!(table.features, ["a", "b"]);
    assert!(table.notes[0].message.ends_with(TIME), "{:?}", table.notes);
}

#[test]
fn a_measured_index_is_a_feature() {
    let counts = |i: usize| ((i * 7919) % 65_521).to_string();
    is_feature(table("light_index", 100, counts));
    is_aside(table("index", 100, counts), INDEX);
    is_feature(table("rise time", 100, |i| (i as f64 * 0.7).to_string()));
    is_aside(table("time", 100, |i| (i as f64 * 0.7).to_string()), TIME);
}

#[test]
fn what_is_left_out_is_said_with_the_flag_that_keeps_it() {
    let text = table("Unnamed: 0", 60, |i| i.to_string());
    let folder = Folder::with("d.csv", &text).and("plain.csv", text.replace("Unnamed: 0", "label"));
    let run = folder.works(&format!("train d.csv {QUICK}"));
    let said = "features: a, b; left out: Unnamed: 0\n\
                d.csv: column Unnamed: 0 is an index and is left out; give --include 'Unnamed: 0' if \
                it is a feature\n";
    assert_eq!(run.stderr, said);
    folder.works(&format!("train plain.csv {QUICK}"));
    assert!(folder.read("d.safetensors") == folder.read("plain.safetensors"));
    folder.couplet_with(&["train", "d.csv", "--steps", "3", "--include", "Unnamed: 0"]);
    assert!(folder.works("info d.safetensors").stdout.contains("Unnamed: 0, a, b"));

    let two = table("ts,date", 60, |i| format!("{},{}", 1_700_000_000 + i, 20_210_301));
    let run = Folder::with("d.csv", two).works(&format!("train d.csv {QUICK}"));
    let said = "features: a, b; left out: ts, date\n\
                d.csv: columns ts, date hold time stamps and are left out; give --include ts,date if \
                they are features\n";
    assert_eq!(run.stderr, said);
    // Text cannot be a feature, so no flag is named.
    let text = table("ts", 60, |i| format!("2021-03-01 10:00:{i:02}"));
    let run = Folder::with("d.csv", text).works(&format!("train d.csv {QUICK}"));
    let said = "features: a, b; left out: ts\n\
                d.csv: column ts holds time stamps and is left out\n";
    assert_eq!(run.stderr, said);
    let alone = Folder::with("d.csv", table("ts", 60, |i| (1_700_000_000 + i).to_string()));
    alone.refuses(
        "train d.csv --exclude b",
        "d.csv has one feature, a: a coupling flow needs at least two; left out: ts, b",
    );
}

/// The rows of a file without names are those of the model with or without the index.
#[test]
fn a_model_finds_its_columns_beside_an_index() {
    let later = table("x", 30, |i| (4000 + i).to_string());
    let without: String = headless(&later)
        .lines()
        .map(|line| format!("{}\n", line.split_once(',').unwrap().1))
        .collect();
    let folder = Folder::with("d.csv", headless(&table("x", 60, |i| i.to_string())))
        .and("later.csv", headless(&later))
        .and("without.csv", without);
    folder.works(&format!("train d.csv {QUICK}"));
    let eval = |file: &str| folder.works(&format!("eval d.safetensors {file}")).stdout;
    assert_eq!(eval("later.csv"), eval("without.csv"));
}

#[test]
fn other_columns_that_count_are_warned_of_and_stay() {
    let folder = Folder::with("d.csv", table("uptime", 100, |i| (i * i).to_string()))
        .and("ramp.csv", table("temperature", 100, |i| format!("{:.3}", 20.0 - 0.1 * i as f64)));
    let warning = |file: &str, column: &str| {
        format!(
            "warning: {file}, column {column} rises or falls all the way, so later rows will be \
             unlike these, unless the file is only sorted; leave it out by --exclude {column}\n"
        )
    };
    let run = folder.works(&format!("train d.csv {QUICK}"));
    assert_eq!(run.stderr, warning("d.csv", "uptime"));
    assert!(folder.works("info d.safetensors").stdout.contains("uptime, a, b"));
    let run = folder.works(&format!("train ramp.csv {QUICK}"));
    assert_eq!(run.stderr, warning("ramp.csv", "temperature"));
    let run = folder.works(&format!("train d.csv {QUICK} --exclude uptime -o o.safetensors"));
    assert_eq!(run.stderr, "features: a, b; left out: uptime\n");
}

#[test]
fn a_counter_may_start_anew_in_each_run_or_file() {
    let uptime = |i: usize| format!("{:.2}", 5.0 + (i % 130) as f64 * 0.5);
    assert_eq!(is_feature(table("uptime", 400, uptime)).counters(), [true, false, false]);
    // a file each
    let irregular = |i: usize| (i * i).to_string();
    let mut folder = Folder::with("steady.csv", table("uptime", 60, |i| scattered(i).to_string()));
    for (k, name) in ["a.csv", "b.csv", "c.csv", "d.csv"].into_iter().enumerate() {
        let uptime = |i: usize| ((i * i) as f64 + 0.1 * k as f64).to_string();
        folder = folder.and(name, table("uptime", 12, uptime));
    }
    let warned = |files: &str| {
        folder.works(&format!("train {files} {QUICK}")).stderr.contains("all the way")
    };
    assert!(warned("a.csv b.csv c.csv d.csv"));
    assert!(!warned("a.csv b.csv steady.csv"));
    // too many falls in one file
    let twice = |text: String| text.clone() + &headless(&text);
    let four = twice(twice(table("uptime", 12, irregular)));
    assert_eq!(is_feature(four).counters(), [false; 3]);
}

/// Ticks that f32 cannot tell apart are a counter all the same.
#[test]
fn a_counter_is_known_although_f32_rounds_it() {
    let ticks = |i: usize| (9_000_000_000_000_000_u64 + 7 * (i * i) as u64).to_string();
    let text = table("ticks", 60, ticks);
    assert_eq!(is_feature(&text).counters(), [true, false, false]);
    Folder::with("d.csv", text).refuses(
        "train d.csv",
        "cannot train on d.csv: column ticks rises or falls all the way, and is constant in f32: \
         leave it out by --exclude ticks",
    );
}

#[test]
fn a_counter_says_nothing_of_the_dependence_of_the_others() {
    let rows: Vec<f32> =
        (0..3000).flat_map(|i| [i as f32, reading(i)[0] as f32, reading(i)[1] as f32]).collect();
    let order: Vec<u32> = (0..3000).collect();
    let of = |counters: &[bool]| Dependence::of(&rows, 3, &order, counters);
    assert_eq!(of(&[true, false, false]), Dependence::NONE);
    assert!(of(&[]).time > 100 && of(&[]).feature == Some(0));
    assert_eq!(of(&[true; 3]), of(&[]));
    let folder = Folder::with("d.csv", table("energy", 1500, |i| (i * i).to_string()))
        .and("e.csv", table("energy", 1500, |i| scattered(i).to_string()));
    let said = folder.works(&format!("train d.csv {QUICK}")).stderr;
    assert!(!said.contains("rows depend"), "{said}");
    // the others are still measured
    let slow = table("energy", 1500, |i| (i * i).to_string());
    let slow: String = slow
        .lines()
        .enumerate()
        .map(|(i, line)| {
            format!(
                "{line},{}\n",
                if i == 0 { "s".into() } else { (i as f64 / 9.0).sin().to_string() }
            )
        })
        .collect();
    let folder = folder.and("slow.csv", slow);
    let said = folder.works(&format!("train slow.csv {QUICK}")).stderr;
    assert!(said.contains(", column s): "), "{said}");
}
