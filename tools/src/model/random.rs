use super::{Description, Flow, Model, Permutation, Standardize};
use couplet::{Base, StandardNormal};
use rand::seq::SliceRandom;
use rand_core::SeedableRng;
use rand_xoshiro::Xoshiro128PlusPlus;

impl Model {
    /// Random weights, large enough that every branch of the maths is exercised.
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
        let mut rng = Xoshiro128PlusPlus::seed_from_u64(seed ^ 1);
        let permutations = (0..if description.permute { description.couplets } else { 0 })
            .map(|_| {
                let mut index: Vec<u16> = (0..features as u16).collect();
                index.shuffle(&mut rng);
                Permutation { index }
            })
            .collect();
        let flow = Flow::new(description, standardize, permutations);
        let tensors = flow.layout.tensors().iter();
        let parameters = tensors
            .flat_map(|tensor| match tensor.shape[..] {
                [outputs, inputs] if tensor.name.contains("trunk") => {
                    normal(outputs * inputs, (2.0 / inputs as f32).sqrt())
                }
                [outputs, inputs] => normal(outputs * inputs, 0.5 / (inputs as f32).sqrt()),
                _ => normal(tensor.range.len(), 0.3),
            })
            .collect();
        Model { flow, parameters }
    }
}
