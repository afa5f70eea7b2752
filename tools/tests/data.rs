//! Data as people have it: whatever the format, the same rows; and what is wrong with a file is said in one line.

mod common;

use common::{Folder, committed};
use couplet_tools::data::{Columns, Reading, Table};

const MODEL: &str = "examples/models/moons.safetensors";

/// Reads a file of the folder as new features.
#[track_caller]
fn read(folder: &Folder, name: &str) -> Table {
    read_with(folder, name, &Reading::default())
}

#[track_caller]
fn read_with(folder: &Folder, name: &str, reading: &Reading) -> Table {
    Table::read(&folder.path(name), reading, Columns::All).unwrap_or_else(|error| panic!("{name}: {error:#}"))
}

/// A flag's value.
fn some(text: &str) -> Option<String> {
    Some(text.into())
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

#[test]
fn an_archive_gives_x_as_rows_and_y_as_labels() {
    let table = read(&committed_in("labelled.npz"), "labelled.npz");
    assert_eq!((&table.rows, table.features.len()), (&array_rows(40), 2));
    assert_eq!(table.labels, Some((0..40).map(|i| i % 10 == 9).collect()));
    assert_eq!((table.left_out, table.lines[39]), (vec!["y".to_string()], 40));
}

#[test]
fn an_array_that_was_asked_for_comes_without_labels_unless_they_were_asked_for_too() {
    let folder = committed_in("labelled.npz");
    let table = read_with(&folder, "labelled.npz", &Reading { array: some("X"), ..Reading::default() });
    assert_eq!((&table.rows, table.labels), (&array_rows(40), None));
    let table = read_with(&folder, "labelled.npz", &Reading { array: some("X"), label: some("y"), ..Reading::default() });
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
    refused(array("<c8", "2, 2", &[0; 64]), "the array holds `<c8`, no floats or integers; save it as float32");
    refused(array("<f2", "2, 2", &[0; 64]), "the array holds `<f2`, no floats or integers; save it as float32");
    refused(array("|O", "2, 2", &[0; 64]), "the array holds `|O`, no floats or integers; save it as float32");
    refused(array("<U5", "2, 2", &[0; 64]), "the array holds `<U5`, no floats or integers; save it as float32");
    let records = npy("{'descr': [('a', '<f4'), ('b', '<f4')], 'fortran_order': False, 'shape': (3,), }", &[0; 24]);
    refused(records, "the array is one of records; save their fields as the columns of a plain array");
    refused(npy("{'descr': '<f4', 'shape': (3, 2), }", &[]), "the .npy header has no fortran_order");
    refused(b"\x93NUMPY\x01\x00\xff\xff{'descr".to_vec(), "the .npy header is not whole: ...");
    refused(array("<f4", "2, 2", &[0; 15]), "cannot read all of its 2 x 2 numbers: ...");
    // more than memory holds is no reason to ask for it
    let fortran = "{'descr': '<f8', 'fortran_order': True, 'shape': (4611686018427387904, 8), }";
    refused(npy(fortran, &[0; 64]), "the array's shape is (4611686018427387904, 8): larger than memory");
}

#[test]
fn a_missing_number_of_an_array_is_named() {
    let numbers = [1.0, 2.0, f32::NAN, 4.0].map(f32::to_le_bytes).concat();
    Folder::with("d.npy", array("<f4", "2, 2", &numbers))
        .refuses("train d.npy", "d.npy, row 2, column x0: `NaN` is not a finite f32; drop the row or fill the cell");
}

#[test]
fn an_archive_without_the_array_is_refused() {
    let folder = committed_in("stored.npz");
    folder.refuses("train stored.npz", "stored.npz: choose one of the arrays train, test by --array");
    folder.refuses("train stored.npz --array X", "stored.npz: no array is called X; there are train, test");
    let folder = committed_in("labelled.npz");
    folder.refuses("train labelled.npz --array y", "labelled.npz has one feature, x0: a coupling flow needs at least two");
    folder.refuses("train labelled.npz --label X", "labelled.npz: 80 numbers in X for 40 rows in X");
    let text = Folder::with("d.csv", "1,2\n");
    text.refuses("train d.csv --array X", "d.csv is not an .npz file, so it has no arrays to choose by --array");
}

#[test]
fn an_archive_that_is_not_whole_is_refused() {
    let whole = committed("tools/tests/data/labelled.npz");
    let folder = Folder::with("d.npz", &whole[..whole.len() - 30]);
    folder.refuses("train d.npz", "d.npz is not a whole .npz file: ...");
    // an empty archive
    let folder = Folder::with("d.npz", [b"PK\x05\x06".as_slice(), &[0; 18]].concat());
    let message = "d.npz is a zip archive without NumPy arrays; unpack it, or save a spreadsheet as CSV";
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
        rows.iter().zip(labels).fold("x,y,fault\n".to_string(), |text, (row, label)| format!("{text}{row},{label}\n"))
    };
    assert!(eval(&data([0, 1, 0, 7]), "--label fault").contains("\nAUROC               1.0000 (2 anomalies among 4 rows)\n"));
    assert!(eval(&data([0, 1, 0, 7]), "--label 2").contains("\nAUROC               1.0000 (2 anomalies among 4 rows)\n"));
    assert!(eval(&data([1, 0, 0, 0]), "--label fault").contains("\nAUROC               0.3333 (1 anomalies among 4 rows)\n"));
    assert!(!eval(&data([0, 1, 0, 1]), "").contains("AUROC"));
}

#[test]
fn labels_of_one_kind_are_refused() {
    let folder = Folder::with("m.safetensors", committed(MODEL)).and("d.csv", "x,y,fault\n1,2,0\n3,4,0\n");
    let message = "d.csv: all labels are normal (0), and an AUROC compares the two kinds: leave out --label, or give --array \
                   for an .npz file";
    folder.refuses("eval m.safetensors d.csv --label fault", message);
    let folder = folder.and("d.csv", "x,y,fault\n1,2,1\n3,4,2\n");
    folder.refuses("eval m.safetensors d.csv --label fault", &message.replace("normal (0)", "anomalies (not 0)"));
}

#[test]
fn a_label_that_is_no_number_is_named() {
    let folder = Folder::with("m.safetensors", committed(MODEL)).and("d.csv", "x,y,fault\n1,2,0\n3,4,yes\n");
    folder.refuses(
        "eval m.safetensors d.csv --label fault",
        "d.csv, line 3, column fault: `yes` is not a number; drop the row or fill the cell",
    );
    folder.refuses("eval m.safetensors d.csv --label y", "d.csv: column y is a feature and cannot be the label too");
    folder.refuses("eval m.safetensors d.csv --label kind", "d.csv: no column is called kind; there are x, y, fault");
}
