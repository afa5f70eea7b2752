//! `couplet report` and `couplet plot`: what they write, and what they refuse.

mod common;

use common::{Folder, committed, rows, scattered};
use couplet_tools::report::chart::PALETTE;
use serde_json::Value;
use std::fmt::Write;

const MODEL: &str = "examples/models/moons_alarm.safetensors";

/// The names of all pictures.
const PICTURES: [&str; 9] =
    ["training", "pairs", "plane", "log-probs", "p-values", "roc", "delay", "timeline", "features"];

/// A folder with a calibrated model of two features, new training rows of its kind, and test rows
/// with labels and their true log-density.
fn whole() -> Folder {
    let folder = Folder::with("m.safetensors", committed(MODEL));
    folder.works("toy moons -n 2000 -o t.csv");
    folder.works("toy moons -n 1500 --seed 1 -o normal.csv");
    let mut labelled = "x,y,fault,log_prob\n".to_string();
    for (i, line) in folder.text("normal.csv").lines().skip(1).enumerate() {
        let [x, y, _, log_prob] = line.split(',').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let is_fault = i % 300 > 280;
        // A fault is seen after three rows.
        let y = if i % 300 > 283 { "1.9" } else { y };
        writeln!(labelled, "{x},{y},{},{log_prob}", u8::from(is_fault)).unwrap();
    }
    folder.and("e.csv", labelled)
}

const GIVEN: &str = "--train t.csv --test e.csv --label fault";

/// A trained model that is not calibrated.
fn trained(columns: &[String], count: usize) -> Folder {
    let mut text = columns.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(",") + "\n";
    for i in 0..count {
        let cell = |j: usize| scattered(i * columns.len() + j) + scattered(i);
        let cells: Vec<String> = (0..columns.len()).map(|j| cell(j).to_string()).collect();
        text += &(cells.join(",") + "\n");
    }
    let folder = Folder::with("d.csv", text);
    let train = "train d.csv --couplets 1 --hidden 4 --steps 20 -o m.safetensors";
    folder.works(train);
    folder
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[test]
fn the_same_input_gives_the_same_bytes_and_the_numbers_of_eval() {
    let folder = whole();
    folder.works(&format!("report m.safetensors {GIVEN} -o a.html"));
    folder.works(&format!("report m.safetensors {GIVEN} -o b.html"));
    assert!(folder.read("a.html") == folder.read("b.html"));
    let json = folder.works(&format!("report m.safetensors {GIVEN} --json")).stdout;
    let found: Value = serde_json::from_str(&json).unwrap();
    let eval = folder.works("eval m.safetensors e.csv --label fault --json").stdout;
    let eval: Value = serde_json::from_str(&eval).unwrap();
    for key in ["nats", "error", "worst", "auroc", "average_precision", "entropy", "gap"] {
        assert!(eval["flow"][key].is_number(), "{key}");
        assert_eq!(found["test"][key], eval["flow"][key], "{key}");
    }
    assert_eq!(found["test"]["alarms"], eval["alarms"]);
    let page = folder.text("a.html");
    let nats = format!("{:.4} ±", found["test"]["nats"].as_f64().unwrap());
    let area = format!("{:.4}", found["test"]["auroc"].as_f64().unwrap());
    assert!(page.contains(&nats) && page.contains(&area), "{nats} {area}");
    let alarms = folder.works("watch m.safetensors e.csv --json").stdout;
    let watched: Vec<Value> =
        alarms.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()).collect();
    let watched: Vec<&Value> = watched.iter().filter(|event| event["event"] == "alarm").collect();
    let told = found["test"]["timeline"]["told"].as_array().unwrap();
    assert_eq!(found["test"]["timeline"]["alarms"], watched.len());
    assert!(!told.is_empty());
    for (told, watched) in told.iter().zip(watched) {
        for (ours, theirs) in [("row", "row"), ("p_value", "p_value"), ("blamed", "blame")] {
            assert_eq!(told[ours], watched[theirs], "{told}");
        }
    }
}

#[test]
fn the_histogram_and_the_curves_count_every_row() {
    let folder = whole();
    let json = folder.works(&format!("report m.safetensors {GIVEN} --json")).stdout;
    let found: Value = serde_json::from_str(&json).unwrap();
    let counts = |kind: &str| {
        let counts = &found["test"]["histogram"][kind];
        let bins = counts["bins"].as_array().unwrap().iter().map(|bin| bin.as_u64().unwrap());
        bins.sum::<u64>()
            + counts["below"].as_u64().unwrap()
            + counts["impossible"].as_u64().unwrap()
    };
    assert_eq!((counts("normal"), counts("anomalies")), (1405, 95));
    let last = |curve: &Value| curve.as_array().unwrap().last().unwrap().clone();
    assert_eq!(last(&found["test"]["roc"]["curve"])["detected"], 1.0);
    assert_eq!(last(&found["test"]["p_values"]["curve"])["share"], 1.0);
    assert_eq!(last(&found["test"]["delays"]["curve"])[1], found["test"]["delays"]["found"]);
}

/// Nothing but the model: the page says what is missing, and has no empty frame.
#[test]
fn a_bare_model_has_a_page_that_says_what_is_missing() {
    let folder = trained(&["a".into(), "b".into(), "c".into()], 120);
    let said = folder.works("report m.safetensors").stdout;
    assert!(said.ends_with("m.html: open it in a browser\n"), "{said}");
    let page = folder.text("m.html");
    for text in ["not calibrated", "no test rows were given", "no rows were given"] {
        assert!(page.contains(text), "{text}");
    }
    assert_eq!(page.matches("<svg").count(), 1, "the training curve");
    assert!(page.contains("learned") && page.contains("<title>Training curve</title>"));
    for wrong in ["NaN", "inf", "null"] {
        assert!(!page.contains(&format!(">{wrong}<")), "{wrong}");
    }
    let entries: Vec<&str> = page.split("<li><a href=\"#").skip(1).collect();
    assert!(entries.len() >= 4, "{}", entries.len());
    for entry in entries {
        let id = entry.split('"').next().unwrap();
        assert!(page.contains(&format!("<section id=\"{id}\"")), "{id}");
    }
}

#[test]
fn what_the_page_needs_is_in_it() {
    let folder = whole();
    folder.works(&format!("report m.safetensors {GIVEN} -o a.html"));
    let page = folder.text("a.html");
    assert!(!page.contains("<script") && !page.contains("url(") && !page.contains("@import"));
    for attribute in ["src=\"", "href=\""] {
        for value in page.split(attribute).skip(1) {
            assert!(value.starts_with('#') || value.starts_with("data:"), "{}", &value[..40]);
        }
    }
    for tone in PALETTE {
        assert!(page.contains(tone.light) && page.contains(tone.dark), "{tone:?}");
    }
    assert_eq!(page.matches("<svg").count(), 8);
}

#[test]
fn names_of_any_script_and_with_marks_are_right() {
    let names = ["Öl <b> & \"x\"", "轴承温度", "it's", "Durchfluß_der_Pumpe_in_Litern_pro_Minute"];
    let folder = trained(&names.map(String::from), 200);
    folder.works("report m.safetensors --test d.csv -o a.html");
    let page = folder.text("a.html");
    assert!(page.contains("Öl &lt;b&gt; &amp; &quot;x&quot;") && !page.contains("<b> &"));
    assert!(page.contains("轴承温度") && page.contains(names[3]));
    for ending in ["svg", "png"] {
        folder.works(&format!("plot m.safetensors --picture pairs --test d.csv -o p.{ending}"));
    }
    assert!(folder.text("p.svg").contains("Öl &lt;b&gt;") || folder.text("p.svg").contains("轴"));
}

#[test]
fn every_picture_is_a_file_of_its_own() {
    let folder = whole();
    for picture in PICTURES {
        let draw = |name: &str| {
            let given = "--test e.csv --label fault";
            let arguments = format!("plot m.safetensors --picture {picture} {given} -o {name}");
            folder.couplet(&arguments)
        };
        if picture == "training" {
            // This model was trained before looks were kept.
            assert_eq!(draw("p.svg").code, Some(1));
            continue;
        }
        for name in ["p.svg", "q.svg", "p.png", "q.png"] {
            let run = draw(name);
            assert_eq!(run.code, Some(0), "{picture}: {}", run.stderr);
        }
        assert!(folder.read("p.png") == folder.read("q.png"), "{picture}");
        let svg = folder.text("p.svg");
        assert_eq!(svg, folder.text("q.svg"), "{picture}");
        assert!(svg.contains("<title>") && svg.contains("<desc>") && !svg.contains("var("));
        let shades = shades(&folder.read("p.png"));
        assert!(shades.1 > 10 && shades.0 > 0.005, "{picture}: {shades:?}");
    }
}

/// The part of the pixels that are not white, and the number of colours.
fn shades(png: &[u8]) -> (f64, usize) {
    let mut reader = png::Decoder::new(std::io::Cursor::new(png)).read_info().unwrap();
    let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut bytes).unwrap();
    assert!(info.width >= 1200, "{info:?}");
    let mut pixels: Vec<[u8; 4]> = bytes.as_chunks().0.to_vec();
    let drawn = pixels.iter().filter(|pixel| **pixel != [255; 4]).count() as f64;
    let part = drawn / pixels.len() as f64;
    pixels.sort_unstable();
    pixels.dedup();
    (part, pixels.len())
}

#[test]
fn two_features_are_compared_on_request() {
    let names: Vec<String> = (0..10).map(|i| format!("x{i}")).collect();
    let folder = trained(&names, 200);
    let plot = "plot m.safetensors --test d.csv -o p.svg --picture";
    folder.works(&format!("{plot} pairs --pair x7,x2"));
    assert!(folder.text("p.svg").contains("<title>x2 and x7</title>"));
    folder.refuses(
        &format!("{plot} pairs --pair x7,nothing"),
        "--pair: the model has no feature nothing, but x0...",
    );
    folder.refuses(&format!("{plot} pairs --pair x7,x7"), "--pair: give two features that differ");
    folder.refuses(
        &format!("{plot} pairs --pair x7"),
        "--pair: give two names with a comma between them",
    );
    folder.refuses(
        &format!("{plot} roc --pair x7,x2"),
        "--pair: only the picture `pairs` is of two features",
    );
    folder.refuses(
        &format!("{plot} plane"),
        "there is no picture `plane`: it takes a model of two...",
    );
}

#[test]
fn wrong_paths_are_refused() {
    let folder = whole().and("notes.html", "my own");
    let report = "report m.safetensors";
    folder.refuses(
        &format!("{report} -o notes.html"),
        "notes.html exists and couplet did not write it: choose another path with -o, or remove it",
    );
    folder
        .refuses(&format!("{report} -o m.safetensors"), "cannot write m.safetensors: it is the...");
    folder.refuses(
        &format!("{report} --test e.csv -o e.csv"),
        "cannot write e.csv: it is the input; choose another path with -o",
    );
    folder.refuses(
        &format!("{report} --train t.csv --test t.csv"),
        "--test t.csv: these are the training rows too; give rows that the model never saw",
    );
    folder.refuses("plot m.safetensors --picture plane -o p.gif", "-o p.gif: name it .svg or .png");
}

#[test]
fn rows_without_a_normal_one_are_refused() {
    let folder = Folder::with("m.safetensors", committed(MODEL));
    let folder = folder.and("e.csv", "x,y,fault\n0.1,0.2,1\n0.3,0.1,1\n");
    folder.refuses(
        "report m.safetensors --test e.csv --label fault",
        "e.csv: there is no normal row among the 2 rows",
    );
}

/// Test rows that a model saw, or that are not like those of its calibration, are doubted.
#[test]
fn doubts_follow_the_rows() {
    let doubts = |folder: &Folder, arguments: &str| {
        let json = folder.works(&format!("report m.safetensors {arguments} --json")).stdout;
        let found: Value = serde_json::from_str(&json).unwrap();
        found["doubts"].to_string()
    };
    let folder = whole();
    let good = doubts(&folder, "--test normal.csv");
    assert!(!good.contains("were promised") && !good.contains("impossible"), "{good}");
    let moved: String = folder
        .text("normal.csv")
        .lines()
        .skip(1)
        .map(|line| {
            let (x, rest) = line.split_once(',').unwrap();
            format!("{},{rest}\n", x.parse::<f64>().unwrap() + 0.5)
        })
        .collect();
    let folder = folder.and("moved.csv", format!("x,y,label,log_prob\n{moved}"));
    assert!(doubts(&folder, "--test moved.csv").contains("were promised. That is more"));
    let folder = folder.and("far.csv", "x,y\n1e30,1e30\n0.5,0.5\n0.1,0.4\n");
    assert!(doubts(&folder, "--test far.csv").contains("impossible for the model"));

    let folder = Folder::with("d.csv", rows(400));
    folder.works("train d.csv --couplets 1 --hidden 4 --steps 20 -o m.safetensors");
    let own = doubts(&folder, "--test d.csv");
    assert!(own.contains("of the test rows equal rows that fitted or chose the model"), "{own}");
    assert!(own.contains("numbers from 360 rows") && own.contains("has no threshold"), "{own}");
    let walk: String = (0..400)
        .map(|i| {
            format!(
                "{:.3},{:.3}\n",
                (f64::from(i) * 0.02).sin(),
                3.0 + (f64::from(i) * 0.017).cos()
            )
        })
        .collect();
    let folder = folder.and("slow.csv", format!("a,b\n{walk}"));
    assert!(doubts(&folder, "--test slow.csv").contains("depend on each other"));
    let ties: String = (0..400)
        .map(|i| format!("{},{}\n", scattered(i).round() % 3.0, 3.0 + scattered(i + 7) / 1e3))
        .collect();
    let folder = folder.and("ties.csv", format!("a,b\n{ties}"));
    assert!(doubts(&folder, "--train ties.csv").contains("ounded columns"));
}
