use couplet::{Base as _, StandardNormal};
use couplet_tools::model::{Context, Description, Flow, Model, Shape, Standardize};
use rand::seq::SliceRandom;
use rand_core::SeedableRng;
use rand_xoshiro::Xoshiro128PlusPlus;

/// A model of this shape whose weights are large enough to exercise every branch of the maths.
#[track_caller]
pub fn random(d: usize, shape: Shape) -> Model {
    let features = (0..d).map(|i| format!("x{i}")).collect();
    let description = Description::new(features, shape).expect("a valid shape");
    let couplets = if description.permute { description.couplets } else { 0 };
    let mut rng = Xoshiro128PlusPlus::seed_from_u64(d as u64);
    let mut index: Vec<u16> = (0..d as u16).collect();
    let permutations = (0..couplets)
        .map(|_| {
            index.shuffle(&mut rng);
            index.clone()
        })
        .collect();
    let mut normal = |count: usize, scale: f32| {
        let mut values = vec![0.0; count];
        StandardNormal.sample(&mut rng, &mut values);
        values.into_iter().map(|value: f32| value * scale).collect::<Vec<f32>>()
    };
    let standardize = Standardize {
        mean: normal(d, 3.0),
        std: normal(d, 0.7).into_iter().map(f32::exp).collect(),
    };
    let c = description.contexts();
    let context = Context {
        mean: normal(c, 3.0),
        std: normal(c, 0.7).into_iter().map(f32::exp).collect(),
        least: vec![f32::MIN; c],
        most: vec![f32::MAX; c],
    };
    let flow = Flow::new(description, standardize, context, permutations);
    let tensors = flow.layout.tensors().iter();
    let parameters = tensors
        .flat_map(|tensor| match tensor.shape[..] {
            [outputs, inputs] => normal(outputs * inputs, 1.0 / (inputs as f32).sqrt()),
            _ => normal(tensor.range.len(), 0.3),
        })
        .collect();
    Model { flow, parameters, calibration: None }
}
