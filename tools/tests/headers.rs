//! The first lines of a text, as people and programs write them: names, which may be numbers, units,
//! comments, notes.

mod common;

use common::{Folder, scattered};
use couplet_tools::{
    data::{Columns, HeaderLine, Reading, Table},
    hint::Hint,
};

const QUICK: &str = "--steps 3 --couplets 1 --hidden 4";

/// Lines of readings around these levels, that have nothing to do with each other.
fn readings(count: usize, levels: &[f64]) -> String {
    let cell = |i: usize, k: usize| {
        format!("{:.4}", levels[k] + (scattered(i * 31 + k * 70_000) - 500.0) / 250.0)
    };
    let line = |i: usize| {
        let cells: Vec<String> = (0..levels.len()).map(|k| cell(i, k)).collect();
        cells.join(",") + "\n"
    };
    (0..count).map(line).collect()
}

/// The lines behind a column of this.
fn behind(first: impl Fn(usize) -> String, lines: &str) -> String {
    lines.lines().enumerate().map(|(i, line)| format!("{},{line}\n", first(i))).collect()
}

#[track_caller]
fn read(text: impl AsRef<[u8]>) -> Table {
    read_with(text, &Reading::default())
}

#[track_caller]
fn read_with(text: impl AsRef<[u8]>, reading: &Reading) -> Table {
    let folder = Folder::with("d", text);
    Table::read(&folder.path("d"), reading, Columns::All)
        .unwrap_or_else(|error| panic!("{error:#}"))
}

/// The first line names the columns, which the table has, and that is said.
#[track_caller]
fn is_header(first: &str, rows: &str, features: &[&str]) {
    let table = read(format!("{first}\n{rows}"));
    assert_eq!((&*table.features, table.len()), (&*owned(features), rows.lines().count()));
    let said = table.notes.iter().any(|note| note.hint == Hint::NoHeader);
    assert!(said, "{:?}", table.notes);
}

/// The first line is a row. It may be said that it could be a header.
#[track_caller]
fn is_row(first: &str, rows: &str, doubt: bool) {
    let table = read(format!("{first}\n{rows}"));
    assert_eq!(table.len(), rows.lines().count() + 1, "{:?}", table.notes);
    let said = table.notes.iter().any(|note| note.hint == Hint::Header);
    assert_eq!(said, doubt, "{:?}", table.notes);
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| name.to_string()).collect()
}

fn list(names: &[&str]) -> Option<Vec<String>> {
    Some(owned(names))
}

#[test]
fn numbers_that_data_frames_give_to_columns_are_names() {
    let rows = readings(30, &[0.0, 1.0, 2.0]);
    is_header("0,1,2", &rows, &["0", "1", "2"]);
    is_header("1,2,3", &rows, &["1", "2", "3"]);
    is_header("0,1", &readings(30, &[0.0, 1.0]), &["0", "1"]);
    let with_index = behind(|i| i.to_string(), &rows);
    is_header(",0,1,2", &with_index, &["0", "1", "2"]);
    is_header("id,0,1,2", &with_index, &["0", "1", "2"]);
    is_header(",0,1", &behind(|i| i.to_string(), &readings(30, &[0.0, 1.0])), &["0", "1"]);
    // whole readings, too, where there are three columns or more
    let whole = |columns: usize| -> String {
        let line = |i: usize| {
            let cells: Vec<String> =
                (0..columns).map(|k| scattered(i * 31 + k * 70_000).to_string()).collect();
            cells.join(",") + "\n"
        };
        (0..30).map(line).collect()
    };
    is_header("0,1,2", &whole(3), &["0", "1", "2"]);
    is_row("0,1", &whole(2), true);
}

#[test]
fn wavelengths_are_names() {
    let rows = readings(30, &[20.0, 1013.0, 50.0]);
    is_header("sample,350,351.5,353", &behind(|i| i.to_string(), &rows), &["350", "351.5", "353"]);
    is_header("350,351.5,353", &readings(30, &[0.5, 0.6, 0.7]), &["350", "351.5", "353"]);
    is_header(
        ",350,351.5",
        &behind(|i| i.to_string(), &readings(30, &[0.5, 0.6])),
        &["350", "351.5"],
    );
}

#[test]
fn a_first_row_of_readings_is_no_header() {
    let rows = readings(30, &[20.0, 50.0, 1013.0]);
    is_row("20.1,50.2,1012.8", &rows, false);
    // a transient at the start, a ramp, an index, a simulation that starts at 0 and 1
    is_row("22.5,53.1,1016.0", &rows, false);
    let ramp: String = (1..31).map(|i| format!("{i}.5,{},{}\n", 100 + i, 2000 + 3 * i)).collect();
    is_row("0.5,100,2000", &ramp, false);
    let lacking = read_with(
        format!(",100,2000\n{ramp}"),
        &Reading { drop_missing: true, ..Reading::default() },
    );
    assert_eq!(lacking.missing.unwrap().read, 31);
    is_row(
        "0,1,2",
        &(1..31).map(|i| format!("{i},{},7\n", scattered(i))).collect::<String>(),
        true,
    );
    is_row(
        "0,1",
        &(1..31).map(|i| format!("0.{i:02},{:.4}\n", scattered(i) / 1e3)).collect::<String>(),
        true,
    );
    is_row("0,1,2", "3,4,5\n6,7,8\n9,10,11\n", true);
}

#[test]
fn what_was_taken_for_names_is_said_with_the_flag_that_does_otherwise() {
    let rows = readings(100, &[0.0, 1.0, 2.0]);
    let folder = Folder::with("d.csv", format!("0,1,2\n{rows}")).and("rows.csv", &rows);
    let run = folder.works(&format!("train d.csv {QUICK}"));
    let said = "d.csv: line 1 (0, 1, 2) names the columns; give --header no if it does not\n";
    assert_eq!(run.stderr, said);
    let eval = folder.works("eval d.safetensors d.csv");
    assert_eq!(eval.stderr, said);
    assert!(eval.stdout.starts_with("rows                100\n"), "{}", eval.stdout);
    let eval = folder.works("eval d.safetensors d.csv --header no");
    assert!(eval.stdout.starts_with("rows                101\n"), "{}", eval.stdout);
    let eval = folder.works("eval d.safetensors rows.csv --header yes --columns 0,1,2");
    assert!(eval.stdout.starts_with("rows                99\n"), "{}", eval.stdout);
    let second = folder.and("e.csv", format!("0,1,2\n{}", readings(30, &[0.1, 1.1, 2.1])));
    let run = second.works(&format!("train d.csv e.csv {QUICK} -o two.safetensors"));
    assert_eq!(run.stderr, said.to_string() + &said.replace("d.csv", "e.csv"));
    let whole: String =
        (0..100).map(|i| format!("{},{}\n", scattered(i), scattered(i + 70_000))).collect();
    let folder = Folder::with("d.csv", format!("0,1\n{whole}"));
    let run = folder.works(&format!("train d.csv {QUICK}"));
    let said =
        "d.csv: line 1 (0, 1) is taken for a row; give --header yes if it names the columns\n";
    assert!(run.stderr.contains(said), "{}", run.stderr);
}

/// In an excluded column, or where other cells are text, a text says nothing of the first line.
#[test]
fn a_text_in_a_column_that_is_not_read_refuses_nothing() {
    let stamped = behind(|i| format!("2021-03-01 10:00:{i:02}"), &readings(30, &[0.0, 5.0]));
    let excluded = |exclude: &[&str]| Reading { exclude: list(exclude), ..Reading::default() };
    let chosen = Reading { columns: list(&["1", "2"]), ..Reading::default() };
    for reading in [Reading::default(), excluded(&["0"]), excluded(&["x0"]), chosen] {
        let table = read_with(&stamped, &reading);
        assert_eq!((table.len(), &*table.features), (30, &*owned(&["x1", "x2"])));
    }
    let empty = format!("2021-03-01 10:00:00,,\n{stamped}");
    let dropped = Reading { drop_missing: true, ..Reading::default() };
    assert_eq!(read_with(empty, &dropped).missing.unwrap().read, 31);
    let named = behind(|i| ["pump", "fan"][i % 2].into(), &readings(30, &[0.0, 5.0]));
    assert_eq!(read_with(&named, &excluded(&["0"])).len(), 30);
    let once =
        behind(|i| if i == 0 { "off".into() } else { "1".into() }, &readings(30, &[0.0, 5.0]));
    assert_eq!(read_with(&once, &excluded(&["0"])).len(), 30);
    // the columns that are read still tell
    let broken = format!("2021-03-01 10:00:00,1.5,off\n{stamped}");
    Folder::with("d.csv", broken).refuses(
        "train d.csv --exclude 0",
        "d.csv, line 1: `1.5` is a number and `off` is not: give --header yes if the line names the \
         columns, else correct the cell or leave the column out by --exclude 2",
    );
}

#[test]
fn a_comment_above_the_rows_names_the_columns() {
    let rows = readings(30, &[0.0, 5.0, 9.0]);
    for (comment, rows) in [
        ("# a,b,label\n", rows.clone()),
        ("#a,b,label\n\n", rows.clone()),
        ("# made by hand\n# a,b,label\n", rows.clone()),
        ("# a b label\n", rows.replace(',', " ")),
    ] {
        let table = read(format!("{comment}{rows}"));
        assert_eq!((table.len(), &*table.features), (30, &*owned(&["a", "b"])), "{comment}");
        let [note] = &table.notes[..] else { panic!("{:?}", table.notes) };
        assert!(note.message.ends_with("d: a comment names the columns (a, b, label)"), "{note}");
        assert_eq!(note.hint, Hint::NoHeader);
    }
    // not a name for each column
    for comment in
        ["# a,b\n", "# 1,2,3\n", "# a,b,a\n", "# a,b,\n", "# a,b,c,d\n", "# a,b,c\n# later\n"]
    {
        let table = read(format!("{comment}{rows}"));
        assert_eq!((table.features.len(), table.notes.len()), (3, 0), "{comment}");
        assert_eq!(table.features[0], "x0");
    }
    let below = rows.replacen('\n', "\n# a,b,c\n", 1);
    assert_eq!(read(below).features[0], "x0");
    // names that are no comment win
    assert_eq!(read(format!("# a,b,c\nu,v,w\n{rows}")).features, ["u", "v", "w"]);
    assert_eq!(read(format!("u,v,w\n# a,b,c\n{rows}")).features, ["u", "v", "w"]);
    let no = Reading { header: HeaderLine::Absent, ..Reading::default() };
    assert_eq!(read_with(format!("# a,b,label\n{rows}"), &no).features, ["x0", "x1", "x2"]);
}

#[test]
fn the_line_of_the_header_can_be_given() {
    let rows = readings(30, &[0.0, 5.0]);
    let with = |header| Reading { header, ..Reading::default() };
    let notes = format!("Logger X, pump 7\nserial 5\n\na,b\n{rows}");
    let table = read_with(&notes, &with(HeaderLine::At(4)));
    assert_eq!((table.len(), &*table.features, table.places.of(0)), (30, &*owned(&["a", "b"]), 5));
    let table = read_with(format!("# made\n# a,b\n# by hand\n{rows}"), &with(HeaderLine::At(2)));
    assert_eq!((table.len(), &*table.features), (30, &*owned(&["a", "b"])));
    let table = read_with(&notes, &Reading { skip: 2, ..Reading::default() });
    assert_eq!((table.len(), &*table.features, table.places.of(0)), (30, &*owned(&["a", "b"]), 5));
    let table = read_with(&rows, &with(HeaderLine::First));
    assert_eq!(table.len(), 29);
    let table = read_with(&rows, &Reading { skip: 4, ..Reading::default() });
    assert_eq!((table.len(), table.places.of(0)), (26, 5));

    let folder = Folder::with("d.csv", &notes).and("m.csv", format!("one line\n{rows}"));
    folder.refuses(
        "train d.csv",
        "d.csv, line 2: 1 cells where the first line has 2: correct the line, or say where the \
         table begins by --header LINE or --skip LINES",
    );
    folder.works(&format!("train d.csv {QUICK} --header 4"));
    folder.works(&format!("train m.csv {QUICK} --skip 1"));
    folder.refuses("train d.csv --header 99", "d.csv has no line 99 to read");
    folder.refuses("train d.csv --header 2 --skip 2", "d.csv has no line 2 to read");
    folder.refuses(
        "train d.csv --header 34",
        "d.csv is empty: it needs rows of numbers, with or without a header",
    );
    for header in ["0", "maybe", "-1"] {
        let run = folder.couplet(&format!("train d.csv --header={header}"));
        let said = "give `yes`, `no` or the number of a line, from 1";
        assert!(run.code == Some(2) && run.stderr.contains(said), "{}", run.stderr);
    }
}

#[test]
fn a_first_line_may_say_the_delimiter() {
    let rows = readings(30, &[0.0, 5.0]);
    for (said, delimiter) in [("sep=;", ";"), ("\"sep=;\"", ";"), ("SEP=\t", "\t"), ("sep=,", ",")]
    {
        let text = format!("\u{feff}{said}\r\n") + &format!("a,b\n{rows}").replace(',', delimiter);
        let table = read(&text);
        assert_eq!((table.len(), &*table.features), (30, &*owned(&["a", "b"])), "{said}");
    }
    let rows = rows.replace(',', ":");
    assert_eq!(read(format!("sep=:\na:b\n{rows}")).features, ["a", "b"]);
}

#[test]
fn a_line_of_units_is_no_row() {
    let rows = readings(30, &[0.0, 5.0]);
    let stamped = behind(|i| format!("10:00:{i:02}"), &rows);
    for text in [format!("a,b\n°C,kPa\n{rows}"), format!("t,a,b\n,[°C],-\n{stamped}")] {
        let table = read(text);
        assert_eq!((table.len(), &*table.features), (30, &*owned(&["a", "b"])));
        assert_eq!(table.notes[0].hint, Hint::HeaderBelow(2));
    }
    let folder = Folder::with("d.csv", format!("a,b\n°C,kPa\n{rows}"));
    let run = folder.works(&format!("train d.csv {QUICK}"));
    let said =
        "d.csv: line 2 (°C, kPa) is taken for units; give --header 2 if it names the columns\n";
    assert!(run.stderr.starts_with(said), "{}", run.stderr);
    // a broken first row is none
    Folder::with("d.csv", format!("a,b\noff,3\n{rows}"))
        .refuses("train d.csv", "d.csv, line 2, column a: `off` is not a number: ...");
}

#[test]
fn a_blank_line_names_no_columns() {
    let folder = Folder::with("d.csv", "note\n\n1,2\n3,4\n");
    folder.refuses("train d.csv --header 2", "d.csv, line 2 is blank and names no columns");
}
