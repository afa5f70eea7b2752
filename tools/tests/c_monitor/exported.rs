//! What the exporter adds to a model in C: the crate's constants, and functions around the model.

use super::{
    common,
    program::{Build, Program, sources, templates},
    script::{Script, normal, rng},
};

use couplet::{Adjusting, Attribution, Drift, nalgebra::SVector};
use couplet_tools::{
    convert::c::{alarm, monitor, windows},
    model::{Calibration, DriftNote, Model},
    signal::{Bin, Channel, Extractor, Row, Windows},
};
use std::{cell::RefCell, fmt::Write, fs};

const D: usize = 9;
const NAME: &str = "MACHINE";

fn model() -> (Model, Windows) {
    let model = common::model("examples/monitor/machine.safetensors");
    let windows = Windows::noted(&model.flow.description.notes).unwrap().unwrap();
    (model, windows)
}

/// Readings and their log_probs, in the order in which they were asked for first.
#[derive(Default)]
struct Asked(RefCell<Vec<(SVector<f32, D>, f32)>>);

impl Asked {
    /// What the self-test of the alarm asks of the model.
    fn by_self_test(model: &Model, calibration: &Calibration) -> Self {
        let asked = Asked::default();
        let log_prob = |x: &SVector<f32, D>| {
            let log_prob = model.log_probs(x.as_slice())[0];
            asked.0.borrow_mut().push((*x, log_prob));
            log_prob
        };
        let typical: [[f32; D]; 17] =
            std::array::from_fn(|q| calibration.typical[q][..].try_into().unwrap());
        let mut x = typical[8];
        x[0] = typical[16][0] + 4.0 * (typical[16][0] - typical[0][0]);
        let threshold = calibration.device().unwrap().threshold;
        let found = Attribution::of(log_prob, &x.into(), &typical, threshold);
        assert_eq!(found.ranked()[0], 0);
        asked
    }

    /// A density that knows these readings alone.
    fn source(&self) -> String {
        let mut text = "static const uint32_t ASKED[][MACHINE_FEATURES + 1] = {\n".to_string();
        for (x, log_prob) in self.0.borrow().iter() {
            let bits = x.iter().chain([log_prob]).map(|value| format!("{}u", value.to_bits()));
            writeln!(text, "{{{}}},", bits.collect::<Vec<_>>().join(", ")).unwrap();
        }
        text + "};
float machine_log_prob(const float *x)
{
    uint32_t i, j;
    for (i = 0; i < sizeof ASKED / sizeof ASKED[0]; i++) {
        for (j = 0; j < MACHINE_FEATURES && couplet_bits(x[j]) == ASKED[i][j]; j++) {
        }
        if (j == MACHINE_FEATURES) {
            return couplet_from_bits(ASKED[i][j]);
        }
    }
    return COUPLET_NAN;
}
"
    }
}

/// Everything that `exported.c` needs.
fn source(model: &Model, windows: &Windows, log_prob: &str) -> String {
    let calibration = model.calibration.as_ref().unwrap();
    let template = |name: &str| fs::read_to_string(templates().join(name)).unwrap();
    let numbers = |values: &[f32]| {
        values.iter().map(|value| format!("{value:e}f")).collect::<Vec<_>>().join(", ")
    };
    let standardize = &model.flow.standardize;
    [
        template("arithmetic.h"),
        "#if defined(__cplusplus)\nextern \"C\" {\n#endif".into(),
        format!("#define MACHINE_FEATURES {D}\nfloat machine_log_prob(const float *x);"),
        monitor::declarations(NAME),
        alarm::declarations(calibration, NAME).unwrap(),
        windows::declarations(windows, &model.flow.description.features, NAME).unwrap(),
        ["exponential.c", "logarithm.c", "root.c"].map(template).concat(),
        monitor::definitions(),
        format!("static const float MACHINE_MEAN[] = {{{}}};", numbers(&standardize.mean)),
        format!("static const float MACHINE_STD[] = {{{}}};", numbers(&standardize.std)),
        log_prob.into(),
        alarm::definitions(model, calibration, NAME).unwrap(),
        windows::definitions(windows, NAME).unwrap(),
        "#if defined(__cplusplus)\n}\n#endif\n".into(),
    ]
    .join("\n")
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

fn program(build: Build, source: &str) -> Program {
    let folder = tempfile::TempDir::new().unwrap();
    fs::write(folder.path().join("exported.h"), source).unwrap();
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
    (model, windows)
}

#[test]
fn the_exported_calibration_and_windows_are_those_of_the_crate() {
    for (model, windows) in [model(), varied(1, 2), varied(2, 0), varied(0, 0)] {
        let asked = Asked::by_self_test(&model, model.calibration.as_ref().unwrap());
        let source = source(&model, &windows, &asked.source());
        let script = script(&model, &windows);
        assert!(script.answers.len() > 250, "{}", script.answers.len());
        for build in Build::of_both_languages() {
            let difference = program(build, &source).differs(&script);
            assert!(difference.is_none(), "{}", difference.unwrap());
        }
    }
}

/// One bit of one log_prob is enough.
#[test]
fn the_self_test_of_the_alarm_sees_another_model() {
    let (model, windows) = model();
    let script = script(&model, &windows);
    let asked = Asked::by_self_test(&model, model.calibration.as_ref().unwrap());
    let best = asked.0.borrow().iter().map(|&(_, log_prob)| log_prob).fold(-1e9, f32::max);
    for (_, log_prob) in asked.0.borrow_mut().iter_mut() {
        if *log_prob == best {
            *log_prob = log_prob.next_down();
        }
    }
    let source = source(&model, &windows, &asked.source());
    let build = Build::of_both_languages()[0];
    let difference = program(build, &source).differs(&script).unwrap();
    let before = script.answers.len() - 3 * windows.features_each() - 1;
    assert!(difference.contains(&format!("answer {before} is Some(3)")), "{difference}");
}
