//! Conditional models on the command line: from rows with a context to a model that is given one.

mod common;

use common::Folder;
use couplet_tools::model::Model;

/// Readings of a machine with load and temperature, and a model that was trained a little.
fn operation() -> Folder {
    let folder = Folder::new();
    folder.works("toy operation -n 3000 --seed 1 -o train.csv");
    folder.works("toy operation -n 2000 --seed 2 -o test.csv");
    let recipe = "--context load,temperature --couplets 2 --hidden 12 --steps 800";
    folder.works(&format!("train train.csv {recipe} -o m.safetensors"));
    folder
}

/// Points whose place depends on a mode, in words.
fn modes(count: usize) -> String {
    let row = |i: usize| {
        let (angle, mode) = (i as f32 * 2.4, i % 3);
        let (x, y) = (angle.sin() + 3.0 * mode as f32, angle.cos() * (1.0 + mode as f32));
        format!("{x},{y},{},{}\n", ["eco", "full", "turbo"][mode], 10 * (i % 2))
    };
    "x,y,mode,level\n".to_string() + &(0..count).map(row).collect::<String>()
}

/// The numbers of a text below its header; a cell without one is NaN.
fn rows(text: &str) -> Vec<Vec<f64>> {
    let number = |cell: &str| cell.parse().unwrap_or(f64::NAN);
    text.lines().skip(1).map(|line| line.split(',').map(number).collect()).collect()
}

fn nats(eval: &str) -> f64 {
    let line = eval.lines().find(|line| line.starts_with("nats")).expect("nats");
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn a_context_is_worth_nats() {
    let folder = operation();
    let given = nats(&folder.works("eval m.safetensors test.csv").stdout);
    let recipe = "--exclude load,temperature --couplets 2 --hidden 12 --steps 800";
    folder.works(&format!("train train.csv {recipe} -o plain.safetensors"));
    let plain = nats(&folder.works("eval plain.safetensors test.csv").stdout);
    assert!(given < plain - 0.5, "{given} given the context, {plain} without");
}

#[test]
fn the_device_has_the_bits_that_score_writes() {
    let folder = operation();
    folder.works("score m.safetensors test.csv -o scores.csv");
    let text = folder.text("scores.csv");
    assert!(text.starts_with("row,log_prob,context_known\n"), "{}", &text[..40]);
    let model = Model::read(&folder.path("m.safetensors")).unwrap();
    let table: Vec<f32> = rows(&folder.text("test.csv"))
        .iter()
        .flat_map(|row| row[..6].iter().map(|x| *x as f32).collect::<Vec<f32>>())
        .collect();
    let expected = model.log_probs(&table);
    for (row, log_prob) in rows(&text).iter().zip(expected) {
        assert_eq!((row[1] as f32).to_bits(), log_prob.to_bits());
    }
}

#[test]
fn a_context_that_training_never_saw_is_said() {
    let folder = operation();
    folder.works("calibrate m.safetensors test.csv --false-alarms 0.01");
    let test = folder.text("test.csv");
    let (header, first) = (test.lines().next().unwrap(), test.lines().nth(1).unwrap());
    let cells: Vec<&str> = first.split(',').collect();
    let hot = [&cells[..5], &["40.0"], &cells[6..]].concat().join(",");
    let folder =
        folder.and("hot.csv", format!("{header}\n{first}\n{hot}\n{hot}\n{first}\n{hot}\n"));
    folder.works("score m.safetensors hot.csv -o scores.csv");
    let scores = rows(&folder.text("scores.csv"));
    let known: Vec<f64> = scores.iter().map(|row| row[3]).collect();
    assert_eq!(known, [1.0, 0.0, 0.0, 1.0, 0.0]);
    let judged: Vec<bool> = scores.iter().map(|row| !row[2].is_nan()).collect();
    assert_eq!(judged, [true, false, false, true, false]);
    let watched = folder.works("watch m.safetensors hot.csv");
    let said: Vec<&str> = watched.stdout.lines().collect();
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(said[0].starts_with("row 2 unfamiliar: temperature 40 is not from -"), "{said:?}");
    assert!(
        said[1].starts_with("row 5 unfamiliar: ") && said[1].ends_with("is judged"),
        "{said:?}"
    );
    let summary = "5 readings, 0 of them not finite, 0 missing, 3 of a context that training never \
                   saw and not judged; 0 alarms\n";
    assert_eq!(watched.stderr, summary);
}

#[test]
fn contexts_are_found_by_name() {
    let folder = operation();
    let test = folder.text("test.csv");
    // temperature, load and the readings, in another order
    let moved: String = test
        .lines()
        .map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            [&[cells[5], cells[4]], &cells[..4], &cells[6..]].concat().join(",") + "\n"
        })
        .collect();
    let missing: String = test
        .lines()
        .map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            [&cells[..4], &cells[5..]].concat().join(",") + "\n"
        })
        .collect();
    let folder = folder.and("moved.csv", moved).and("missing.csv", missing);
    let both = ["test.csv", "moved.csv"].map(|name| {
        folder.works(&format!("score m.safetensors {name} -o s.csv"));
        folder.text("s.csv")
    });
    assert_eq!(both[0], both[1]);
    folder.refuses(
        "eval m.safetensors missing.csv",
        "missing.csv: the model's context load is missing: no column is called load; there are \
         pressure, flow, current, vibration, temperature, label, log_prob",
    );
}

#[test]
fn words_and_few_whole_numbers_are_levels() {
    let folder = Folder::with("modes.csv", modes(900));
    let recipe = "--couplets 1 --hidden 8 --steps 200 -o m.safetensors";
    let said = folder.works(&format!("train modes.csv --context mode,level {recipe}")).stderr;
    assert!(said.contains("context: mode (eco, full, turbo), level (0, 10)"), "{said}");
    assert!(said.contains("give --context-numbers level for a number"), "{said}");
    let info = folder.works("info m.safetensors").stdout;
    assert!(info.contains("given mode               one of eco, full, turbo"), "{info}");
    assert!(info.contains("1 + 5 -> 8 -> 1"), "{info}");

    let number = format!("train modes.csv --context mode,level --context-numbers level {recipe}");
    let said = folder.works(&number).stderr;
    assert!(said.contains("context: mode (eco, full, turbo), level\n"), "{said}");
    let info = folder.works("info m.safetensors").stdout;
    assert!(info.contains("given level              from 0 to 10"), "{info}");
    folder.works("check m.safetensors");
    folder.works("export m.safetensors -o m.rs --name M");
    assert!(folder.text("m.rs").contains("pub const M_CONTEXT_MODE: [[f32; 3]; 3] = ["));

    // A mode of which no row tells what is normal.
    let folder = folder.and("new.csv", "x,y,mode,level\n0.5,0.5,eco,0\n0.5,0.5,reverse,0\n");
    folder.works("score m.safetensors new.csv -o s.csv");
    let text = folder.text("s.csv");
    let known: Vec<&str> = text.lines().map(|line| line.rsplit(',').next().unwrap()).collect();
    assert_eq!(known, ["context_known", "1", "0"]);
}

/// The second file alone has the third mode.
#[test]
fn levels_are_those_of_all_files() {
    let all = modes(900);
    let of = |wanted: &dyn Fn(&str) -> bool| -> String {
        all.lines()
            .enumerate()
            .filter(|(i, line)| *i == 0 || wanted(line))
            .fold(String::new(), |text, (_, line)| text + line + "\n")
    };
    let folder = Folder::with("one.csv", of(&|line| !line.contains("turbo")))
        .and("two.csv", of(&|line| line.contains("turbo")));
    let recipe = "--context mode --exclude level --couplets 1 --hidden 4 --steps 50";
    let said = folder.works(&format!("train one.csv two.csv {recipe} -o m.safetensors")).stderr;
    assert!(said.contains("context: mode (eco, full, turbo)"), "{said}");
}

#[test]
fn samples_are_drawn_at_a_context() {
    let folder = Folder::with("modes.csv", modes(900));
    let recipe = "--context mode --exclude level --couplets 2 --hidden 8 --steps 600";
    folder.works(&format!("train modes.csv {recipe} -o m.safetensors"));
    folder.works("sample m.safetensors -n 500 --given mode=turbo -o s.csv");
    let text = folder.text("s.csv");
    assert!(text.starts_with("x,y,mode\n") && text.lines().nth(1).unwrap().ends_with(",turbo"));
    let mean = |text: &str| {
        let x = |line: &str| line.split(',').next().unwrap().parse::<f64>().unwrap();
        text.lines().skip(1).map(x).sum::<f64>() / 500.0
    };
    folder.works("sample m.safetensors -n 500 --given mode=eco -o e.csv");
    let (turbo, eco) = (mean(&text), mean(&folder.text("e.csv")));
    assert!(turbo - eco > 4.0, "{turbo} and {eco}, 6 apart in the rows");

    let folder = folder.and("c.csv", "mode\nturbo\neco\n");
    folder.works("sample m.safetensors -n 3 --contexts c.csv -o s.csv");
    let text = folder.text("s.csv");
    let modes: Vec<&str> =
        text.lines().skip(1).map(|line| line.rsplit(',').next().unwrap()).collect();
    assert_eq!(modes, ["turbo", "eco", "turbo"]);

    for (given, message) in [
        ("", "the model is conditional: give its context, mode, by --given or --contexts"),
        (" --given mode=off", "--given mode=off: give one of eco, full, turbo"),
        (" --given load=1", "--given load: the context of the model is mode"),
        (" --given mode", "--given: give COLUMN=VALUE for each of mode"),
    ] {
        folder.refuses(&format!("sample m.safetensors -n 3{given}"), message);
    }
}

#[test]
fn what_is_no_context_is_refused() {
    let folder = Folder::with("modes.csv", modes(100));
    for (flags, message) in [
        ("--context speed", "no column is called speed; there are x, y, mode, level"),
        ("--context level,level", "the context level is chosen twice"),
        (
            "--context level --columns x,y,level",
            "column level is a context, so it cannot be a feature",
        ),
        (
            "--context level --exclude mode --couplets 0 --base mixture",
            "couplings see the context, and the flow has none",
        ),
        ("--context mode,level --context-numbers mode", "the context mode has words, as `"),
    ] {
        let run = folder.couplet(&format!("train modes.csv {flags} --steps 5"));
        assert_eq!(run.code, Some(1), "{flags}");
        assert!(run.stderr.contains(message), "{flags}: {}", run.stderr);
        assert!(!folder.path("modes.safetensors").exists(), "{flags}");
    }
}

#[test]
fn a_report_of_a_conditional_model_is_whole() {
    let folder = Folder::with("modes.csv", modes(900));
    let recipe = "--context mode --exclude level --couplets 1 --hidden 8 --steps 200";
    folder.works(&format!("train modes.csv {recipe} -o m.safetensors"));
    folder.works("report m.safetensors --train modes.csv -o r.html");
    let page = folder.text("r.html");
    for text in [" at mode ", "RealNVP flow given mode, over 2 features"] {
        assert!(page.contains(text), "{text}");
    }
}

#[test]
fn flash_tries_what_a_context_allows() {
    let folder = Folder::with("modes.csv", modes(600));
    let recipe = "--context mode --exclude level --flash 2K --budget 1e8";
    folder.works(&format!("train modes.csv {recipe} -o m.safetensors"));
    let model = Model::read(&folder.path("m.safetensors")).unwrap();
    assert!(model.flow.description.couplets > 0 && model.flow.context.len() == 3);
}

/// No rows have shown what is normal there, and the device judges none of them.
#[test]
fn rows_of_unknown_contexts_calibrate_nothing() {
    let folder = operation();
    folder.works("calibrate m.safetensors test.csv --false-alarms 0.01 -o right.safetensors");
    let text = folder.text("test.csv");
    let hot: String = text
        .lines()
        .skip(1)
        .step_by(3)
        .map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            [&["9.0"], &cells[1..5], &["40.0"], &cells[6..]].concat().join(",") + "\n"
        })
        .collect();
    let folder = folder.and("mixed.csv", text + &hot);
    let said =
        folder.works("calibrate m.safetensors mixed.csv --false-alarms 0.01 -o m2.safetensors");
    assert!(said.stderr.contains("have a context that training never saw"), "{}", said.stderr);
    let calibration = |name: &str| Model::read(&folder.path(name)).unwrap().calibration.unwrap();
    assert_eq!(calibration("m2.safetensors"), calibration("right.safetensors"));
    let said = folder.works("eval m2.safetensors mixed.csv").stderr;
    assert!(said.contains("rows have a context that training never saw"), "{said}");
}

/// What is not finite raises the alarm at once, in whatever context.
#[test]
fn a_missing_context_is_an_alarm_and_not_unfamiliar() {
    let folder = operation();
    folder.works("calibrate m.safetensors test.csv --false-alarms 0.01");
    let test = folder.text("test.csv");
    let (header, first) = (test.lines().next().unwrap(), test.lines().nth(1).unwrap());
    let cells: Vec<&str> = first.split(',').collect();
    let missing = [&cells[..4], &[""], &cells[5..]].concat().join(",");
    let broken = [&["nan"], &cells[1..5], &["40.0"], &cells[6..]].concat().join(",");
    let folder = folder.and("rows.csv", format!("{header}\n{first}\n{missing}\n{broken}\n"));
    let watched = folder.works("watch m.safetensors rows.csv");
    assert!(watched.stdout.starts_with("row 2 ALARM: invalid"), "{}", watched.stdout);
    assert!(watched.stderr.contains("3 readings, 2 of them not finite"), "{}", watched.stderr);
}

#[test]
fn contexts_are_judged_before_training() {
    let rows = |row: &dyn Fn(usize) -> String| -> String {
        "a,b,c\n".to_string() + &(0..300).map(row).collect::<String>()
    };
    let sine = |i: usize| (i as f32 * 0.7).sin();
    let folder =
        Folder::with("copy.csv", rows(&|i| format!("{},{},{}\n", sine(i), i * i % 97, sine(i))))
            .and(
                "far.csv",
                rows(&|i| {
                    let c = if i == 7 { "1e29".into() } else { sine(3 * i).to_string() };
                    format!("{},{},{c}\n", sine(i), i * i % 97)
                }),
            )
            .and(
                "rare.csv",
                rows(&|i| {
                    format!("{},{},{}\n", sine(i), i * i % 97, if i == 7 { "off" } else { "on" })
                }),
            );
    let train =
        |name: &str| folder.couplet(&format!("train {name} --context c --couplets 1 --steps 5"));
    let said = train("copy.csv").stderr;
    assert!(said.contains("column c equals column a in every row"), "{said}");
    let said = train("far.csv").stderr;
    assert!(said.contains("column c: 1e29 in row 8 is so far out"), "{said}");
    let said = train("rare.csv").stderr;
    assert!(said.contains("the context c is off in 1 rows only"), "{said}");
}

#[test]
fn a_level_that_only_validation_rows_have_is_refused() {
    let folder = Folder::with("modes.csv", modes(300))
        .and("own.csv", "x,y,mode,level\n0.5,0.5,eco,0\n0.5,0.5,reverse,0\n");
    folder.refuses(
        "train modes.csv --context mode --exclude level --validation own.csv --couplets 1 --steps 5 -o m.safetensors",
        "own.csv, row 2 (line 3): no row of modes.csv has this level of the context mode, so nothing is \
         learnt of it: drop the row, or give such rows for training",
    );
}

/// Without names, the context is behind the features.
#[test]
fn rows_without_names_have_their_context_last() {
    let folder = operation();
    let bare: String = folder
        .text("test.csv")
        .lines()
        .skip(1)
        .map(|line| line.split(',').take(6).collect::<Vec<_>>().join(",") + "\n")
        .collect();
    let folder = folder.and("bare.csv", bare);
    folder.works("score m.safetensors test.csv -o named.csv");
    folder.works("score m.safetensors bare.csv -o bare_scores.csv");
    assert_eq!(folder.text("named.csv"), folder.text("bare_scores.csv"));
}
