//! Counts from the shape what a model costs on any device.

use crate::model::{
    Base, Context, Coupling, Covariance, Dense, Description, FeatureMap, Flow, MixtureShape,
    Network, Spline, Standardize,
};
use serde::Serialize;

/// The most known answers that an exported model carries, and the fewest.
const KNOWN_ANSWERS: [usize; 2] = [8, 3];

/// Known answers take at most this part of the other bytes, unless there are the fewest.
const PART_OF_KNOWN_ANSWERS: usize = 8;

/// What a model costs on any device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Cost {
    /// Trained numbers.
    pub parameters: usize,
    /// Bytes of the exported static, which the generated file asserts.
    pub flash: usize,
    /// Known answers that the exported model carries.
    pub known_answers: usize,
    /// Bytes of the arrays on the stack in which `log_prob` works: twice the widest trunk layer,
    /// three points, what splines take more than two parameters of each feature, the larger half
    /// where its features are clamped, and where there is a context, that twice and once behind the
    /// larger half. The frames of the functions come on top: the whole stack is
    /// two to three times as much.
    pub stack: usize,
    /// Multiply-accumulates of one `log_prob`, `forward` or `inverse`.
    pub macs: usize,
}

impl Cost {
    /// What a flow of this shape will cost.
    pub fn of_shape(description: &Description) -> Self {
        Self::of(&Self::flow(description))
    }

    /// A flow of this shape, for counting.
    pub(crate) fn flow(description: &Description) -> Flow {
        let (d, c) = (description.dimension(), description.contexts());
        let permutation: Vec<u16> = (0..d as u16).collect();
        let permutations =
            vec![permutation; if description.permute { description.couplets } else { 0 }];
        Flow::new(
            description.clone(),
            Standardize { mean: vec![0.0; d], std: vec![1.0; d] },
            Context {
                mean: vec![0.0; c],
                std: vec![1.0; c],
                least: vec![f32::MIN; c],
                most: vec![f32::MAX; c],
            },
            permutations,
        )
    }

    /// What a flow costs.
    pub fn of(flow: &Flow) -> Self {
        let Description { hidden, couplets, .. } = &flow.description;
        let d = flow.description.dimension();
        // What lies above the diagonal of a triangle is 0, and exported nowhere.
        let above = if flow.description.triangle { d * (d + 1) / 2 } else { 0 };
        let (beside, of_base) = match (flow.description.base, flow.description.mixture) {
            (Base::Student, _) => (1, 0),
            (_, Some(MixtureShape { components, covariance: Covariance::Diagonal })) => {
                (components, 2 * components * d)
            }
            (_, Some(MixtureShape { components, covariance: Covariance::Full })) => {
                (components, components * (d * (d + 1) / 2 + d))
            }
            _ => (0, 0),
        };
        let above_base = match flow.description.mixture {
            Some(MixtureShape { components, covariance: Covariance::Full }) => {
                components * d * (d + 1) / 2
            }
            _ => 0,
        };
        let floats = flow.layout.len() - above - above_base;
        let (integers, of_integers) = match flow.description.integer {
            true => flow.couplings().map(integers).fold((0, 0), |(a, b), (c, d)| (a + c, b + d)),
            false => (0, 0),
        };
        let parameters = floats + integers;
        let constants: usize =
            flow.couplings().map(|coupling| coupling.transform.constants()).sum();
        let bounds = flow.couplings().filter(|it| it.network.input_bound.is_some()).count();
        let sums = usize::from(flow.description.triangle) + beside;
        // The device has all three numbers of each knot.
        let placed = |spline: Spline| d * (3 * spline.knots() - spline.raw());
        let placed = flow.description.marginal.map_or(0, placed);
        let constants = constants + bounds + sums + placed;
        let permutation = if flow.description.permute { (2 * d).next_multiple_of(4) } else { 0 };
        // Mean, standard deviation and range of each input, and a bound that may be none.
        let c = flow.context.len();
        let of_context = if c > 0 { 4 * c + 2 } else { 0 };
        let model =
            4 * (2 * d + floats + constants + of_context) + couplets * permutation + of_integers;
        let [most, fewest] = KNOWN_ANSWERS;
        let answer = 4 * (d + c + 1);
        let known_answers = (model / PART_OF_KNOWN_ANSWERS / answer).clamp(fewest, most);
        let widest = hidden.iter().copied().max().unwrap_or(0);
        let outputs =
            |coupling: &Coupling| coupling.network.heads.iter().map(|it| it.outputs).sum();
        let parameters_of_features: usize = flow.couplings().map(outputs).max().unwrap_or(0);
        let inputs = flow.couplings().map(|coupling| coupling.conditions()).max().unwrap_or(0);
        let clamped = if bounds > 0 { inputs } else { 0 };
        let given = if c > 0 { inputs + 2 * c } else { 0 };
        Cost {
            parameters,
            flash: model + known_answers * answer,
            known_answers,
            stack: 4 * (2 * widest + d + parameters_of_features.max(2 * d) + clamped + given),
            macs: flow
                .couplings()
                .flat_map(|coupling| coupling.network.layers())
                .map(|dense| dense.inputs * dense.outputs)
                .chain(flow.description.triangle.then_some(d * (d - 1) / 2))
                .chain([of_base])
                .sum(),
        }
    }
}

/// How many numbers an integer conditioner has, and the bytes that it takes: of each layer 32-bit
/// biases, 8-bit weights and a shift, of heads 16-bit multipliers too, of inputs an exponent.
fn integers(coupling: &Coupling) -> (usize, usize) {
    let Network { trunk, heads, .. } = &coupling.network;
    let numbers: usize = coupling.network.layers().map(|it| (it.inputs + 1) * it.outputs).sum();
    let layer = |it: &Dense| (4 * it.outputs + it.inputs * it.outputs + 1).next_multiple_of(4);
    let outputs: usize = heads.iter().map(|head| head.outputs).sum();
    let of_heads = (4 * outputs + heads[0].inputs * outputs).next_multiple_of(2) + 2 * outputs;
    let bytes = trunk.layers.iter().map(layer).sum::<usize>()
        + (of_heads + heads.len()).next_multiple_of(4)
        + coupling.network.inputs().next_multiple_of(4);
    (numbers, bytes)
}
