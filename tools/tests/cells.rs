//! What cells hold: numbers in the notation of other places, words for missing values, text, labels.

mod common;

use common::{Folder, committed, scattered};
use couplet_tools::{
    data::{Columns, Notation, Reading, Table},
    hint::Hint,
};

const MODEL: &str = "examples/models/moons.safetensors";
const QUICK: &str = "--steps 3 --couplets 1 --hidden 4";

/// Rows of readings a and b.
fn numbers(count: usize) -> Vec<[f64; 2]> {
    let cell = |i| (scattered(i) / 250.0 * 1e4).round() / 1e4;
    (0..count).map(|i| [1200.0 + cell(i) + i as f64 / 1e4, cell(i + 70_000)]).collect()
}

/// A table of these, with another cell in each row.
fn table(name: &str, count: usize, cell: impl Fn(usize) -> String) -> String {
    let line = |(i, [a, b]): (usize, [f64; 2])| format!("{a},{b},{}\n", cell(i));
    format!("a,b,{name}\n{}", numbers(count).into_iter().enumerate().map(line).collect::<String>())
}

#[track_caller]
fn read_with(text: impl AsRef<[u8]>, reading: &Reading) -> Table {
    let folder = Folder::with("d", text);
    Table::read(&folder.path("d"), reading, Columns::All)
        .unwrap_or_else(|error| panic!("{error:#}"))
}

// --- Numbers ---

/// A number with these separators.
fn written(x: f64, decimal: &str, thousands: &str) -> String {
    let text = format!("{x:.4}");
    let (whole, fraction) = text.split_once('.').unwrap();
    let split = whole.len().saturating_sub(3);
    let whole =
        if split == 0 { whole.into() } else { [&whole[..split], &whole[split..]].join(thousands) };
    format!("{whole}{decimal}{fraction}")
}

#[test]
fn numbers_are_read_as_they_are_said_to_be_written() {
    let expected: Vec<f32> = numbers(40).as_flattened().iter().map(|&x| x as f32).collect();
    for (decimal, thousands) in
        [(",", ""), (",", "."), (",", " "), (",", "\u{202f}"), (".", ","), (".", "'"), (".", " ")]
    {
        for (delimiter, head) in [(";", ""), (";", "a;b\n"), ("\t", ""), ("|", "a|b\n")] {
            let line =
                |row: [f64; 2]| row.map(|x| written(x, decimal, thousands)).join(delimiter) + "\n";
            let text = head.to_string() + &numbers(40).into_iter().map(line).collect::<String>();
            let notation = Notation {
                decimal: decimal.parse().unwrap(),
                thousands: thousands.chars().next().map(|c| if c == '\u{202f}' { ' ' } else { c }),
            };
            let table = read_with(&text, &Reading { notation, ..Reading::default() });
            assert_eq!(table.rows, expected, "{text}");
        }
    }
    // a comma would separate as many cells that are numbers
    let notation = Notation { decimal: ',', thousands: None };
    let exclude = Some(vec!["0".to_string()]);
    let table = read_with("k0;1,5\nk1;2,5\n", &Reading { notation, exclude, ..Reading::default() });
    assert_eq!(table.rows, [1.5, 2.5]);
    let quoted = "a,b\n\"1,5\",\"2,5\"\n\"3,5\",\"4,25\"\n";
    let table = read_with(quoted, &Reading { notation, ..Reading::default() });
    assert_eq!(table.rows, [1.5, 2.5, 3.5, 4.25]);
}

#[test]
fn the_flag_that_reads_a_number_is_named() {
    let lines = |decimal: &str, thousands: &str| -> String {
        let line = |row: [f64; 2]| row.map(|x| written(x, decimal, thousands)).join(";") + "\n";
        numbers(40).into_iter().map(line).collect()
    };
    let comma = lines(",", "");
    let folder = Folder::with("named.csv", format!("a;b\n{comma}")).and("plain.csv", &comma);
    folder.refuses(
        "train named.csv",
        "named.csv, line 2, column a: `1202,3160` is not a number: give --decimal , if numbers are \
         written as in 1000,5",
    );
    // as commas would separate four cells
    folder.refuses(
        "train plain.csv",
        "plain.csv: `1200,5921` is not a number, and cells are separated by semicolons: give \
         --decimal , if numbers are written as in 1000,5",
    );
    folder.works(&format!("train named.csv {QUICK} --decimal ,"));
    folder.works(&format!("train plain.csv {QUICK} --decimal ,"));
    assert_eq!(
        folder.works("eval named.safetensors named.csv --decimal ,").stdout.lines().nth(1),
        folder.works("eval plain.safetensors plain.csv --decimal ,").stdout.lines().nth(1)
    );
    let names = |decimal: &str, thousands: &str, flags: &str, like: &str| {
        let folder = Folder::with("d.csv", format!("a;b\n{}", lines(decimal, thousands)));
        let cell = written(1202.316, decimal, thousands);
        let message = format!(
            "d.csv, line 2, column a: `{cell}` is not a number: give {flags} if numbers are written \
             as in {like}"
        );
        folder.refuses("train d.csv", &message);
        let mut words = vec!["train", "d.csv", "--steps", "3"];
        words.extend(flags.split(' ').map(|word| if word == "\"'\"" { "'" } else { word }));
        let run = folder.couplet_with(&words);
        assert_eq!(run.code, Some(0), "{}", run.stderr);
    };
    names(".", ",", "--thousands ,", "1,000.5");
    names(".", "'", "--thousands \"'\"", "1'000.5");
    names(".", " ", "--thousands space", "1 000.5");
    names(",", ".", "--decimal , --thousands .", "1.000,5");
    Folder::with("d.csv", "a;b\n1,234;5\n").refuses(
        "train d.csv",
        "d.csv, line 2, column a: `1,234` is not a number: give --decimal , if numbers are written \
         as in 1000,5, or --thousands , if numbers are written as in 1,000.5",
    );
    // a point is no decimal comma
    Folder::with("d.csv", "a;b\n1,5;2\n1.234;5\n").refuses(
        "train d.csv --decimal ,",
        "d.csv, line 3, column a: `1.234` is not a number: drop the row, correct the cell, or leave \
         the column out by --exclude a; give --missing ...",
    );
}

// --- Text ---

#[test]
fn all_columns_of_text_are_named_at_once() {
    let text = table("kind,state", 40, |i| format!("k{i},{}", ["on", "off"][i % 2]));
    let folder = Folder::with("d.csv", &text)
        .and("late.csv", table("c", 40, |i| if i == 30 { "off".into() } else { "5".into() }))
        .and(
            "two.csv",
            table("c,d", 40, |i| match i {
                20 => "off,1".into(),
                30 => "2,on".into(),
                _ => format!("{},{}", scattered(i + 9), scattered(i + 99)),
            }),
        )
        .and("class.csv", table("kind,Class", 40, |i| format!("k{i},c{}", i % 3)));
    folder.refuses(
        "train d.csv",
        "d.csv: columns kind, state hold text, such as `k0` in line 2: leave them out by --exclude \
         kind,state, or give --label state if that says which rows are anomalies",
    );
    folder.works(&format!("train d.csv {QUICK} --exclude kind,state"));
    folder.refuses(
        "train d.csv --exclude kind",
        "d.csv: column state holds text, such as `on` in line 2: leave it out by --exclude state, or \
         give --label state if that says which rows are anomalies",
    );
    folder.refuses(
        "train late.csv",
        "late.csv, line 32, column c: `off` is not a number: drop the row, correct the cell, or \
         leave the column out by --exclude c; give --missing ...",
    );
    folder.refuses(
        "train two.csv",
        "two.csv: columns c, d hold text, such as `off` in line 22: leave them out by --exclude c,d",
    );
    folder.refuses(
        "train class.csv",
        "class.csv: columns kind, Class hold text, such as `k0` in line 2: leave them out by \
         --exclude kind,Class, or give --label Class if that says which rows are anomalies",
    );
}

// --- Missing values ---

#[test]
fn words_for_missing_values_are_known() {
    let words = [
        "#N/A", "#DIV/0!", "#VALUE!", "#REF!", "NaT", "1.#QNAN", "-1.#IND", "1.#INF", "--", ".",
        "*", "\\N", "NULL", "N.A.", "missing", "-nan", "#n/a",
    ];
    let text =
        table("c", 100, |i| words.get(i).map_or(scattered(i).to_string(), |w| w.to_string()));
    let folder = Folder::with("d.csv", &text);
    let run = folder.works(&format!("train d.csv {QUICK} --drop-missing"));
    let said = "d.csv: dropped 17 of 100 rows with missing values; column c lacks 17, the most\n";
    assert!(run.stderr.starts_with(said), "{}", run.stderr);
    folder.refuses(
        "train d.csv",
        "d.csv, line 2, column c: `#N/A` is a missing value: fill the cell, or drop such rows by \
         --drop-missing",
    );
}

/// A comment begins with `#`, too.
#[test]
fn an_error_of_a_spreadsheet_at_the_start_of_a_line_is_no_comment() {
    let dropped = Reading { drop_missing: true, ..Reading::default() };
    let table = read_with("a,b\n1,2\n#N/A,3\n# 4,5\n#DIV/0!,6\n7,8\n#N/A 1,2\n#NAME,1\n", &dropped);
    assert_eq!((table.len(), table.missing.unwrap().read), (2, 4));
    assert_eq!(table.rows, [1.0, 2.0, 7.0, 8.0]);
}

#[test]
fn other_words_and_numbers_can_stand_for_missing_values() {
    let text = "a,b\n1,2\nbad,3\n-9999,4\n5,-9999.0\n6,7\n";
    let reading = Reading {
        missing: vec!["bad".into(), "-9999".into()],
        drop_missing: true,
        ..Reading::default()
    };
    let table = read_with(text, &reading);
    assert_eq!((table.rows, table.missing.unwrap().dropped), (vec![1.0, 2.0, 6.0, 7.0], 3));
    let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }\n";
    let cells = [1.0, 2.0, 3.0, -9999.0, 5.0, 6.0_f32].map(f32::to_le_bytes).concat();
    let length = u16::try_from(header.len()).unwrap().to_le_bytes();
    let array = [b"\x93NUMPY\x01\x00", &length[..], header.as_bytes(), &cells].concat();
    assert_eq!(read_with(array, &reading).rows, [1.0, 2.0, 5.0, 6.0]);
    // in the first row, too
    assert_eq!(read_with("bad,2\n1,3\n5,6\n", &reading).rows, [1.0, 3.0, 5.0, 6.0]);
    let folder = Folder::with("d.csv", text);
    folder.refuses(
        "train d.csv --missing bad,-9999",
        "d.csv, line 3, column a: `` is a missing value: fill the cell, or drop such rows by \
         --drop-missing",
    );
    folder.refuses(
        "train d.csv --missing -9999 --drop-missing",
        "d.csv, line 3, column a: `bad` is not a number: drop the row, correct the cell, or leave \
         the column out by --exclude a; give --missing bad --drop-missing if it stands for a missing \
         value",
    );
    let said = folder.couplet("train d.csv --missing bad,-9999 --drop-missing").stderr;
    assert!(said.starts_with("d.csv: dropped 3 of 5 rows with missing values; "), "{said}");
}

// --- Labels ---

/// The moons model, and rows where every tenth is far off.
fn labelled(name: &str, normal: &str, anomaly: &str) -> Folder {
    let line = |i: usize| {
        let (y, label) = if i.is_multiple_of(10) { (9.0, anomaly) } else { (0.69, normal) };
        format!("{},{y},{label}\n", 0.2 + scattered(i) / 5e3)
    };
    let text = format!("x,y,{name}\n{}", (0..100).map(line).collect::<String>());
    Folder::with("m.safetensors", committed(MODEL)).and("d.csv", text)
}

const FOUND: &str = "AUROC               1.0000 (10 anomalies among 100 rows)\n";

#[test]
fn labels_may_be_words() {
    for (name, normal, anomaly) in [
        ("state", "Normal", "Attack"),
        ("state", "BENIGN", "DDoS"),
        ("fault", "False", "True"),
        ("fault", "no", "yes"),
        ("ok", "True", "False"),
        ("is_normal", "yes", "no"),
        ("state", "ok", "not ok"),
    ] {
        let run = labelled(name, normal, anomaly)
            .works(&format!("eval m.safetensors d.csv --label {name}"));
        assert!(run.stdout.contains(FOUND), "{name} {normal}: {}", run.stdout);
        let quoted = if anomaly.contains(' ') { format!("'{anomaly}'") } else { anomaly.into() };
        let said = format!(
            "d.csv: label {name}: `{normal}` is taken for normal, all else for an anomaly (10 of 100 \
             rows); give --normal {quoted} if that is normal\n"
        );
        assert_eq!(run.stderr, said);
    }
}

#[test]
fn the_label_of_normal_rows_can_be_said() {
    let eval = "eval m.safetensors d.csv --label state";
    let folder = labelled("state", "idle", "run");
    folder.refuses(
        eval,
        "d.csv: the labels of column state are run, idle, and which is normal is not known: give \
         --normal run or --normal idle",
    );
    let run = folder.works(&format!("{eval} --normal idle"));
    assert!(run.stdout.contains(FOUND) && run.stderr.is_empty(), "{}", run.stderr);
    let turned = folder.works(&format!("{eval} --normal run")).stdout;
    assert!(
        turned.contains("AUROC               0.0000 (90 anomalies among 100 rows)"),
        "{turned}"
    );
    folder.refuses(
        &format!("{eval} --normal Idle"),
        "d.csv: no label of column state is `Idle`; there are run, idle",
    );
    // numbers, as some detectors write them
    let folder = labelled("state", "1", "-1");
    assert!(folder.works(&format!("{eval} --normal 1")).stdout.contains(FOUND));
    let folder = labelled("state", "1.0", "0");
    assert!(folder.works(&format!("{eval} --normal 1")).stdout.contains(FOUND));
    // a word that stands for a missing value elsewhere
    let folder = labelled("state", "none", "leak");
    assert!(folder.works(&format!("{eval} --normal none")).stdout.contains(FOUND));
    let run = folder.works(&format!("{eval} --normal none --drop-missing"));
    assert!(run.stdout.contains(FOUND) && run.stderr.is_empty(), "{}", run.stderr);
    // more words than two
    let kinds = |i: usize| ["normal", "leak", "jam"][i % 3].to_string();
    let table = read_with(
        table("k", 30, kinds),
        &Reading { label: Some("k".into()), ..Reading::default() },
    );
    assert_eq!(table.labels, Some((0..30).map(|i| i % 3 > 0).collect()));
    assert!(matches!(&table.notes[0].hint, Hint::OtherNormal(words) if words.len() == 2));
}

/// To leave out all columns helps nobody.
#[test]
fn where_no_column_holds_numbers_the_layout_is_to_be_said() {
    let rows: String = (0..30).map(|i| format!("{i} C,{i} bar\n")).collect();
    Folder::with("d.csv", format!("a,b\n{rows}")).refuses(
        "train d.csv",
        "d.csv: columns a, b hold text, such as `0 C` in line 2: say how the table is written by \
         --delimiter, --decimal, --header or --skip",
    );
}

/// Training keeps anomalies, and most rows are normal.
#[test]
fn anomalies_among_training_rows_and_among_most_rows_are_told() {
    let kind = |i: usize| String::from(if i.is_multiple_of(10) { "0" } else { "1" });
    let folder = Folder::with("d.csv", table("fault", 100, kind));
    let said = folder.works(&format!("train d.csv {QUICK} --label fault")).stderr;
    let warning = "warning: 90 of 100 rows are anomalies by their label, and are trained on like all \
                   others: give a file of normal rows\n";
    assert!(said.contains(warning), "{said}");
    let said = folder.works("eval d.safetensors d.csv --label fault").stderr;
    let note = "d.csv: label fault: `0` is taken for normal, all else for an anomaly (90 of 100 \
                rows); give --normal WORD if another one is normal\n";
    assert_eq!(said, note);
    assert_eq!(folder.works("eval d.safetensors d.csv --label fault --normal 1").stderr, "");
    // As few as one in ten is 1, but that may be what is normal.
    let kind = |i: usize| String::from(if i.is_multiple_of(10) { "1" } else { "0" });
    let folder = folder.and("ok.csv", table("ok", 100, kind));
    let said = folder.works("eval d.safetensors ok.csv --label ok").stderr;
    assert!(said.starts_with("ok.csv: label ok: `0` is taken for normal, "), "{said}");
}

#[test]
fn a_feature_that_may_be_a_label_is_warned_of() {
    for name in ["anomaly", "is_anomaly", "Class", "target", "changepoint", "Label"] {
        let folder =
            Folder::with("d.csv", table(name, 100, |i| (scattered(i) as usize % 2).to_string()));
        let run = folder.works(&format!("train d.csv {QUICK} --dequantize"));
        let said = format!(
            "warning: d.csv, column {name} may be a label, and is trained on as a feature; give \
             --label {name} if it says which rows are anomalies, else --exclude {name}\n"
        );
        assert!(run.stderr.starts_with(&said), "{}", run.stderr);
        let run = folder.works(&format!("train d.csv {QUICK} --label {name} -o l.safetensors"));
        let left_out = format!("features: a, b; left out: {name}\nwarning: 41 of 100 rows are ");
        assert!(run.stderr.starts_with(&left_out), "{}", run.stderr);
    }
    // a name alone, or values alone, are no label
    let quiet = |name: &str, cell: &dyn Fn(usize) -> String| {
        let folder = Folder::with("d.csv", table(name, 100, cell));
        let run = folder.works(&format!("train d.csv {QUICK} --dequantize"));
        assert!(!run.stderr.contains("label"), "{}", run.stderr);
    };
    quiet("target", &|i| scattered(i).to_string());
    quiet("classic", &|i| (scattered(i) as usize % 2).to_string());
}

#[test]
fn a_character_has_one_meaning() {
    let folder = Folder::with("d.csv", table("c", 30, |i| i.to_string()));
    let both = "`.` cannot separate both fractions and thousands: say which is which";
    folder.refuses("train d.csv --thousands .", both);
    let cells = "one character cannot separate both cells and parts of numbers: say which it is";
    folder.refuses("train d.csv --decimal , --delimiter ,", cells);
}
