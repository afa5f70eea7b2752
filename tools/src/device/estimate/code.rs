//! What is in a program.

use super::{
    conditioner::{Conditioner, Layer},
    terms::Terms,
};
use crate::{
    device::cost::Cost,
    device::target::Target,
    model::{Activation, Base, Description, FeatureMap},
};
use std::collections::BTreeSet;

/// The code of a program with the model: each kernel that it uses once. What calls the kernels is
/// there once for each half where the halves differ in size.
pub fn code(description: &Description, target: Target) -> Terms {
    let Description { split: [a, b], hidden, transform, activation, base, .. } = description;
    let mut terms = Terms::default();
    let halves = if a == b { 1 } else { 2 };
    terms.add("program", 1);
    terms.add("couplet", description.couplets);
    terms.add("permutation", usize::from(description.permute));
    terms.add("many features", usize::from(description.dimension() > 16));
    terms.add("logistic", usize::from(*base == Base::Logistic));
    terms.add("student", usize::from(*base == Base::Student));
    terms.add("mixture", usize::from(*base == Base::Mixture));
    terms.add("marginal", usize::from(description.marginal.is_some()));
    terms.add("triangle", usize::from(description.triangle));
    terms.add("clamp", if description.input_bound.is_some() { halves } else { 0 });
    terms.add("another hidden layer", halves * (hidden.len() - 1));
    terms.add(
        match activation {
            Activation::Relu => "relu",
            Activation::Tanh => "tanh",
            Activation::Silu => "silu",
        },
        1,
    );
    terms.add(transform.name(), halves);

    let flow = Cost::flow(description);
    let conditioners: Vec<Conditioner> = flow.couplings().map(Conditioner::of).collect();
    for layer in conditioners.iter().take(halves).flat_map(Conditioner::layers) {
        let written_out = if layer.is_zeroed_by_a_function() { 0 } else { layer.outputs };
        terms.add("zeroed number", written_out);
    }
    let layers: BTreeSet<Layer> = conditioners.iter().flat_map(Conditioner::layers).collect();
    let has_function = layers.iter().any(|layer| layer.is_zeroed_by_a_function());
    terms.add("function that zeroes", usize::from(has_function));
    if target.has_floating_point {
        let mut blocks = Terms::default();
        layers.iter().for_each(|layer| layer.add_blocks(&mut blocks));
        for kernel in ["column by itself", "blocks of 8 rows", "4 rows", "2 rows", "1 row"] {
            terms.add(kernel, usize::from(blocks.count(kernel) > 0.0));
        }
    }
    terms
}
