//! If the input is wrong, the tool names what is wrong in one line, exits with code 1 and leaves no
//! file behind.
//!
//! clap reports numbers that it refuses and flags that it does not know, in its own words and with
//! exit code 2.

mod common;

use common::{File, Folder, committed, rows};
use serde_json::json;
use std::time::{Duration, Instant};

const MODEL: &str = "examples/models/moons.safetensors";
const WEIGHT: &str = "couplets.1.first.trunk.1.weight";

// --- Data ---

/// Asserts that `couplet train` refuses this text as data.
#[track_caller]
fn data_is_refused(data: &str, message: &str) {
    Folder::with("d.csv", data).refuses("train d.csv -o m.safetensors --steps 3", message);
}

#[test]
fn a_missing_data_file_is_named() {
    Folder::new().refuses("train d.csv -o m.safetensors", "cannot read the data d.csv: ...");
    Folder::with("m.safetensors", committed(MODEL))
        .refuses("eval m.safetensors d.csv", "cannot read the data d.csv: ...");
}

/// Excel writes files in this way.
#[test]
fn a_byte_order_mark_is_not_part_of_the_first_name() {
    Folder::with("d.csv", format!("\u{feff}{}", rows(30)))
        .works("train d.csv --columns a,b --steps 3");
}

#[test]
fn a_folder_is_no_data_file() {
    let folder = Folder::new();
    std::fs::create_dir(folder.path("d.csv")).unwrap();
    folder.refuses("train d.csv -o m.safetensors", "cannot read the data d.csv: ...");
}

#[test]
fn an_empty_file_is_refused() {
    data_is_refused("", "d.csv is empty: it needs rows of numbers, with or without a header");
    data_is_refused("\n\n", "d.csv is empty: it needs rows of numbers, with or without a header");
}

#[test]
fn a_header_without_rows_is_refused() {
    data_is_refused("a,b\n", "d.csv has a header but no rows");
}

#[test]
fn bytes_that_are_not_text_are_refused() {
    let folder = Folder::with("d.csv", b"a,b\n1,\xff\n")
        .and("h.csv", b"Temp \xb0C,b\n1,2\n")
        .and("u.csv", b"\xff\xfea\0,\0b\0");
    folder.refuses(
        "train d.csv",
        "d.csv: column b holds text, such as `\u{fffd}` in line 2: leave it out by --exclude b",
    );
    folder.refuses(
        "train h.csv",
        "h.csv, line 1: the columns' names are not in UTF-8; save the file so",
    );
    folder.refuses(
        "train u.csv",
        "u.csv is neither text in UTF-8 nor a format that couplet knows: save it as CSV",
    );
}

#[test]
fn columns_cannot_be_chosen_by_name_without_a_header() {
    Folder::with("d.csv", rows(30).replace("a,b\n", "")).refuses(
        "train d.csv --columns a,b",
        "d.csv: no column is called a, as there is no header: choose by index, from 0 to 1",
    );
}

#[test]
fn a_first_line_of_numbers_and_text_is_neither_a_header_nor_a_row() {
    data_is_refused(
        "1.5,off\n2,3\n",
        "d.csv, line 1: `1.5` is a number and `off` is not: give --header yes if the line names the \
         columns, else correct the cell or leave the column out by --exclude 1",
    );
}

#[test]
fn a_first_row_with_an_empty_cell_is_not_taken_for_a_header() {
    data_is_refused(
        "1.5,,2\n2,3,4\n",
        "d.csv, line 1, column x1: `` is a missing value: fill the cell, or drop such rows by \
         --drop-missing",
    );
}

#[test]
fn a_ragged_row_is_named() {
    let is_named = |data: &str, place: &str, cells: usize| {
        let message = format!(
            "d.csv, {place}: {cells} cells where the first line has 2: correct the line, or say \
             where the table begins by --header LINE or --skip LINES"
        );
        data_is_refused(data, &message);
    };
    is_named("a,b\n1,2\n\n3\n", "line 4", 1);
    is_named("\n1,2\r\n\r\n\r\n1,2,3", "line 5", 3);
    is_named("1,2\n1,2,3\n", "line 2", 3);
}

#[test]
fn a_cell_of_text_is_named() {
    data_is_refused(
        "a,b\n1,2\n3,off\n",
        "d.csv, line 3, column b: `off` is not a number: drop the row, correct the cell, or leave \
         the column out by --exclude b; give --missing ...",
    );
}

#[test]
fn a_cell_that_is_not_a_number_by_ieee_754_is_named() {
    data_is_refused(
        "a,b\n1,2\nNaN,4\n",
        "d.csv, line 3, column a: `NaN` is not a finite f32: fill the cell, or drop such rows by \
         --drop-missing",
    );
    data_is_refused(
        "nan,2\n1,4\n",
        "d.csv, line 1, column x0: `nan` is not a finite f32: fill the cell, or drop such rows by \
         --drop-missing",
    );
}

#[test]
fn an_infinite_cell_is_named() {
    data_is_refused(
        "a,b\n1,-inf\n",
        "d.csv, line 2, column b: `-inf` is not a finite f32: fill the cell, or drop such rows by \
         --drop-missing",
    );
}

#[test]
fn a_number_beyond_f32_is_named() {
    data_is_refused(
        "a,b\n1,2\n1e39,4\n",
        "d.csv, line 3, column a: `1e39` is not a finite f32: fill the cell, or drop such rows by \
         --drop-missing",
    );
}

#[test]
fn a_log_prob_that_is_no_number_is_named() {
    let folder = Folder::with("m.safetensors", committed(MODEL));
    folder.and("d.csv", "x,y,log_prob\n1,2,high\n").refuses(
        "eval m.safetensors d.csv",
        "d.csv, line 2, column log_prob: `high` is not a number: drop the row, correct the cell, \
         or leave the column out by --exclude log_prob; give --missing ...",
    );
}

#[test]
fn a_constant_column_is_named() {
    let data = rows(40)
        .lines()
        .enumerate()
        .map(|(i, line)| format!("{line},{}\n", if i == 0 { "c" } else { "2.5" }))
        .collect::<String>();
    data_is_refused(
        &data,
        "cannot train on d.csv: column c is constant in f32 (2.5): it has no density; leave it \
         out by --exclude, or subtract an offset first if its cells differ",
    );
}

#[test]
fn a_column_that_differs_by_less_than_f32_resolves_is_named() {
    let data: String = (0..50).map(|i| format!("{},{i}\n", 1_700_000_000 + i * 5 % 7)).collect();
    let message = "cannot train on d.csv: column t is constant in f32 (1700000000): it has no \
                   density; leave it out by --exclude, or subtract an offset first if its cells \
                   differ";
    data_is_refused(&format!("t,i\n{data}"), message);
}

/// With most seeds the sentinel is a training row, with some it is held out.
#[test]
fn a_sentinel_is_named() {
    for (sentinel, shown) in [("1e30", "1e30"), ("-99999999", "-100000000.0")] {
        let data: String = rows(1000)
            .lines()
            .enumerate()
            .map(|(i, line)| match i {
                500 => format!("0.5,{sentinel}\n"),
                _ => format!("{line}\n"),
            })
            .collect();
        let folder = Folder::with("d.csv", data);
        for seed in 0..20 {
            folder.refuses(
                &format!("train d.csv --steps 3 --seed {seed}"),
                &format!(
                    "cannot train on d.csv: column b: {shown} in row 500 is so far out that the \
                     other rows would count as equal; drop the row if it is a sentinel"
                ),
            );
        }
    }
}

#[test]
fn too_few_rows_are_refused() {
    data_is_refused(&rows(19), "d.csv has 19 rows, too few to learn from: give at least 20");
}

#[test]
fn the_fewest_rows_that_can_be_learnt_from_are_enough() {
    Folder::with("d.csv", rows(20)).works("train d.csv --steps 3 --val-fraction 0.01");
}

#[test]
fn one_column_is_refused() {
    data_is_refused("a\n1\n2\n", "d.csv has one feature, a: a coupling flow needs at least two");
}

#[test]
fn labels_alone_are_no_features() {
    data_is_refused(
        "label,log_prob\n1,2\n",
        "d.csv: there is no feature: label, log_prob count only when --columns names them",
    );
}

#[test]
fn an_unknown_column_is_named() {
    Folder::with("d.csv", rows(30))
        .refuses("train d.csv --columns a,c", "d.csv: no column is called c; there are a, b");
}

#[test]
fn a_column_chosen_twice_is_named() {
    Folder::with("d.csv", rows(30))
        .refuses("train d.csv --columns a,b,a", "d.csv: column a is chosen twice");
}

#[test]
fn two_columns_of_one_name_are_refused() {
    data_is_refused(
        &rows(30).replace("a,b\n", "a,a\n"),
        "d.csv: two columns are called a; rename one",
    );
}

#[test]
fn a_name_of_two_lines_still_gives_a_message_of_one() {
    data_is_refused(
        "\"a\nb\",c\n1,2\n3,x\n",
        "d.csv, line 4, column c: `x` is not a number: drop the row, correct the cell, or leave \
         the column out by --exclude c; give --missing ...",
    );
    data_is_refused(
        "\"a\nb\",c\n1,2\nx,3\n",
        "d.csv, line 4, column a b: `x` is not a number: drop the row, correct the cell, or leave \
         the column out by --exclude 'a b'; give --missing ...",
    );
}

#[test]
fn data_without_a_feature_of_the_model_is_refused() {
    let folder = Folder::with("m.safetensors", committed(MODEL)).and("d.csv", "x,z\n1,2\n");
    folder.refuses("eval m.safetensors d.csv", "d.csv: no column is called y; there are x, z");
    folder.refuses(
        "score m.safetensors d.csv -o s.csv",
        "d.csv: no column is called y; there are x, z",
    );
}

#[test]
fn data_without_a_header_must_have_as_many_columns_as_the_model() {
    let folder = Folder::with("m.safetensors", committed(MODEL)).and("d.csv", "1,2,3\n");
    let message = "d.csv: 3 columns and no header, where the model has 2 features: x, y";
    folder.refuses("eval m.safetensors d.csv", message);
    folder.refuses("score m.safetensors d.csv -o s.csv", message);
}

// --- Outputs ---

/// Asserts that a training is refused at once; its steps would take years.
#[track_caller]
fn output_is_refused(folder: &Folder, output: &str, message: &str) {
    let start = Instant::now();
    folder.refuses(&format!("train d.csv -o {output} --steps 1000000000000"), message);
    assert!(start.elapsed() < Duration::from_secs(5), "only after {:?}", start.elapsed());
}

#[test]
fn a_missing_output_folder_is_found_before_training() {
    output_is_refused(
        &Folder::with("d.csv", rows(50)),
        "no/m.safetensors",
        "cannot write no/m.safetensors: ...",
    );
}

#[test]
fn an_output_that_is_a_folder_is_found_before_training() {
    let folder = Folder::with("d.csv", rows(50));
    std::fs::create_dir(folder.path("out")).unwrap();
    output_is_refused(&folder, "out", "cannot write out: it is a folder");
}

#[test]
fn every_command_that_writes_names_an_output_that_it_cannot_write() {
    let folder = Folder::with("m.safetensors", committed(MODEL)).and("d.csv", "x,y\n1,2\n");
    let message = "cannot write no/out: ...";
    folder.refuses("score m.safetensors d.csv -o no/out", message);
    folder.refuses("sample m.safetensors -n 3 -o no/out", message);
    folder.refuses("export m.safetensors -o no/out.rs", "cannot write no/out.rs: ...");
    folder.refuses("export m.safetensors -o no/out.h", "cannot write no/out.h: ...");
    folder.refuses("toy moons -n 3 -o no/out", message);
}

#[test]
fn a_file_that_couplet_did_not_write_is_not_exported_over() {
    let folder = Folder::with("m.safetensors", committed(MODEL)).and("lib.rs", "fn main() {}\n");
    let message = "lib.rs exists and couplet did not write it: choose another path or give --force";
    folder.refuses("export m.safetensors -o lib.rs", message);
    assert_eq!(folder.text("lib.rs"), "fn main() {}\n");
}

#[test]
fn a_model_file_is_not_exported_over() {
    let folder = Folder::with("m.safetensors", committed(MODEL));
    let other = folder.and("n.safetensors", committed(MODEL));
    let message =
        "n.safetensors exists and couplet did not write it: choose another path or give --force";
    other.refuses("export m.safetensors -o n.safetensors --language rust", message);
}

#[test]
fn an_export_needs_an_ending_or_a_language_that_agree() {
    let folder = Folder::with("m.safetensors", committed(MODEL));
    for output in ["m.hpp", "m", "m.py"] {
        let message = format!(
            "{output}: a model becomes Rust, in a file that ends in .rs, or C, in one that ends in .h \
             or .c: choose one of these endings, or give --language"
        );
        folder.refuses(&format!("export m.safetensors -o {output}"), &message);
    }
    let message = |output, language| {
        format!(
            "{output}: a file of this ending is not {language}: choose another ending, or leave \
             --language out"
        )
    };
    folder.refuses("export m.safetensors -o m.h --language rust", &message("m.h", "rust"));
    folder.refuses("export m.safetensors -o m.rs --language c", &message("m.rs", "c"));
    assert_eq!(folder.files().len(), 1);
}

#[test]
fn couplets_own_names_do_not_name_a_model_in_c() {
    let folder = Folder::with("m.safetensors", committed(MODEL));
    let message = |name| {
        format!(
            "cannot export m.safetensors: `{name}` cannot name a model in C: couplet's own functions \
             have that name"
        )
    };
    folder.refuses("export m.safetensors -o m.h --name COUPLET", &message("COUPLET"));
    folder.refuses("export m.safetensors -o m.c --name COUPLET_2", &message("COUPLET_2"));
    let message = "cannot export m.safetensors: `pump` cannot name a model in C: use capital letters, \
                   digits and _, as in MOONS";
    folder.refuses("export m.safetensors -o m.h --name pump", message);
}

#[test]
fn no_command_replaces_its_own_input() {
    let folder = Folder::with("m.safetensors", committed(MODEL))
        .and("d.csv", rows(50).replace("a,b\n", "x,y\n"));
    let folder = folder.and("data.safetensors", rows(50));
    std::fs::create_dir(folder.path("sub")).unwrap();
    let message =
        |output| format!("cannot write {output}: it is the input; choose another path with -o");
    for output in ["d.csv", "./d.csv", "sub/../d.csv"] {
        folder.refuses(&format!("train d.csv -o {output}"), &message(output));
        folder.refuses(&format!("score m.safetensors d.csv -o {output}"), &message(output));
    }
    folder.refuses("train data.safetensors", &message("data.safetensors"));
    let output = "sub/../m.safetensors";
    folder.refuses(&format!("score m.safetensors d.csv -o {output}"), &message(output));
    folder.refuses(&format!("sample m.safetensors -n 3 -o {output}"), &message(output));
    folder.refuses(&format!("export m.safetensors -o {output}"), &message(output));
    folder.refuses(&format!("export m.safetensors -o {output} --force"), &message(output));
}

#[cfg(unix)]
#[test]
fn no_command_replaces_its_own_input_through_a_link() {
    let folder = Folder::with("m.safetensors", committed(MODEL));
    std::os::unix::fs::symlink("m.safetensors", folder.path("link")).unwrap();
    let message = "cannot write link: it is the input; choose another path with -o";
    folder.refuses("sample m.safetensors -n 3 -o link", message);
    folder.refuses("sample link -n 3 -o m.safetensors", &message.replace("link", "m.safetensors"));
}

#[test]
fn a_file_that_is_no_model_is_not_trained_over() {
    let other = File::parse(&committed(MODEL)).with_metadata(None);
    let folder =
        Folder::with("d.csv", rows(50)).and("d.safetensors", other).and("notes.txt", "of years\n");
    let message = |path| {
        format!(
            "{path} exists and couplet did not write it: choose another path with -o, or remove it"
        )
    };
    folder.refuses("train d.csv", &message("d.safetensors"));
    folder.refuses("train d.csv -o d.safetensors", &message("d.safetensors"));
    folder.refuses("train d.csv -o notes.txt", &message("notes.txt"));
}

#[test]
fn a_folder_is_not_exported_over_even_by_force() {
    let folder = Folder::with("m.safetensors", committed(MODEL));
    std::fs::create_dir(folder.path("out.rs")).unwrap();
    let message = "cannot write out.rs: it is a folder";
    folder.refuses("export m.safetensors -o out.rs", message);
    folder.refuses("export m.safetensors -o out.rs --force", message);
}

#[test]
fn force_exports_over_any_file() {
    let folder = Folder::with("m.safetensors", committed(MODEL)).and("lib.rs", "fn main() {}\n");
    folder.works("export m.safetensors -o lib.rs --force");
    assert!(folder.text("lib.rs").starts_with("// @generated by couplet"));
}

#[test]
fn a_file_that_couplet_wrote_is_exported_over() {
    let folder = Folder::with("m.safetensors", committed(MODEL));
    folder.works("export m.safetensors -o m.rs");
    folder.works("export m.safetensors -o m.rs --name OTHER");
    assert!(folder.text("m.rs").contains("pub static OTHER: "));
    assert_eq!(folder.files().len(), 2);
}

#[cfg(unix)]
#[test]
fn a_link_is_written_through_and_stays_a_link() {
    let folder = Folder::with("m.safetensors", committed(MODEL)).and("there.csv", "");
    std::os::unix::fs::symlink("there.csv", folder.path("link.csv")).unwrap();
    folder.works("sample m.safetensors -n 3 -o link.csv");
    assert!(folder.path("link.csv").is_symlink());
    assert_eq!(folder.text("there.csv").lines().count(), 4);
}

/// A pipe stands in for /dev/stdout and /dev/null: a test that replaces those, as root can, would
/// take them from the system.
#[cfg(target_os = "linux")]
#[test]
fn a_pipe_is_written_to_and_not_replaced() {
    use std::{io::Read, os::unix::fs::FileTypeExt};
    let folder = Folder::with("m.safetensors", committed(MODEL));
    let pipe = folder.path("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    // Open at both ends, so that neither waits for the other.
    let mut reader = std::fs::File::options().read(true).write(true).open(&pipe).unwrap();
    folder.works("sample m.safetensors -n 3 -o pipe");
    assert!(pipe.metadata().unwrap().file_type().is_fifo());
    let mut text = [0; 4096];
    let length = reader.read(&mut text).unwrap();
    assert_eq!(text[..length].iter().filter(|&&byte| byte == b'\n').count(), 4);
}

/// As in `couplet info model | head -1`: a closed pipe is no error.
#[cfg(unix)]
#[test]
fn a_reader_that_leaves_early_is_no_error() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let folder = Folder::with("m.safetensors", committed(MODEL));
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_couplet"))
        .args(["info", "m.safetensors"])
        .current_dir(folder.path(""))
        .stdout(writer)
        .output()
        .unwrap();
    assert_eq!((output.status.code(), output.stderr), (Some(0), Vec::new()));
}

#[cfg(target_os = "linux")]
#[test]
fn results_that_cannot_be_printed_are_an_error() {
    let folder = Folder::with("m.safetensors", committed(MODEL));
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_couplet"))
        .args(["info", "m.safetensors"])
        .current_dir(folder.path(""))
        .stdout(full)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let message = "error: cannot write to standard output: No space left on device (os error 28)\n";
    assert_eq!(String::from_utf8(output.stderr).unwrap(), message);
}

// --- Model files ---

/// Asserts that every command that reads a model refuses these bytes.
#[track_caller]
fn model_is_refused(bytes: impl AsRef<[u8]>, message: &str) {
    let folder = Folder::with("m.safetensors", bytes).and("d.csv", "x,y\n1,2\n");
    let message = format!("m.safetensors is not a model couplet can use: {message}");
    folder.refuses("info m.safetensors", &message);
    folder.refuses("score m.safetensors d.csv -o s.csv", &message);
    folder.refuses("export m.safetensors -o m.rs", &message);
}

/// The moons model after a change.
fn changed(change: impl FnOnce(&mut File)) -> Vec<u8> {
    let mut file = File::parse(&committed(MODEL));
    change(&mut file);
    file.to_bytes()
}

#[track_caller]
fn description_is_refused(key: &str, value: serde_json::Value, message: &str) {
    model_is_refused(changed(|file| file.description[key] = value), message);
}

#[test]
fn taking_a_model_apart_and_together_again_is_no_change() {
    let folder = Folder::with("m.safetensors", changed(|_| ())).and("d.csv", "x,y\n1,2\n");
    folder.works("info m.safetensors");
    folder.works("score m.safetensors d.csv -o s.csv");
    folder.works("export m.safetensors -o m.rs");
}

#[test]
fn a_missing_model_is_named() {
    let folder = Folder::with("d.csv", "x,y\n1,2\n");
    let message = "cannot read the model m.safetensors: ...";
    folder.refuses("info m.safetensors", message);
    folder.refuses("check m.safetensors", message);
    folder.refuses("eval m.safetensors d.csv", message);
    folder.refuses("score m.safetensors d.csv -o s.csv", message);
    folder.refuses("sample m.safetensors -n 1 -o s.csv", message);
    folder.refuses("export m.safetensors -o m.rs", message);
}

#[test]
fn a_truncated_model_is_refused_wherever_it_ends() {
    let whole = committed(MODEL);
    for length in (0..whole.len()).step_by(whole.len() / 7).chain([1, 7, 8, 9, whole.len() - 1]) {
        let folder = Folder::with("m.safetensors", &whole[..length]);
        let message =
            "m.safetensors is not a model couplet can use: not a whole safetensors file: ...";
        folder.refuses("info m.safetensors", message);
    }
}

#[test]
fn text_is_no_model() {
    model_is_refused("mean,std\n0.5,1.5\n".repeat(10), "not a whole safetensors file: ...");
}

#[test]
fn a_model_of_another_program_is_refused() {
    let file = File::parse(&committed(MODEL));
    let message = "a safetensors file without the metadata `couplet`, so of another program";
    model_is_refused(file.with_metadata(None), message);
}

#[test]
fn a_model_of_another_format_is_refused() {
    let message = "format 4, and this couplet reads formats 1 to 3: use the couplet that wrote it, \
                   or train again";
    description_is_refused("format", json!(4), message);
    description_is_refused("format", json!("one"), "the metadata `couplet` has no format number");
}

#[test]
fn a_context_that_contradicts_itself_is_refused() {
    let refused = |context: serde_json::Value, levels: serde_json::Value, message: &str| {
        let bytes = changed(|file| {
            file.description["format"] = json!(2);
            file.description["context"] = context;
            file.description["context_levels"] = levels;
        });
        model_is_refused(bytes, message);
    };
    refused(json!(["load"]), json!({}), "tensor context.mean is missing");
    refused(json!(["x"]), json!({}), "`x` is both a feature and a context");
    let levels = json!({"mode": ["eco", "full"]});
    refused(
        json!([]),
        levels,
        "the entry `context_levels` has levels of `mode`, which is no context",
    );
    let one = "the context `mode` has 1 levels; it needs two";
    refused(json!(["mode"]), json!({"mode": ["eco"]}), one);
}

#[test]
fn a_marginal_that_makes_no_spline_is_refused() {
    let refused = |marginal: serde_json::Value, message: &str| {
        let bytes = changed(|file| {
            file.description["format"] = json!(2);
            file.description["marginal"] = marginal;
        });
        model_is_refused(bytes, message);
    };
    let spline = |bins: usize, bound: f64, steepest: f64| json!({"bins": bins, "bound": bound, "steepest": steepest});
    refused(spline(1, 5.0, 20.0), "a spline of 1 bins; from 2 to 64 make sense");
    refused(spline(65, 5.0, 20.0), "a spline of 65 bins; from 2 to 64 make sense");
    let bound = "a spline's bound of 0.25; from 0.5 to 100 standard deviations make sense";
    refused(spline(8, 0.25, 20.0), bound);
    let steepest = |m: &str, most: &str, bins: &str| {
        format!(
            "a spline's steepest slope of {m}; above 1, and with {bins} bins at most {most} make \
             sense"
        )
    };
    refused(spline(8, 5.0, 1.0), &steepest("1", "273", "8"));
    refused(spline(64, 5.0, 92.0), &steepest("92", "91", "64"));
    let missing = "tensor marginal.spline is missing";
    refused(spline(8, 5.0, 20.0), missing);
    refused(json!(true), "the metadata `couplet` is not a flow's description: ...");
    let other = json!({"bins": 8, "bound": 5.0, "steepest": 20.0, "tails": "linear"});
    refused(other, "the metadata `couplet` is not a flow's description: ...");
}

#[test]
fn a_coupling_that_makes_no_spline_is_refused() {
    let refused = |coupling: &str, spline: serde_json::Value, message: &str| {
        let bytes = changed(|file| {
            file.description["format"] = json!(2);
            file.description["coupling"] = json!(coupling);
            file.description["spline"] = spline;
        });
        model_is_refused(bytes, message);
    };
    let spline = |bins: usize| json!({"bins": bins, "bound": 4.0, "steepest": 8.0});
    refused("spline", spline(1), "a spline of 1 bins; from 2 to 64 make sense");
    let apart = "the coupling and the entry `spline` do not belong together";
    refused("affine", spline(4), apart);
    refused("spline", json!(null), apart);
    refused(
        "spline",
        spline(4),
        "tensor couplets.0.first.log_scale.bias is not part of the flow that the metadata describes: use a newer couplet",
    );
}

#[test]
fn a_tensor_that_is_not_known_is_refused() {
    let bytes = changed(|file| {
        let tensor = file.tensors[WEIGHT].clone();
        file.tensors.insert("triangle.weight".into(), tensor);
    });
    model_is_refused(
        bytes,
        "tensor triangle.weight is not part of the flow that the metadata describes: use a newer \
         couplet",
    );
}

#[test]
fn metadata_that_is_not_json_is_refused() {
    let file = File::parse(&committed(MODEL));
    model_is_refused(
        file.with_metadata(Some("{format: 1}".into())),
        "the metadata `couplet` is not JSON: ...",
    );
    model_is_refused(
        file.with_metadata(Some("[1]".into())),
        "the metadata `couplet` has no format number",
    );
}

#[test]
fn metadata_without_an_entry_is_refused() {
    let bytes = changed(|file| drop(file.description.as_object_mut().unwrap().remove("hidden")));
    model_is_refused(
        bytes,
        "the metadata `couplet` is not a flow's description: missing field `hidden`",
    );
}

#[test]
fn an_unknown_word_in_the_metadata_is_named() {
    let start = "the metadata `couplet` is not a flow's description: unknown variant";
    let gelu = format!("{start} `gelu`, expected one of `relu`, `tanh`, `silu`");
    description_is_refused("activation", json!("gelu"), &gelu);
    let cubic = "unknown coupling `cubic`, expected one of `additive`, `affine`, `spline`";
    description_is_refused("coupling", json!("cubic"), cubic);
    let uniform =
        format!("{start} `uniform`, expected one of `normal`, `logistic`, `student`, `mixture`");
    description_is_refused("base", json!("uniform"), &uniform);
}

#[test]
fn a_split_that_does_not_add_up_is_refused() {
    for split in [[1, 2], [2, 0], [0, 2], [usize::MAX, 3]] {
        let [a, b] = split;
        let message =
            format!("split [{a}, {b}] does not add up to 2 features in two non-empty halves");
        description_is_refused("split", json!(split), &message);
    }
}

#[test]
fn a_bound_that_does_not_bound_is_refused() {
    description_is_refused(
        "log_scale_bound",
        json!(0.0),
        "log_scale_bound 0 is not a number from 1 on",
    );
    description_is_refused(
        "log_scale_bound",
        json!(0.99),
        "log_scale_bound 0.99 is not a number from 1 on",
    );
    description_is_refused(
        "log_scale_bound",
        json!(-2.0),
        "log_scale_bound -2 is not a number from 1 on",
    );
    description_is_refused(
        "log_scale_bound",
        json!(1e39),
        "log_scale_bound inf is not a number from 1 on",
    );
}

#[test]
fn a_missing_tensor_is_named() {
    for name in [WEIGHT, "couplets.2.second.shift.bias", "standardize.std"] {
        model_is_refused(
            changed(|file| drop(file.tensors.remove(name))),
            &format!("tensor {name} is missing"),
        );
    }
}

#[test]
fn a_misshapen_tensor_is_named() {
    let bytes = changed(|file| file.tensors.get_mut(WEIGHT).unwrap().1 = vec![8, 32]);
    model_is_refused(
        bytes,
        &format!("tensor {WEIGHT} has shape [8, 32]; its description says [16, 16]"),
    );
    let bytes = changed(|file| file.tensors.get_mut(WEIGHT).unwrap().1 = vec![256]);
    model_is_refused(
        bytes,
        &format!("tensor {WEIGHT} has shape [256]; its description says [16, 16]"),
    );
}

#[test]
fn a_tensor_of_another_type_is_named() {
    let bytes = changed(|file| file.tensors.get_mut(WEIGHT).unwrap().0 = safetensors::Dtype::I32);
    model_is_refused(bytes, &format!("tensor {WEIGHT} is I32; it must be F32"));
}

#[test]
fn a_weight_that_is_not_finite_is_named() {
    for (value, name) in [(f32::NAN, "NaN"), (f32::INFINITY, "inf"), (f32::NEG_INFINITY, "-inf")] {
        let bytes = changed(|file| file.set(WEIGHT, 37, value));
        model_is_refused(
            bytes,
            &format!("tensor {WEIGHT}: value {name} at index 37 is not finite"),
        );
    }
    let bytes = changed(|file| file.set("standardize.mean", 1, f32::NAN));
    model_is_refused(bytes, "tensor standardize.mean: value NaN at index 1 is not finite");
}

#[test]
fn a_standard_deviation_that_is_not_positive_is_named() {
    for (value, name) in [(0.0, "0"), (-0.0, "-0"), (-1.5, "-1.5")] {
        let bytes = changed(|file| file.set("standardize.std", 1, value));
        model_is_refused(
            bytes,
            &format!("tensor standardize.std: value {name} at index 1 is not positive"),
        );
    }
}

#[test]
fn a_permutation_that_is_none_is_named() {
    let reference = "tests/reference/nice_d5_logistic.safetensors";
    let name = "couplets.1.permutation";
    for index in [[0_i64, 1, 2, 3, 3], [0, 1, 2, 3, 5], [0, 1, 2, 3, -1], [65_536, 1, 2, 3, 4]] {
        let mut file = File::parse(&committed(reference));
        file.tensors.get_mut(name).unwrap().2 =
            index.iter().flat_map(|i| i.to_le_bytes()).collect();
        model_is_refused(
            file.to_bytes(),
            &format!("tensor {name}: {index:?} does not hold each of 0 to 4 once"),
        );
    }
}

/// The description is read before the tensors, and asks for terabytes.
#[test]
fn a_description_too_large_for_memory_is_refused() {
    let bytes = changed(|file| {
        file.description["hidden"] = json!([65_535, 65_535]);
        file.description["couplets"] = json!(1024);
    });
    let message = "8796495671296 parameters; at most 4194304 make sense on a device: take \
        narrower layers or fewer couplets";
    model_is_refused(bytes, message);
    let message = "100000 hidden widths; at most 64 make sense";
    description_is_refused("hidden", json!(vec![1; 100_000]), message);
}

// --- Flags ---

/// Asserts that `couplet train` refuses these flags; the data is valid.
#[track_caller]
fn flags_are_refused(flags: &str, message: &str) {
    Folder::with("d.csv", rows(50)).refuses(&format!("train d.csv {flags}"), message);
}

/// Asserts that clap refuses these arguments in its own words.
#[track_caller]
fn clap_refuses(arguments: &str, words: &str) {
    let folder = Folder::with("d.csv", rows(50)).and("m.safetensors", committed(MODEL));
    let run = folder.couplet(arguments);
    assert_eq!((run.code, &*run.stdout), (Some(2), ""), "couplet {arguments}");
    assert!(
        run.stderr.starts_with("error: ") && run.stderr.contains(words),
        "couplet {arguments}: {}",
        run.stderr
    );
    assert_eq!(folder.files().len(), 2);
}

#[test]
fn couplets_must_be_at_most_1024() {
    flags_are_refused("--couplets 1025", "1025 couplets; from 0 to 1024 make sense");
}

#[test]
fn a_mixture_has_components_and_no_other_base_has() {
    let few = "0 components; from 1 to 1024 make sense";
    flags_are_refused("--base mixture --components 0", few);
    for flag in ["--components 3", "--covariance full"] {
        let needed = "belongs to a mixture: give --base mixture";
        flags_are_refused(flag, &format!("{flag} {needed}"));
        flags_are_refused(&format!("{flag} --base normal"), &format!("{flag} {needed}"));
    }
    let apart = "the base and the entry `mixture` do not belong together";
    description_is_refused("base", json!("mixture"), apart);
}

#[test]
fn hidden_widths_must_be_positive() {
    flags_are_refused("--hidden 0", "a hidden width of 0; from 1 to 65535 make sense");
    flags_are_refused("--hidden 8,65536", "a hidden width of 65536; from 1 to 65535 make sense");
    clap_refuses("train d.csv --hidden ''", "invalid value '' for '--hidden <WIDTHS>'");
    clap_refuses("train d.csv --hidden -1", "'-1'");
}

#[test]
fn a_flow_too_large_for_a_device_is_refused() {
    let message = "8590196736 parameters; at most 4194304 make sense on a device: take narrower \
        layers or fewer couplets";
    flags_are_refused("--flow nice --couplets 1 --hidden 65535,65535", message);
    let folder = Folder::new();
    folder.refuses("check --arch 2 --flow nice --couplets 1 --hidden 65535,65535", message);
}

#[test]
fn a_batch_must_have_rows() {
    flags_are_refused("--batch 0", "--batch must be at least 1");
}

#[test]
fn the_optimisers_numbers_must_be_in_range() {
    flags_are_refused("--warm-up 1", "--warm-up 1 must be from 0 to below 1");
    flags_are_refused("--averaging nan", "--averaging NaN must be from 0 to below 1");
    flags_are_refused("--noise-among 1", "--noise-among must be from 2 to 1024");
    flags_are_refused("--outliers 0.6", "--outliers must be from 0 to 0.5");
    flags_are_refused("--clip 0", "--clip 0 must be positive");
    flags_are_refused("--weight-decay 101", "--weight-decay must be from 0 to 100");
}

#[test]
fn a_preset_leaves_no_choice_of_shape_and_must_be_large_enough() {
    clap_refuses(
        "train d.csv --preset tiny --couplets 2",
        "'--preset <SIZE>' cannot be used with '--couplets <K>'",
    );
    clap_refuses(
        "train d.csv --preset tiny --hidden 2",
        "'--preset <SIZE>' cannot be used with '--hidden <WIDTHS>'",
    );
    let message =
        "the smallest flow of these features takes 23032 bytes, more than the 8192 of this preset";
    Folder::new().refuses("check --arch 500 --preset tiny", message);
}

#[test]
fn the_learning_rate_must_be_positive() {
    flags_are_refused("--lr 0", "--lr 0 must be positive");
    flags_are_refused("--lr nan", "--lr NaN must be positive");
    flags_are_refused("--lr inf", "--lr inf must be positive");
    flags_are_refused("--lr=-1", "--lr -1 must be positive");
}

#[test]
fn the_part_held_out_must_leave_enough_to_learn_from() {
    flags_are_refused(
        "--val-fraction 0",
        "--validation-fraction 0 must be above 0 and at most 0.5",
    );
    flags_are_refused(
        "--val-fraction 0.9",
        "--validation-fraction 0.9 must be above 0 and at most 0.5",
    );
    flags_are_refused(
        "--val-fraction nan",
        "--validation-fraction NaN must be above 0 and at most 0.5",
    );
}

#[test]
fn patience_must_wait_for_something() {
    flags_are_refused("--patience 0", "--patience must be at least 1");
    clap_refuses("train d.csv --patience -1", "'-1'");
}

#[test]
fn there_must_be_steps() {
    flags_are_refused("--steps 0", "there is nothing to do in 0 steps");
    flags_are_refused("--epochs 0", "there is nothing to do in 0 steps");
    for value in ["0", "-1", "nan", "inf"] {
        let shown = if value == "nan" { "NaN" } else { value };
        let message = |flag: &str| format!("--{flag} {shown} must be positive");
        flags_are_refused(&format!("--budget {value}"), &message("budget"));
        flags_are_refused(&format!("--minutes {value}"), &message("minutes"));
    }
    clap_refuses(
        "train d.csv --steps 5 --epochs 5",
        "'--steps <STEPS>' cannot be used with '--epochs <EPOCHS>'",
    );
}

/// The product of epochs and steps overflows; the output is refused before the first step.
#[test]
fn epochs_beyond_counting_are_no_panic() {
    flags_are_refused(
        &format!("--epochs {} --batch 1 -o no/m", usize::MAX),
        "cannot write no/m: ...",
    );
}

#[test]
fn the_bound_of_the_log_scale_must_be_from_1_on() {
    flags_are_refused("--log-scale-bound 0", "log_scale_bound 0 is not a number from 1 on");
    flags_are_refused("--log-scale-bound nan", "log_scale_bound NaN is not a number from 1 on");
}

#[test]
fn a_toy_needs_noise() {
    let message =
        |noise| format!("--noise {noise} must be positive: without noise there is no density");
    for (flag, shown) in [("0", "0"), ("nan", "NaN"), ("inf", "inf")] {
        Folder::new().refuses(&format!("toy moons --noise {flag} -o t.csv"), &message(shown));
    }
}

#[test]
fn only_a_machine_has_faults_and_only_points_have_noise() {
    let refuses = |flags: &str, message: &str| Folder::new().refuses(flags, message);
    refuses("toy moons --fault bearing -o t.csv", "--fault: only vibration has faults");
    refuses("toy vibration --noise 1 -o t.csv", "--noise: that of vibration is fixed");
}

#[test]
fn a_planted_error_needs_a_tensor() {
    let first = "couplets.0.first.trunk.0.weight";
    let message = |plant| {
        format!(
            "--plant {plant}: the model has no trained tensor of that name; its first is {first}"
        )
    };
    let folder = Folder::with("m.safetensors", committed(MODEL));
    folder.refuses("check m.safetensors --plant nothing", &message("nothing"));
    folder.refuses("check m.safetensors --plant standardize.mean", &message("standardize.mean"));
    folder.refuses(
        "check --arch 3 --plant couplets.9.first.shift.bias",
        &message("couplets.9.first.shift.bias"),
    );
}

#[test]
fn a_check_needs_a_model_or_a_shape() {
    clap_refuses("check", "<MODEL.safetensors|--arch <FEATURES>>");
    clap_refuses(
        "check m.safetensors --arch 3",
        "'[MODEL.safetensors]' cannot be used with '--arch <FEATURES>'",
    );
}

#[test]
fn a_flow_over_fewer_than_two_features_cannot_be_checked() {
    Folder::new().refuses("check --arch 0", "a coupling flow needs at least two features, not 0");
    Folder::new().refuses("check --arch 1", "a coupling flow needs at least two features, not 1");
}

#[test]
fn a_flow_over_more_features_than_fit_cannot_be_checked() {
    Folder::new().refuses(
        "check --arch 99999999999999",
        "--arch 99999999999999: at most 65535 features make sense",
    );
}

#[test]
fn more_samples_than_fit_are_refused() {
    let message =
        format!("-n {}: at most 10000000 samples fit a file; take more seeds", usize::MAX);
    Folder::with("m.safetensors", committed(MODEL))
        .refuses(&format!("sample m.safetensors -n {} -o s.csv", usize::MAX), &message);
}

#[test]
fn a_name_that_is_no_constants_name_is_refused() {
    let folder = Folder::with("m.safetensors", committed(MODEL));
    for name in ["moons", "Moons", "_MOONS", "2MOONS", "MO-ONS", "MÖNDE", "''", "SELF"] {
        let shown = if name == "''" { "" } else { name };
        let arguments = format!("export m.safetensors -o m.rs --name {name}");
        let message = format!(
            "cannot export m.safetensors: `{shown}` cannot name a Rust static: use capital \
             letters, digits and _, as in MOONS"
        );
        folder.refuses(&arguments, &message);
    }
}
