//! Exported models: the committed files are what the tool writes, compiled they have the bits of
//! the tool's evaluation, and no formatter or linter objects to them.

mod common;

#[path = "../../examples/models/circles.rs"]
mod circles;
#[path = "../../tests/models/context_d2.rs"]
mod context_d2;
#[path = "../../tests/models/context_d5.rs"]
mod context_d5;
#[path = "../../tests/models/integer_d2.rs"]
mod integer_d2;
#[path = "../../tests/models/integer_d5.rs"]
mod integer_d5;
#[path = "../../tests/models/integer_modes.rs"]
mod integer_modes;
#[path = "../../tests/models/marginal_d5.rs"]
mod marginal_d5;
#[path = "../../tests/models/mixture_d2.rs"]
mod mixture_d2;
#[path = "../../tests/models/mixture_d5.rs"]
mod mixture_d5;
#[path = "../../tests/models/modes.rs"]
#[expect(dead_code, reason = "its rules are those of any alarm")]
mod modes;
#[path = "../../examples/models/moons.rs"]
mod moons;
#[path = "../../tests/models/nice_d2.rs"]
mod nice_d2;
#[path = "../../tests/models/nice_d5_logistic.rs"]
mod nice_d5_logistic;
#[path = "../../tests/models/realnvp_d2.rs"]
mod realnvp_d2;
#[path = "../../tests/models/realnvp_d7.rs"]
mod realnvp_d7;
#[path = "../../tests/models/realnvp_d8_logistic.rs"]
mod realnvp_d8_logistic;
#[path = "../../tests/models/spline_d2.rs"]
mod spline_d2;
#[path = "../../tests/models/spline_d5.rs"]
mod spline_d5;
#[path = "../../tests/models/student_d4.rs"]
mod student_d4;

use circles::CIRCLES;
use common::{File, Folder, committed, model, random, repository};
use context_d2::CONTEXT_D2;
use context_d5::CONTEXT_D5;
use couplet::{
    Base, Bijection, Given, Heads, KnownAnswer, SelfTestError, StandardNormal, nalgebra::SVector,
};
use couplet_tools::{
    convert::{Origin, rust::export},
    model::{Activation, Base as AnyBase, Flow, Model, Shape, Transform},
};
use integer_d2::INTEGER_D2;
use integer_d5::INTEGER_D5;
use integer_modes::INTEGER_MODES;
use marginal_d5::MARGINAL_D5;
use mixture_d2::MIXTURE_D2;
use mixture_d5::MIXTURE_D5;
use modes::{
    MODES, MODES_ALARM_ANSWER, MODES_CALIBRATION, MODES_CONTEXT, MODES_CONTEXT_MODE, MODES_TYPICAL,
};
use moons::MOONS;
use nice_d2::NICE_D2;
use nice_d5_logistic::NICE_D5_LOGISTIC;
use rand_core::SeedableRng;
use rand_xoshiro::Xoshiro128PlusPlus;
use realnvp_d2::REALNVP_D2;
use realnvp_d7::REALNVP_D7;
use realnvp_d8_logistic::REALNVP_D8_LOGISTIC;
use spline_d2::SPLINE_D2;
use spline_d5::SPLINE_D5;
use std::process::Command;
use student_d4::STUDENT_D4;

/// The folders of each model file and of its export, and their name.
const COMMITTED: [(&str, &str, &str); 22] = [
    ("examples/models", "examples/models", "moons"),
    ("examples/models", "examples/models", "moons_alarm"),
    ("examples/models", "examples/models", "circles"),
    ("examples/monitor", "examples/monitor", "plant"),
    ("examples/monitor", "examples/monitor", "machine"),
    ("tests/reference", "tests/models", "nice_d2"),
    ("tests/reference", "tests/models", "nice_d5_logistic"),
    ("tests/reference", "tests/models", "realnvp_d2"),
    ("tests/reference", "tests/models", "realnvp_d7"),
    ("tests/reference", "tests/models", "realnvp_d8_logistic"),
    ("tests/reference", "tests/models", "student_d4"),
    ("tests/reference", "tests/models", "mixture_d2"),
    ("tests/reference", "tests/models", "mixture_d5"),
    ("tests/reference", "tests/models", "marginal_d5"),
    ("tests/reference", "tests/models", "spline_d2"),
    ("tests/reference", "tests/models", "spline_d5"),
    ("tests/reference", "tests/models", "context_d2"),
    ("tests/reference", "tests/models", "context_d5"),
    ("tests/models", "tests/models", "modes"),
    ("tests/models", "tests/models", "integer_d2"),
    ("tests/models", "tests/models", "integer_d5"),
    ("tests/models", "tests/models", "integer_modes"),
];

fn text(path: &str) -> String {
    String::from_utf8(committed(path)).unwrap()
}

// --- The text ---

#[test]
fn each_committed_export_is_what_the_command_in_its_header_writes() {
    for (models, exports, name) in COMMITTED {
        let expected = text(&format!("{exports}/{name}.rs"));
        let command =
            expected.lines().nth(1).and_then(|line| line.strip_prefix("//     couplet ")).unwrap();
        let file = format!("{name}.safetensors");
        let folder = Folder::with(&file, committed(&format!("{models}/{file}")));
        folder.works(command);
        assert!(
            folder.text(&format!("{name}.rs")) == expected,
            "{exports}/{name}.rs is out of date: run couplet {command}"
        );
    }
}

#[test]
fn an_export_does_not_depend_on_the_folder() {
    let bytes = committed("examples/models/moons.safetensors");
    let [here, there] = [(), ()].map(|()| Folder::with("m.safetensors", &bytes));
    std::fs::create_dir(there.path("src")).unwrap();
    here.works("export m.safetensors -o m.rs --name M");
    let [model, output] =
        ["m.safetensors", "src/m.rs"].map(|name| there.path(name).to_str().unwrap().to_string());
    here.works(&format!("export {model} -o {output} --name M"));
    assert_eq!(here.read("m.rs"), there.read("src/m.rs"));
}

#[test]
fn exporting_twice_gives_the_same_bytes() {
    let folder =
        Folder::with("m.safetensors", committed("tests/reference/realnvp_d8_logistic.safetensors"));
    folder.works("export m.safetensors -o m.rs");
    let first = folder.read("m.rs");
    folder.works("export m.safetensors -o m.rs");
    assert_eq!(folder.read("m.rs"), first);
}

#[test]
fn the_header_names_the_hash_of_the_model_file() {
    use sha2::Digest;
    for (models, exports, name) in COMMITTED {
        let hash = sha2::Sha256::digest(committed(&format!("{models}/{name}.safetensors")));
        let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(
            text(&format!("{exports}/{name}.rs"))
                .contains(&format!("\n// from a model file with SHA-256 {hash}.\n"))
        );
    }
}

#[test]
fn everything_public_is_documented() {
    for (_, exports, name) in COMMITTED {
        let source = text(&format!("{exports}/{name}.rs"));
        let mut item =
            source.split("\n\n").filter(|item| item.lines().any(|line| line.starts_with("pub ")));
        let count = match name {
            "machine" | "modes" => 9,
            "moons_alarm" | "plant" => 7,
            "context_d2" | "context_d5" => 3,
            "integer_modes" => 4,
            _ => 2,
        };
        assert!(
            item.clone().count() == count && item.all(|item| item.starts_with("/// ")),
            "{name}"
        );
    }
}

/// rustfmt in a folder of its own, so with its defaults, or with the repository's configuration.
#[track_caller]
fn is_formatted(name: &str, source: &str) {
    for configuration in [None, Some(repository("rustfmt.toml"))] {
        let folder = Folder::with("model.rs", source);
        let mut rustfmt = Command::new("rustfmt");
        rustfmt.args(["--check", "--edition", "2024", "model.rs"]).current_dir(folder.path(""));
        if let Some(path) = &configuration {
            rustfmt.arg("--config-path").arg(path);
        }
        let output = rustfmt.output().expect("rustfmt is installed");
        let difference = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success() && difference.is_empty(),
            "{name} with {configuration:?}: {difference}"
        );
    }
}

#[test]
fn rustfmt_leaves_exports_alone() {
    for (_, exports, name) in COMMITTED {
        is_formatted(name, &text(&format!("{exports}/{name}.rs")));
    }
}

fn source(model: &Model, name: &str) -> String {
    let origin =
        Origin { name: name.into(), command: "couplet export".into(), sha256: "0".repeat(64) };
    export(model, &origin).unwrap()
}

fn deep() -> Model {
    let shape = Shape {
        couplets: 1,
        hidden: Some(vec![7, 6, 5]),
        activation: Activation::Silu,
        base: AnyBase::Logistic,
        scale: Some(true),
        ..Shape::default()
    };
    random(5, shape)
}

#[test]
fn rustfmt_leaves_an_export_of_three_hidden_layers_alone() {
    is_formatted("deep", &source(&deep(), &format!("A_VERY_LONG_{}NAME_2", "LONG_".repeat(20))));
}

/// Without it, clippy's `large_const_arrays` warns in the user's build.
#[test]
fn arrays_that_clippy_finds_large_say_that_they_are_meant() {
    let lines = |model: &Model| source(model, "M").matches("clippy::large_const_arrays").count();
    let wide = |h| {
        let (transform, hidden) = (Transform::NICE, Some(vec![64, h]));
        let shape =
            Shape { transform, couplets: 1, hidden, scale: Some(false), ..Shape::default() };
        random(2, shape)
    };
    assert_eq!((lines(&wide(64)), lines(&wide(65))), (0, 2));
}

#[test]
fn a_feature_of_any_name_stays_in_its_comment() {
    let mut model = deep();
    model.flow.description.features[1] = "temp [°C]\n\"pub `X`: u8 = 1;\r".into();
    let expected = "\n/// A density over 5 features: `x0`, `temp [°C]\\n\"pub 'X': u8 = 1;\\r`, `x2`, `x3`, `x4`.\n";
    assert!(source(&model, "M").contains(expected), "{}", source(&model, "M"));
}

#[test]
fn a_weight_that_is_not_finite_is_not_exported() {
    let mut model = deep();
    let tensor = model.flow.layout.tensors()[3].clone();
    model.parameters[tensor.range.start + 4] = f32::NAN;
    let origin = Origin { name: "M".into(), command: String::new(), sha256: String::new() };
    let message =
        format!("tensor {}: the value at index 4 is not finite; train again", tensor.name);
    assert_eq!(export(&model, &origin).unwrap_err().to_string(), message);
}

/// exp(s) of the triangle and nu of the base are what the device has.
#[test]
fn a_weight_that_makes_a_number_which_the_device_cannot_have_is_not_exported() {
    let shape =
        Shape { base: AnyBase::Student, triangle: Some(true), couplets: 1, ..Shape::default() };
    let right = random(3, shape);
    let origin = Origin { name: "M".into(), command: String::new(), sha256: String::new() };
    assert!(export(&right, &origin).is_ok());
    for (name, value, makes) in [
        ("triangle.log_scale", 89.0, "inf in triangle.diagonal"),
        ("triangle.log_scale", -104.0, "0 in triangle.diagonal"),
        ("base.freedom", 89.0, "inf in base.freedom"),
    ] {
        let mut model = right.clone();
        let tensor = model.flow.layout.tensors().iter().find(|tensor| tensor.name == name).unwrap();
        model.parameters[tensor.range.start + 1] = value;
        assert_eq!(
            export(&model, &origin).unwrap_err().to_string(),
            format!("tensor {name}: the value at index 1 makes {makes}; train again")
        );
    }
}

#[test]
fn every_number_in_the_text_reads_back_to_its_bits() {
    let mut model = deep();
    let values =
        [f32::MAX, f32::MIN_POSITIVE, 1e-45, -0.0, std::f32::consts::PI, 16_777_217.0, 1e-7, -1e30];
    let range = model.flow.layout.tensors()[1].range.clone();
    assert_eq!(range.len() + 1, values.len());
    model.parameters[range.clone()].copy_from_slice(&values[..range.len()]);
    let text = source(&model, "M");
    let line = text
        .lines()
        .find(|line| line.starts_with("const M_COUPLETS_0_FIRST_TRUNK_0_BIAS: "))
        .unwrap();
    let numbers = line.split_once("= [").unwrap().1.trim_end_matches("];").split(", ");
    let bits = |values: &[f32]| values.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
    assert_eq!(
        bits(&numbers.map(|x| x.parse().unwrap()).collect::<Vec<f32>>()),
        bits(&values[..range.len()])
    );
}

// --- Model files ---

#[test]
fn a_model_file_that_is_read_and_written_again_is_the_same() {
    for name in ["moons", "circles"] {
        let bytes = committed(&format!("examples/models/{name}.safetensors"));
        assert!(Model::from_bytes(&bytes).unwrap().to_bytes().unwrap() == bytes, "{name}");
    }
}

#[test]
fn a_model_file_of_another_writer_is_the_same_model_after_writing_it_once() {
    for (models, _, name) in COMMITTED {
        let bytes = committed(&format!("{models}/{name}.safetensors"));
        let once = Model::from_bytes(&bytes).unwrap().to_bytes().unwrap();
        assert!(Model::from_bytes(&once).unwrap().to_bytes().unwrap() == once, "{name}");
        let [before, after] = [&bytes, &once].map(|bytes| File::parse(bytes));
        assert!(
            before.tensors == after.tensors && before.description == after.description,
            "{name}"
        );
    }
}

#[test]
fn metadata_that_the_tool_does_not_know_survives() {
    let mut file = File::parse(&committed("examples/models/moons.safetensors"));
    file.description["threshold"] = serde_json::json!({"log_prob": -12.5, "alarm": ["red"]});
    let bytes = Model::from_bytes(&file.to_bytes()).unwrap().to_bytes().unwrap();
    assert_eq!(File::parse(&bytes).description, file.description);
}

// --- The bits ---

/// Readings near and far, latents near and far, and everything that is no proper number.
fn points<const D: usize>(mean: &[f32], std: &[f32]) -> Vec<[f32; D]> {
    let odd = [
        f32::NAN,
        -f32::NAN,
        f32::from_bits(0x7f80_0001),
        f32::INFINITY,
        f32::NEG_INFINITY,
        f32::MAX,
        f32::MIN,
        1e30,
        -1e30,
        1e19,
        f32::MIN_POSITIVE,
        f32::MIN_POSITIVE / 3.0,
        -1e-45,
        0.0,
        -0.0,
    ];
    let mut normal = vec![0.0; 1000 * D];
    StandardNormal.sample(&mut Xoshiro128PlusPlus::seed_from_u64(3), &mut normal);
    let usual: Vec<[f32; D]> = normal.as_chunks().0.to_vec();
    let mut points = usual.clone();
    // as readings, up to a thousand standard deviations away
    for (i, z) in usual.iter().enumerate() {
        let far = [1.0, 3.0, 30.0, 1000.0][i % 4];
        points.push(std::array::from_fn(|d| mean[d] + far * std[d] * z[d]));
    }
    // one odd number, and all of them odd
    for (i, &odd) in odd.iter().enumerate() {
        points.push([odd; D]);
        for d in 0..D {
            let mut point = usual[i];
            point[d] = odd;
            points.push(point);
        }
    }
    points
}

/// What is given beside point i.
trait Beside {
    fn at(i: usize, flow: &Flow) -> Self;
    fn numbers(&self) -> &[f32];
}

impl Beside for () {
    fn at(_: usize, _: &Flow) -> Self {}

    fn numbers(&self) -> &[f32] {
        &[]
    }
}

/// Near and far, and now and then no proper number.
impl<const C: usize> Beside for SVector<f32, C> {
    fn at(i: usize, flow: &Flow) -> Self {
        let context = flow.some_context(i);
        SVector::from_fn(|j, _| match i % 40 {
            7 if i % C == j => [f32::NAN, f32::INFINITY, f32::MAX][i / 40 % 3],
            far @ 1..5 => context[j] * 10_f32.powi(far as i32),
            _ => context[j],
        })
    }

    fn numbers(&self) -> &[f32] {
        self.as_slice()
    }
}

/// The compiled model against the tool's evaluation of the file.
#[track_caller]
fn has_the_bits<const D: usize, L, B, G, const N: usize>(
    compiled: &couplet::Model<D, L, B, N, G>,
    path: &str,
) where
    L: Bijection<f32, D, G::Values>,
    B: Base<f32>,
    G: Given<f32, Values: Beside>,
{
    let Model { flow, parameters, .. } = model(path);
    let points = points::<D>(&flow.standardize.mean, &flow.standardize.std);
    let given: Vec<G::Values> = (0..points.len()).map(|i| G::Values::at(i, &flow)).collect();
    let width = flow.description.width();
    let rows = points.iter().zip(&given).flat_map(|(x, c)| x.iter().chain(c.numbers()));
    let rows: Vec<f32> = rows.copied().collect();
    let log_probs = flow.log_probs(&parameters, &rows);
    let (z, log_det) = flow.latents(&parameters, &rows);
    let (x, inverse_log_det) = flow.data(&parameters, &rows);
    let bits = |values: &[f32], last: f32| {
        values.iter().chain([&last]).map(|x| x.to_bits()).collect::<Vec<_>>()
    };
    let mut finite = 0;
    for (i, point) in points.iter().enumerate() {
        let log_prob = compiled.log_prob_given(&(*point).into(), &given[i]);
        assert_eq!(log_prob.to_bits(), log_probs[i].to_bits(), "log_prob at {point:?}");
        assert!(
            log_prob.is_finite() || log_prob == f32::NEG_INFINITY,
            "log_prob at {point:?}: {log_prob}"
        );
        let row = i * width..i * width + D;
        let forward = compiled.forward_given(&(*point).into(), &given[i]);
        assert_eq!(
            bits(forward.0.as_slice(), forward.1),
            bits(&z[row.clone()], log_det[i]),
            "latents of {point:?}"
        );
        let inverse = compiled.inverse_given(&(*point).into(), &given[i]);
        assert_eq!(
            bits(inverse.0.as_slice(), inverse.1),
            bits(&x[row], inverse_log_det[i]),
            "data of {point:?}"
        );
        finite += usize::from(log_prob.is_finite());
    }
    assert!(
        finite >= if width > D { 1900 } else { 2000 } && finite < points.len(),
        "{finite} of {} are finite",
        points.len()
    );

    let mut rng = Xoshiro128PlusPlus::seed_from_u64(11);
    let mut again = Xoshiro128PlusPlus::seed_from_u64(11);
    let contexts: Vec<f32> = given[..1000].iter().flat_map(Beside::numbers).copied().collect();
    let samples = match contexts[..] {
        [] => flow.sample(&parameters, 1000, &mut again),
        _ => flow.sample_given(&parameters, &contexts, &mut again),
    };
    for (i, sample) in samples.chunks_exact(width).enumerate() {
        let computed = compiled.sample_given(&mut rng, &given[i]);
        assert_eq!(bits(computed.as_slice(), 0.0), bits(&sample[..D], 0.0), "sample {i}");
    }
    assert_eq!(compiled.self_test(), Ok(()));
}

#[test]
fn moons_has_the_tools_bits() {
    has_the_bits(&MOONS, "examples/models/moons.safetensors");
}

#[test]
fn circles_has_the_tools_bits() {
    has_the_bits(&CIRCLES, "examples/models/circles.safetensors");
}

#[test]
fn one_hidden_layer_and_a_scale_have_the_tools_bits() {
    has_the_bits(&NICE_D2, "tests/reference/nice_d2.safetensors");
}

#[test]
fn nice_of_unequal_halves_with_permutations_has_the_tools_bits() {
    has_the_bits(&NICE_D5_LOGISTIC, "tests/reference/nice_d5_logistic.safetensors");
}

#[test]
fn realnvp_of_two_features_has_the_tools_bits() {
    has_the_bits(&REALNVP_D2, "tests/reference/realnvp_d2.safetensors");
}

#[test]
fn realnvp_of_unequal_halves_with_tanh_has_the_tools_bits() {
    has_the_bits(&REALNVP_D7, "tests/reference/realnvp_d7.safetensors");
}

#[test]
fn realnvp_with_silu_and_everything_has_the_tools_bits() {
    has_the_bits(&REALNVP_D8_LOGISTIC, "tests/reference/realnvp_d8_logistic.safetensors");
}

#[test]
fn a_triangle_clamped_inputs_and_a_student_base_have_the_tools_bits() {
    has_the_bits(&STUDENT_D4, "tests/reference/student_d4.safetensors");
}

#[test]
fn a_mixture_has_the_tools_bits() {
    has_the_bits(&MIXTURE_D2, "tests/reference/mixture_d2.safetensors");
    has_the_bits(&MIXTURE_D5, "tests/reference/mixture_d5.safetensors");
}

#[test]
fn a_marginal_has_the_tools_bits() {
    has_the_bits(&MARGINAL_D5, "tests/reference/marginal_d5.safetensors");
}

#[test]
fn spline_couplings_have_the_tools_bits() {
    has_the_bits(&SPLINE_D2, "tests/reference/spline_d2.safetensors");
    has_the_bits(&SPLINE_D5, "tests/reference/spline_d5.safetensors");
}

#[test]
fn conditional_models_have_the_tools_bits() {
    has_the_bits(&CONTEXT_D2, "tests/reference/context_d2.safetensors");
    has_the_bits(&CONTEXT_D5, "tests/reference/context_d5.safetensors");
    has_the_bits(&INTEGER_D2, "tests/models/integer_d2.safetensors");
    has_the_bits(&INTEGER_D5, "tests/models/integer_d5.safetensors");
    has_the_bits(&INTEGER_MODES, "tests/models/integer_modes.safetensors");
    has_the_bits(&MODES, "tests/models/modes.safetensors");
}

#[test]
fn a_context_of_levels_has_their_numbers_and_its_range() {
    assert_eq!(MODES_CONTEXT, ["mode=eco", "mode=full", "load"]);
    let [[eco, full], _] = MODES_CONTEXT_MODE;
    assert_eq!((eco, full), (1.0, 0.0));
    assert!(MODES.context.is_known(&[eco, full, 0.5].into()));
    assert!(!MODES.context.is_known(&[eco, full, 1.5].into()));
    let test = MODES_ALARM_ANSWER.self_test(&MODES, &MODES_CALIBRATION, &MODES_TYPICAL);
    assert_eq!(test, Ok(()));
    let mut typical = MODES_TYPICAL;
    typical.iter_mut().for_each(|values| values[0] += 0.5);
    let test = MODES_ALARM_ANSWER.self_test(&MODES, &MODES_CALIBRATION, &typical);
    assert!(test.is_err());
}

// --- The self-test ---

#[test]
fn a_known_answer_that_is_wrong_is_reported() {
    for index in 0..MOONS.known_answers.len() {
        let mut model = MOONS;
        let x = [0.5_f32.to_bits(), 0.25_f32.to_bits()];
        let computed = model.log_prob(&[0.5, 0.25].into()).to_bits();
        model.known_answers[index] = KnownAnswer::new(x, computed);
        assert_eq!(model.self_test(), Ok(()));
        model.known_answers[index] = KnownAnswer::new(x, computed ^ 1);
        assert_eq!(
            model.self_test(),
            Err(SelfTestError { index, expected: computed ^ 1, computed })
        );
    }
}

#[test]
fn one_bit_of_a_weight_that_flips_is_reported() {
    let flipped = |value: &mut f32| *value = f32::from_bits(value.to_bits() ^ 1 << 16);
    let mut model = MOONS;
    let heads = &mut model.flow.layers[2].second.conditioner.heads;
    let [log_scale, mut shift] = heads.layers();
    flipped(&mut shift.bias[0]);
    *heads = Heads::new([log_scale, shift]);
    assert!(model.self_test().is_err());
    let mut model = MOONS;
    flipped(&mut model.flow.standardize.mean[1]);
    assert!(model.self_test().is_err());
}

#[test]
fn among_the_known_answers_are_the_mean_and_a_reading_that_is_no_number() {
    let Model { flow, .. } = model("examples/models/moons.safetensors");
    let answer = |x: &[f32]| {
        let point = [x[0], x[1]];
        KnownAnswer::new(point.map(f32::to_bits), MOONS.log_prob(&point.into()).to_bits())
    };
    assert_eq!(MOONS.known_answers[0], answer(&flow.standardize.mean));
    assert_eq!(
        MOONS.known_answers[1],
        KnownAnswer::new([f32::NAN.to_bits(); 2], f32::NEG_INFINITY.to_bits())
    );
}
