//! What the exporter adds to a model in C: the crate's constants, and functions around the model.

use super::{
    common,
    program::{Build, Program, sources},
    script::{Script, normal, rng},
};
use couplet::{Adjusting, Drift};
use couplet_tools::{
    convert::{
        Origin,
        c::{Form, export},
    },
    model::{DriftNote, Model},
    signal::{Bin, Channel, Extractor, Row, Windows},
};
use std::fs;

const D: usize = 9;
const NAME: &str = "MACHINE";

fn model() -> (Model, Windows) {
    let model = common::model("examples/monitor/machine.safetensors");
    let windows = Windows::noted(&model.flow.description.notes).unwrap().unwrap();
    (model, windows)
}

/// What the program must write, for this signal.
fn script(model: &Model, windows: &Windows) -> Script {
    let mut script = Script::default();
    let calibration = model.calibration.as_ref().unwrap();
    let table = calibration.device().unwrap();
    script.answer_float(table.threshold);
    script.answer_floats(&table.log_probs);
    script.answer_floats(&table.surprises);
    script.answer(table.rows);
    script.answer(0_u32);
    let rules = calibration.rules().unwrap();
    script.answer_floats(&[rules.reference, rules.limit, rules.release]);
    script.answer(rules.k);
    script.answer(rules.n);
    script.answer(rules.silence);
    let Drift { rate, step, cap } = rules.drift.unwrap_or(Drift { rate: 0.0, step: 0.0, cap: 0.0 });
    script.answer_floats(&[rate, step, cap]);
    script.answer_floats(&calibration.typical.concat());

    let standardize = &model.flow.standardize;
    let of = |values: &[f32]| <[f32; D]>::try_from(values).unwrap();
    let standardize = couplet::Standardize::new(of(&standardize.mean), of(&standardize.std));
    let mut adjusting = Adjusting::<f32, D>::new();
    calibration.typical.iter().for_each(|x| adjusting.push(&standardize, &of(x).into()));
    let adjustment = adjusting.adjustment(&standardize, true).unwrap();
    script.answer(0_u32);
    for (&offset, &factor) in adjustment.offset.iter().zip(&adjustment.factor) {
        script.answer_floats(&[offset, factor]);
    }

    script.answer(0_u32); // of the self-test
    let mut extractor = Extractor::new(windows).unwrap();
    let rng = &mut rng(7);
    for _ in 0..4 * windows.samples {
        let samples: Vec<f32> = windows.channels.iter().map(|_| normal(rng)).collect();
        script.floats(&samples);
        if let Some(Row::Features(features)) = extractor.push(&samples) {
            script.answer_floats(features);
        }
    }
    script
}

/// The exported file as a program that writes what it has.
fn program(build: Build, source: &str) -> Program {
    let folder = tempfile::TempDir::new().unwrap();
    fs::write(folder.path().join("machine.h"), source).unwrap();
    let answers = fs::read(sources().join("driver/answers.h")).unwrap();
    fs::write(folder.path().join("answers.h"), answers).unwrap();
    let main = sources().join("exported.c");
    Program::new(build, &main, folder.path()).unwrap_or_else(|error| panic!("{error}\n{source}"))
}

/// Rules with a drift, and other windows.
fn varied(bins: usize, octaves: usize) -> (Model, Windows) {
    let (mut model, mut windows) = model();
    let rules = &mut model.calibration.as_mut().unwrap().promise.rules;
    rules.drift = Some(DriftNote { rate: 0.01, step: 0.125, cap: 1.0 / 3.0 });
    windows.octaves.truncate(octaves);
    windows.bins = vec![Bin { hertz: 50.0, coefficient: 1.25 }; bins];
    let name = "odd */ name ??/".to_string();
    windows.channels.push(Channel { name, offset: -0.1 });
    windows.settling = 64;
    windows.note(&mut model.flow.description).unwrap();
    (model, windows)
}

fn exported(model: &Model) -> String {
    let origin = Origin::of_file(&[], NAME, "couplet export");
    export(model, &origin, Form::Header).unwrap()
}

#[test]
fn the_exported_calibration_and_windows_are_those_of_the_crate() {
    for (model, windows) in [model(), varied(1, 2), varied(2, 0), varied(0, 0)] {
        let (source, script) = (exported(&model), script(&model, &windows));
        assert!(script.answers.len() > 250, "{}", script.answers.len());
        for build in Build::of_both_languages() {
            let difference = program(build, &source).differs(&script);
            assert!(difference.is_none(), "{}", difference.unwrap());
        }
    }
}

/// Says which of three numbers differs.
#[test]
fn the_self_test_of_the_alarm_sees_another_number() {
    let (model, windows) = model();
    let (source, mut script) = (exported(&model), script(&model, &windows));
    let self_test = script.answers.len() - 3 * windows.features_each() - 1;
    for (number, code) in [("SURPRISE", 1), ("BLAMED", 2), ("BEST", 3)] {
        let define = format!("#define MACHINE_ALARM_{number} ");
        assert_eq!(source.matches(&define).count(), 1);
        let other = source.replace(&define, &format!("{define}1u + "));
        script.answers[self_test] = code;
        let [build, _] = Build::of_both_languages();
        assert_eq!(program(build, &other).differs(&script), None, "{number}");
    }
}
