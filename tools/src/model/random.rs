use super::{
    Context, Description, Distribution, Flow, Layer, Mixture, Model, Network, Standardize,
};
use couplet::{Base, StandardNormal};
use rand::seq::SliceRandom;
use rand_core::SeedableRng;
use rand_xoshiro::Xoshiro128PlusPlus;

/// The standard deviation of biases, and of the logarithms of scales.
const BIAS: f32 = 0.3;

/// The standard deviation of the raw numbers of splines.
const RAW: f32 = 0.7;

impl Model {
    /// A model with random weights, large enough that every branch of the maths is exercised.
    pub fn random(description: Description, seed: u64) -> Self {
        let features = description.dimension();
        let mut rng = Xoshiro128PlusPlus::seed_from_u64(seed);
        let mut normal = |count: usize, scale: f32| {
            let mut values = vec![0.0; count];
            StandardNormal.sample(&mut rng, &mut values);
            values.iter().map(|value: &f32| value * scale).collect::<Vec<f32>>()
        };
        let standardize = Standardize {
            mean: normal(features, 3.0),
            std: normal(features, 1.0).iter().map(|x| x.exp()).collect(),
        };
        let contexts = description.contexts();
        let context = Context {
            mean: normal(contexts, 3.0),
            std: normal(contexts, 1.0).iter().map(|x| x.exp()).collect(),
            least: vec![f32::MIN; contexts],
            most: vec![f32::MAX; contexts],
        };
        let mut rng = Xoshiro128PlusPlus::seed_from_u64(seed ^ 1);
        let permutations = (0..if description.permute { description.couplets } else { 0 })
            .map(|_| {
                let mut index: Vec<u16> = (0..features as u16).collect();
                index.shuffle(&mut rng);
                index
            })
            .collect();
        let flow = Flow::new(description, standardize, context, permutations);
        let mut parameters = Vec::with_capacity(flow.layout.len());
        for layer in &flow.layers {
            match layer {
                Layer::Marginal(marginal) => {
                    parameters.extend(normal(marginal.raw.len(), RAW));
                }
                Layer::Triangle(triangle) => {
                    parameters.extend(normal(triangle.log_scale.len(), BIAS));
                    let weight = normal(triangle.weight.len(), BIAS);
                    parameters.extend(below_diagonal(weight, features));
                }
                Layer::Permutation(_) => (),
                Layer::Coupling(coupling) => {
                    let Network { trunk, heads, .. } = &coupling.network;
                    let trunk = trunk.layers.iter().map(|dense| {
                        let scale = (2.0 / dense.inputs as f32).sqrt();
                        (dense, scale)
                    });
                    let heads = heads.iter().map(|dense| {
                        let scale = 0.5 / (dense.inputs as f32).sqrt();
                        (dense, scale)
                    });
                    for (dense, scale) in trunk.chain(heads) {
                        parameters.extend(normal(dense.weight.len(), scale));
                        parameters.extend(normal(dense.bias.len(), BIAS));
                    }
                }
                Layer::Scale(scale) => parameters.extend(normal(scale.log_scale.len(), BIAS)),
            }
        }
        match &flow.base {
            Distribution::Normal | Distribution::Logistic => (),
            Distribution::Student(student) => {
                parameters.extend(normal(student.freedom.len(), 1.0).iter().map(|f| f + 1.0));
            }
            Distribution::Mixture(Mixture { logits, mean, log_scale, factor }) => {
                parameters.extend(normal(logits.len(), BIAS));
                parameters.extend(normal(mean.len(), 1.0));
                parameters.extend(normal(log_scale.len(), BIAS));
                let factor = normal(factor.as_ref().map_or(0, ExactSizeIterator::len), BIAS);
                parameters.extend(below_diagonal(factor, features));
            }
        }
        Model { flow, parameters, calibration: None }
    }
}

/// Matrices \[D, D\], with zeros on the diagonal and above.
fn below_diagonal(weights: Vec<f32>, d: usize) -> impl Iterator<Item = f32> {
    let is_below = move |at: usize| at % d < at / d % d;
    weights.into_iter().enumerate().map(move |(at, w)| if is_below(at) { w } else { 0.0 })
}
