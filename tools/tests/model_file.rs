//! The page of the model file's format says what `couplet train` writes, and its Python reads it.

mod common;

use common::{File, Folder, committed, scattered};
use safetensors::Dtype;
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
};

const PAGE: &str = "examples/models/README.md";

/// Trainings that between them write every tensor, key and note. All go on rows of three features,
/// one of which is rounded.
const TRAININGS: [&str; 11] = [
    "--steps 60 --flow nice --couplets 2 --hidden 5,4 --base logistic --dequantize",
    "--steps 60 --couplets 2 --hidden 3 --activation tanh --base normal --permute false \
     --test-fraction 0.1",
    "--steps 60 --couplets 1 --hidden 3,5 --activation silu --scale --weight-decay 0.1 \
     --marginal --triangle --input-bound 1.5",
    "--steps 60 --couplets 1 --hidden 3 --lr 1e15 --patience 1", // its steps are rolled back
    "--budget 2e8 --couplets 1 --hidden 3",                      // several runs
    "--steps 60 --couplets 1 --hidden 3 --calibration-fraction 0.4 --false-alarms 0.1 --confidence \
     0.9 --drift 1",
    "--steps 60 --couplets 1 --hidden 3 --calibration-fraction 0.4 --false-alarms 0.1 --episode-rows \
     8 --episode-false-alarms 0.3",
    "--steps 60 --flow spline --couplets 2 --hidden 3",
    "--steps 60 --couplets 0 --base mixture --components 3 --covariance full",
    "--steps 60 --couplets 1 --hidden 3 --base mixture --components 4 --covariance diagonal",
    "--steps 60 --couplets 1 --hidden 3 --input-bound 0.8 --context c",
];

/// A folder with each training's model, from 0.safetensors on.
fn trained() -> Folder {
    let rows = (0..200).map(|i| {
        let t = f64::from(i);
        format!("{},{},{}\n", (0.7 * t).sin(), (1.3 * t).cos() + 0.1 * (5.3 * t).sin(), i % 7)
    });
    let folder = Folder::with("rows.csv", "a,b,c\n".to_string() + &rows.collect::<String>());
    for (i, flags) in TRAININGS.iter().enumerate() {
        folder.works(&format!("train rows.csv --batch 50 {flags} -o {i}.safetensors"));
    }
    folder
}

fn files(folder: &Folder) -> Vec<File> {
    let file = |i| File::parse(&folder.read(&format!("{i}.safetensors")));
    (0..TRAININGS.len()).map(file).collect()
}

/// The model of features of a raw signal, which has notes of its own.
fn trained_on_features() -> File {
    let samples = (0..200 * 64).map(|i| format!("{}\n", scattered(i)));
    let folder = Folder::with("raw.csv", "a\n".to_string() + &samples.collect::<String>());
    folder.works("features raw.csv --window 64 --bands 2 --rate 3200 --goertzel 800 -o f.csv");
    folder.works("train f.csv --steps 3 --couplets 1 --hidden 3 -o f.safetensors");
    File::parse(&folder.read("f.safetensors"))
}

fn page() -> String {
    String::from_utf8(committed(PAGE)).unwrap()
}

/// The cells of the rows of the table whose first heading is this.
fn table(page: &str, heading: &str) -> Vec<Vec<String>> {
    let start = format!("| {heading} |");
    let lines = page.lines().skip_while(|line| !line.starts_with(&start));
    let rows: Vec<Vec<String>> = lines
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .map(|line| line.split('|').map(|cell| cell.trim().replace('`', "")).collect())
        .map(|cells: Vec<String>| cells[1..cells.len() - 1].to_vec())
        .collect();
    assert!(!rows.is_empty(), "{PAGE} has no table of each {heading}");
    rows
}

type Tensors = BTreeMap<String, (Dtype, Vec<usize>)>;

/// The tensors that the page promises for a flow of this description.
fn promised(page: &str, description: &Value) -> Tensors {
    let list =
        |key: &str| -> Vec<usize> { serde_json::from_value(description[key].clone()).unwrap() };
    let (split, hidden) = (list("split"), list("hidden"));
    let names = description["context"].as_array().into_iter().flatten();
    let levels = |name: &Value| description["context_levels"][name.as_str().unwrap()].as_array();
    let contexts: usize = names.map(|name| levels(name).map_or(1, Vec::len)).sum();
    let mut tensors = Tensors::new();
    for row in table(page, "tensor") {
        let [name, dtype, shape, condition, ..] = &row[..] else { panic!("{row:?}") };
        let is_written = match &condition[..] {
            "always" => true,
            "affine" | "spline" => description["coupling"] == condition.as_str(),
            "additive, affine" => description["coupling"] != "spline",
            "student" | "mixture" => description["base"] == condition.as_str(),
            "full" => description["mixture"]["covariance"] == "full",
            "triangle" => description["triangle"] == true,
            "context" | "context, range known" => contexts > 0,
            "calibration" | "marginal" => description[&condition[..]].is_object(),
            key => description[key].as_bool().unwrap_or_else(|| panic!("{key} in {row:?}")),
        };
        if !is_written {
            continue;
        }
        let couplets = description["couplets"].as_u64().unwrap();
        if couplets == 0 && name.contains("{k}") {
            continue;
        }
        for k in 0..couplets.max(1) {
            for (c, given, mapped) in
                [("first", split[0], split[1]), ("second", split[1], split[0])]
            {
                let mut input = given + contexts;
                for (l, &width) in hidden.iter().enumerate() {
                    let size = |symbol: &str| match symbol {
                        "D" => split.iter().sum(),
                        "C" => contexts,
                        "H_l" => width,
                        "H" => *hidden.last().unwrap(),
                        "in" => input,
                        "out" => mapped,
                        "K_m" => description["mixture"]["components"].as_u64().unwrap() as usize,
                        "R" => 3 * description["marginal"]["bins"].as_u64().unwrap() as usize - 1,
                        "out R_c" => {
                            mapped
                                * (3 * description["spline"]["bins"].as_u64().unwrap() as usize - 1)
                        }
                        number if number.parse::<usize>().is_ok() => number.parse().unwrap(),
                        _ => panic!("{symbol} in {row:?}"),
                    };
                    let shape = shape.trim_matches(['[', ']']).split(", ").map(size).collect();
                    let name = name
                        .replace("{k}", &k.to_string())
                        .replace("{c}", c)
                        .replace("{l}", &l.to_string());
                    let dtype = match &dtype[..] {
                        "F32" => Dtype::F32,
                        "I64" => Dtype::I64,
                        _ => panic!("{row:?}"),
                    };
                    tensors.insert(name, (dtype, shape));
                    input = width;
                }
            }
        }
    }
    tensors
}

#[test]
fn the_tensors_of_the_page_are_those_that_train_writes() {
    let page = page();
    for (file, flags) in files(&trained()).iter().zip(TRAININGS) {
        let written: Tensors = file
            .tensors
            .iter()
            .map(|(name, (dtype, shape, _))| (name.clone(), (*dtype, shape.clone())))
            .collect();
        let promised = promised(&page, &file.description);
        let without = |all: &Tensors, others: &Tensors| -> Tensors {
            let differs = |(name, tensor): &(&String, &_)| others.get(*name) != Some(*tensor);
            all.iter()
                .filter(differs)
                .map(|(name, tensor)| (name.clone(), tensor.clone()))
                .collect()
        };
        assert!(
            promised == written,
            "{flags}: {PAGE} has {:?}, and train writes {:?}",
            without(&promised, &written),
            without(&written, &promised)
        );
    }
}

/// Every entry of the description, those of `training` by their full names.
fn entries(description: &Value) -> BTreeMap<String, Value> {
    let mut entries = BTreeMap::new();
    for (key, value) in description.as_object().unwrap() {
        match value.as_object() {
            // its keys are names of columns
            Some(_) if key == "context_levels" => drop(entries.insert(key.clone(), value.clone())),
            None => drop(entries.insert(key.clone(), value.clone())),
            Some(inner) => entries
                .extend(inner.iter().map(|(name, value)| (format!("{key}.{name}"), value.clone()))),
        }
    }
    entries
}

/// Whether JSON has what the page calls its type.
fn is(value: &Value, kind: &str) -> bool {
    let all =
        |kind| value.as_array().is_some_and(|array| array.iter().all(|value| is(value, kind)));
    match kind {
        "integer" => value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "integers" => all("integer"),
        "numbers" => all("number"),
        "strings" => all("string"),
        "object" => value.is_object(),
        "text" => value.is_string(),
        "lists" => all("numbers"),
        "lists of pairs" => all("lists"),
        "objects" => value.as_array().is_some_and(|array| array.iter().all(Value::is_object)),
        _ => panic!("{PAGE} says {kind}"),
    }
}

#[test]
fn the_metadata_of_the_page_is_what_train_writes() {
    let page = page();
    let rows = [table(&page, "key"), table(&page, "note")].concat();
    let mut files = files(&trained());
    files.push(trained_on_features());
    let mut seen = BTreeSet::new();
    for (file, flags) in files.iter().zip(TRAININGS.into_iter().chain(["features"])) {
        for (key, value) in entries(&file.description) {
            let row = rows.iter().find(|row| row[0] == key);
            let row = row.unwrap_or_else(|| panic!("{PAGE} does not explain {key}: {value}"));
            assert!(is(&value, &row[1]), "{PAGE} says that {value} is {row:?}");
            if let Some(word) = value.as_str().filter(|_| row[1] == "string") {
                assert!(row[3].contains(&format!("\"{word}\"")), "{PAGE} has no {word}: {row:?}");
                seen.insert(word.to_string());
            }
            seen.insert(key);
        }
        for row in rows.iter().filter(|row| row[2] == "always") {
            assert!(entries(&file.description).contains_key(&row[0]), "{flags} has no {row:?}");
        }
    }
    for row in &rows {
        assert!(seen.contains(&row[0]), "no training writes {row:?}");
        for word in row[3].split('"').skip(1).step_by(2) {
            assert!(seen.contains(word), "no training writes {word}: {row:?}");
        }
    }
}

/// The rows of a model's features and context.
const IN_NUMPY: &str = "
rows = dict(zip('abc', np.loadtxt('rows.csv', delimiter=',', skiprows=1).T))
x = np.stack([rows[name] for name in shape['features']], axis=1)
inputs = []
for name in shape.get('context', []):
    levels = shape.get('context_levels', {}).get(name)
    inputs += [rows[name]] if levels is None else [rows[name] == float(level) for level in levels]
print(*log_prob(shape, tensors, x, np.stack(inputs, axis=1) if inputs else None))
";

/// What the page's Python says of each row, if there is a Python with NumPy.
fn in_numpy(page: &str, folder: &Folder, model: &str) -> Option<Vec<f64>> {
    let has_numpy = Command::new("python3").args(["-c", "import numpy"]).output();
    if !has_numpy.is_ok_and(|output| output.status.success()) {
        return None;
    }
    let blocks = page.split("```python\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let program =
        format!("{}\nshape, tensors = read('{model}')\n{IN_NUMPY}", blocks.collect::<String>());
    let output = Command::new("python3")
        .args(["-c", &program])
        .current_dir(folder.path("."))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let printed = String::from_utf8(output.stdout).unwrap();
    Some(printed.split_whitespace().map(|word| word.parse().unwrap()).collect())
}

#[test]
fn the_page_computes_log_prob_as_score_does() {
    let (page, folder) = (page(), trained());
    for (i, flags) in TRAININGS.iter().enumerate() {
        let model = format!("{i}.safetensors");
        let Some(here) = in_numpy(&page, &folder, &model) else {
            println!("model_file: skipped, there is no python3 with NumPy here");
            return;
        };
        folder.works(&format!("score {model} rows.csv -o scores{i}.csv"));
        let scores = folder.text(&format!("scores{i}.csv"));
        let scores: Vec<f64> = scores
            .lines()
            .skip(1)
            .map(|line| line.split(',').nth(1).unwrap().parse().unwrap())
            .collect();
        assert_eq!((here.len(), scores.len()), (200, 200));
        for (here, score) in here.iter().zip(&scores) {
            assert!(
                (here - score).abs() <= 1e-4 * score.abs().max(1.0),
                "{flags}: {here}, {score}"
            );
        }
    }
}
