//! The tool's layers against PyTorch: every map, log_det, density, loss and gradient of the thirteen
//! models in tests/reference, as make_reference.py and make_mixture.py there computed them in
//! float64.
//!
//! An error is |computed - expected| / max(1, |expected|) for maps, densities and the loss. For
//! gradients it is relative to the largest entry of the tensor at hand, so a tensor whose gradients
//! are all small gets no allowance.

mod common;

use common::{File, committed, model};
use couplet_tools::model::{Arithmetic, Description, Flow, Model, Number, Workspace};

const MODELS: [&str; 13] = [
    "nice_d2",
    "nice_d5_logistic",
    "realnvp_d2",
    "realnvp_d7",
    "realnvp_d8_logistic",
    "student_d4",
    "mixture_d2",
    "mixture_d5",
    "marginal_d5",
    "spline_d2",
    "spline_d5",
    "context_d2",
    "context_d5",
];

/// What the tool computes of a reference model, in the names of the file with the expected values.
#[derive(Clone)]
struct Computed(Vec<(String, Vec<f64>)>);

impl Computed {
    fn of<T: Number + Into<f64>>(Model { flow, parameters, .. }: &Model, expected: &File) -> Self {
        let narrow = |name| -> Vec<T> {
            expected.values(name).into_iter().map(|x| T::from_f32(exact(x))).collect()
        };
        let widen = |values: &[T]| values.iter().map(|&value| value.into()).collect::<Vec<f64>>();
        let p: Vec<T> = parameters.iter().map(|&value| T::from_f32(value)).collect();
        let (d, width) = (flow.description.dimension(), flow.description.width());
        let given = |points: Vec<T>| -> Vec<T> {
            if d == width {
                points
            } else {
                with_context(&points, &narrow("context"), d, width - d)
            }
        };
        let points = |rows: &[T]| -> Vec<f64> {
            widen(&rows.chunks_exact(width).flat_map(|row| &row[..d]).copied().collect::<Vec<T>>())
        };
        let (x, z_in) = (given(narrow("x")), given(narrow("z_in")));
        let (z, log_det) = flow.latents(&p, &x);
        let (x_back, log_det_back) = flow.data(&p, &z);
        let mut dp = vec![T::ZERO; p.len()];
        let loss = flow.loss_and_gradient(
            &p,
            &x,
            x.len() / width,
            &mut Workspace::<T, 32>::new(flow, Arithmetic::Device),
            &mut dp,
        );
        let mut values = vec![
            ("z".to_string(), points(&z)),
            ("log_det".to_string(), widen(&log_det)),
            ("log_prob".to_string(), widen(&flow.log_probs(&p, &x))),
            ("x_out".to_string(), points(&flow.data(&p, &z_in).0)),
            ("loss".to_string(), vec![loss.into()]),
            // and the way back from z, which must end where it began
            ("x".to_string(), points(&x_back)),
            (
                "log_det".to_string(),
                log_det_back.into_iter().map(|log_det| -log_det.into()).collect(),
            ),
        ];
        values.extend(
            flow.layout
                .tensors()
                .iter()
                .map(|t| (format!("grad.{}", t.name), widen(&dp[t.range.clone()]))),
        );
        if expected.tensors.contains_key("grad.x") {
            values.push(("grad.x".into(), widen(&by_the_data(flow, &p, &x))));
        }
        Computed(values)
    }

    #[track_caller]
    fn get(&mut self, name: &str) -> &mut Vec<f64> {
        &mut self
            .0
            .iter_mut()
            .find(|(computed, _)| computed == name)
            .unwrap_or_else(|| panic!("no {name}"))
            .1
    }
}

/// The derivative of the loss by each row.
fn by_the_data<T: Number>(flow: &Flow, p: &[T], x: &[T]) -> Vec<T> {
    let (width, mut dp) = (flow.description.width(), vec![T::ZERO; p.len()]);
    let weight = -T::ONE / T::from_count(x.len() / width);
    let mut space = Workspace::<T, 1>::new(flow, Arithmetic::Device);
    let mut dx = Vec::with_capacity(x.len());
    for row in x.chunks_exact(width) {
        space.load(row);
        flow.log_prob(p, &mut space);
        flow.backward(p, &mut space, &[weight], &mut dp);
        dx.extend_from_slice(space.dx.as_flattened());
    }
    dx
}

/// Points \[D\], each with its context \[C\] behind it.
fn with_context<T: Copy>(points: &[T], context: &[T], d: usize, c: usize) -> Vec<T> {
    let rows = points.chunks_exact(d).zip(context.chunks_exact(c));
    rows.flat_map(|(point, context)| [point, context].concat()).collect()
}

/// A number that make_reference.py rounded to float32 before it used it.
fn exact(value: f64) -> f32 {
    assert_eq!(f64::from(value as f32), value);
    value as f32
}

/// The largest error of values and of gradients, or what is beyond the tolerances.
fn compare(
    computed: &Computed,
    expected: &File,
    [values, gradients]: [f64; 2],
) -> Result<[f64; 2], String> {
    let gradients_expected = expected.tensors.keys().filter(|name| name.starts_with("grad."));
    if let Some(missing) = gradients_expected
        .into_iter()
        .find(|name| !computed.0.iter().any(|(have, _)| have == *name))
    {
        return Err(format!("{missing} is not computed"));
    }
    let mut worst = [0.0_f64; 2];
    for (name, computed) in &computed.0 {
        let expected = expected.values(name);
        if computed.len() != expected.len() {
            return Err(format!(
                "{name} has {} values, expected {}",
                computed.len(),
                expected.len()
            ));
        }
        let gradient = name.starts_with("grad.");
        let largest = expected.iter().fold(0.0_f64, |largest, x| largest.max(x.abs()));
        for (i, (computed, expected)) in computed.iter().zip(expected).enumerate() {
            let size = if gradient { largest } else { expected.abs().max(1.0) };
            let error = (computed - expected).abs() / size;
            if error.is_nan() || error > if gradient { gradients } else { values } {
                return Err(format!(
                    "{name} at index {i}: {computed:e}, expected {expected:e}, an error of {error:.1e}"
                ));
            }
            let worst = &mut worst[usize::from(gradient)];
            *worst = worst.max(error);
        }
    }
    Ok(worst)
}

fn reference(name: &str) -> (Model, File) {
    let path = format!("tests/reference/{name}");
    (
        model(&format!("{path}.safetensors")),
        File::parse(&committed(&format!("{path}.expected.safetensors"))),
    )
}

/// Within the tolerances, and those are no more than ten times as wide as what is found.
#[track_caller]
fn agrees<T: Number + Into<f64>>(name: &str, tolerances: [f64; 2]) {
    let (model, expected) = reference(name);
    let worst = compare(&Computed::of::<T>(&model, &expected), &expected, tolerances);
    let worst = worst.unwrap_or_else(|difference| panic!("{name}: {difference}"));
    for (worst, tolerance) in worst.into_iter().zip(tolerances) {
        assert!(
            worst > 0.1 * tolerance,
            "{name}: a tolerance of {tolerance:e} is far above the error, {worst:e}"
        );
    }
}

#[test]
fn f64_agrees_with_every_reference() {
    agrees::<f64>("nice_d2", [2e-15, 5e-13]);
    agrees::<f64>("nice_d5_logistic", [1e-14, 2e-15]);
    agrees::<f64>("realnvp_d2", [2e-14, 2e-14]);
    agrees::<f64>("realnvp_d7", [1e-14, 5e-15]);
    agrees::<f64>("realnvp_d8_logistic", [2e-12, 5e-11]);
    agrees::<f64>("student_d4", [2e-14, 2e-14]);
    agrees::<f64>("mixture_d2", [2e-15, 3e-15]);
    agrees::<f64>("mixture_d5", [6e-15, 6e-15]);
    agrees::<f64>("marginal_d5", [4e-13, 2e-14]);
    agrees::<f64>("spline_d2", [4e-13, 1e-13]);
    agrees::<f64>("spline_d5", [2e-12, 1e-13]);
    agrees::<f64>("context_d2", [1e-14, 1e-14]);
    agrees::<f64>("context_d5", [1e-14, 1e-14]);
}

#[test]
fn f32_agrees_with_every_reference_up_to_its_rounding() {
    agrees::<f32>("nice_d2", [5e-7, 1e-4]);
    agrees::<f32>("nice_d5_logistic", [4e-6, 1e-6]);
    agrees::<f32>("realnvp_d2", [6e-6, 3e-6]);
    agrees::<f32>("realnvp_d7", [4e-6, 3e-6]);
    agrees::<f32>("realnvp_d8_logistic", [8e-5, 1e-5]);
    agrees::<f32>("student_d4", [2e-6, 2e-6]);
    agrees::<f32>("mixture_d2", [6e-7, 8e-7]);
    agrees::<f32>("mixture_d5", [2e-6, 2e-6]);
    agrees::<f32>("marginal_d5", [8e-5, 4e-6]);
    // Slopes of these splines reach 1/1000: to round z alone moves x by up to 1.8e-3.
    agrees::<f32>("spline_d2", [3e-3, 1e-4]);
    agrees::<f32>("spline_d5", [3e-4, 1e-4]);
    agrees::<f32>("context_d2", [4e-6, 8e-6]);
    agrees::<f32>("context_d5", [4e-6, 8e-6]);
}

/// A reference model with what the tool computes of it, which is right.
struct Right {
    model: Model,
    expected: File,
    computed: Computed,
}

impl Right {
    fn of(name: &str) -> Self {
        let (model, expected) = reference(name);
        let computed = Computed::of::<f64>(&model, &expected);
        assert!(compare(&computed, &expected, [1e-10; 2]).is_ok());
        Right { model, expected, computed }
    }

    /// What the comparison says once one thing computed is wrong.
    #[track_caller]
    fn difference_with(&self, fault: impl FnOnce(&mut Computed)) -> String {
        let mut computed = self.computed.clone();
        fault(&mut computed);
        compare(&computed, &self.expected, [1e-10; 2]).expect_err("a difference")
    }
}

fn flip(values: &mut [f64]) {
    values.iter_mut().for_each(|value| *value = -*value);
}

#[test]
fn a_gradient_of_the_wrong_sign_is_reported_whichever_tensor_has_it() {
    for name in MODELS {
        let right = Right::of(name);
        for tensor in right.model.flow.layout.tensors() {
            let gradient = format!("grad.{}", tensor.name);
            let difference = right.difference_with(|computed| flip(computed.get(&gradient)));
            assert!(
                difference.starts_with(&format!("{gradient} at index")),
                "{name}: {difference}"
            );
        }
    }
}

#[test]
fn a_log_det_of_the_wrong_sign_is_reported() {
    for name in MODELS {
        let difference = Right::of(name).difference_with(|computed| flip(computed.get("log_det")));
        assert!(difference.starts_with("log_det at index 0"), "{name}: {difference}");
    }
}

#[test]
fn one_entry_that_is_off_by_a_millionth_is_reported() {
    let right = Right::of("realnvp_d2");
    for value in ["z", "x_out", "log_prob", "loss", "grad.couplets.0.first.trunk.0.weight"] {
        let difference =
            right.difference_with(|computed| *computed.get(value).last_mut().unwrap() += 1e-6);
        assert!(difference.starts_with(value), "{value}: {difference}");
    }
}

#[test]
fn what_is_not_a_number_or_not_there_is_reported() {
    let right = Right::of("nice_d2");
    let difference = right.difference_with(|computed| computed.get("loss")[0] = f64::NAN);
    assert!(difference.starts_with("loss at index 0: NaN"), "{difference}");
    let difference = right.difference_with(|computed| drop(computed.0.pop()));
    assert_eq!(difference, "grad.scale.log_scale is not computed");
    let difference = right.difference_with(|computed| computed.get("z").truncate(127));
    assert_eq!(difference, "z has 127 values, expected 128");
}

/// Blocks of every size, the last one short: the lanes that repeat a point must not count.
#[test]
fn the_size_of_a_block_does_not_change_the_gradient() {
    fn gradient<const N: usize>(
        Model { flow, .. }: &Model,
        p: &[f64],
        x: &[f64],
    ) -> (f64, Vec<f64>) {
        let mut dp = vec![0.0; p.len()];
        let loss = flow.loss_and_gradient(
            p,
            x,
            x.len() / flow.description.width(),
            &mut Workspace::<f64, N>::new(flow, Arithmetic::Device),
            &mut dp,
        );
        (loss, dp)
    }
    for name in MODELS {
        let (model, expected) = reference(name);
        let (p, mut x) = (model.widened(), expected.values("x"));
        let Description { features, .. } = &model.flow.description;
        if let c @ 1.. = model.flow.context.len() {
            x = with_context(&x, &expected.values("context"), features.len(), c);
        }
        let (loss, one_by_one) = gradient::<1>(&model, &p, &x);
        for (other_loss, other) in [
            gradient::<3>(&model, &p, &x),
            gradient::<32>(&model, &p, &x),
            gradient::<100>(&model, &p, &x),
        ] {
            assert!(
                (loss - other_loss).abs() < 1e-12 * loss.abs().max(1.0),
                "{name}: {loss} and {other_loss}"
            );
            let largest = one_by_one.iter().fold(0.0_f64, |largest, x| largest.max(x.abs()));
            for (one, other) in one_by_one.iter().zip(other) {
                assert!((one - other).abs() < 1e-12 * largest, "{name}: {one} and {other}");
            }
        }
    }
}
