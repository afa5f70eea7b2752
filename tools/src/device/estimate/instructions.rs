//! What is executed.

use super::{
    conditioner::{Conditioner, Layer},
    terms::Terms,
};
use crate::{
    device::cost::Cost,
    device::target::Target,
    model::{Activation, Base, Covariance, Description, FeatureMap, MixtureShape, Transform},
};

/// What `log_prob` executes.
pub fn log_prob(description: &Description, target: Target) -> Terms {
    let mut terms = Terms::default();
    let d = description.dimension();
    terms.add("evaluation", 1);
    terms.add("feature", d);
    if description.permute {
        terms.add("permuted feature", d * description.couplets);
    }
    if description.scale {
        terms.add("scaled feature", d);
    }
    if let Some(spline) = description.marginal {
        terms.add("marginal", 1);
        terms.add("marginal, feature", d);
        terms.add("marginal, bin", d * spline.bins);
    }
    if description.triangle {
        terms.add("triangle, feature", d);
        terms.add("triangle, product", d * (d - 1) / 2);
    }
    match description.base {
        Base::Normal => terms.add("normal feature", d),
        Base::Logistic => terms.add("logistic feature", d),
        Base::Student => terms.add("student feature", d),
        Base::Mixture => add_mixture(description, &mut terms),
    }
    for coupling in Cost::flow(description).couplings() {
        let conditioner = Conditioner::of(coupling);
        terms.add("coupling", 1);
        terms.add("clamped feature", conditioner.clamped);
        terms.add(description.transform.name(), conditioner.features);
        if let Transform::Spline(_) = description.transform {
            terms.add("logarithm of a product of slopes", 1);
        }
        for (l, layer) in conditioner.layers().enumerate() {
            if l < conditioner.trunk.len() {
                match description.activation {
                    Activation::Relu => {}
                    Activation::Tanh => terms.add("tanh", layer.outputs),
                    Activation::Silu => terms.add("silu", layer.outputs),
                }
            }
            let follows_relu = l > 0 && description.activation == Activation::Relu;
            add_layer(layer, follows_relu, target, &mut terms);
        }
    }
    terms
}

/// A dense layer without its activation.
fn add_layer(layer: Layer, follows_relu: bool, target: Target, terms: &mut Terms) {
    if layer.is_zeroed_by_a_function() {
        terms.add("number zeroed by a function", layer.outputs);
        terms.add("function that zeroes", 1);
    } else {
        terms.add("zeroed number", layer.outputs);
        terms.add("function that zeroes", 0);
    }
    if target.has_floating_point {
        layer.add_blocks(terms);
    } else {
        terms.add("layer", 1);
        terms.add("row", layer.outputs);
        // Many inputs after a relu are 0, and emulated products with 0 are fast.
        let product = if follows_relu { "product with relu" } else { "product" };
        terms.add(product, layer.outputs * layer.inputs);
    }
}

/// What `sample` executes more than `log_prob`.
pub fn sample(description: &Description, _: Target) -> Terms {
    let mut terms = Terms::default();
    let d = description.dimension();
    terms.add("sample", 1);
    terms.add("feature", d);
    terms.add("couplet", description.couplets);
    terms.add(description.transform.name(), d * description.couplets);
    if description.permute {
        terms.add("permuted feature", d * description.couplets);
    }
    if let Some(spline) = description.marginal {
        terms.add("marginal", 1);
        terms.add("marginal, feature", d);
        terms.add("marginal, bin", d * spline.bins);
    }
    if description.triangle {
        terms.add("triangle, feature", d);
        terms.add("triangle, product", d * (d - 1) / 2);
    }
    match description.base {
        Base::Normal => terms.add("normal pair of features", d.div_ceil(2)),
        Base::Logistic => terms.add("logistic feature", d),
        Base::Student => terms.add("student feature", d),
        Base::Mixture => {
            terms.add("normal pair of features", d.div_ceil(2));
            terms.add("mixture point", 1);
        }
    }
    terms
}

/// The components of a mixture.
fn add_mixture(description: &Description, terms: &mut Terms) {
    let Some(MixtureShape { components, covariance }) = description.mixture else { return };
    let d = description.dimension();
    terms.add("mixture component", components);
    match covariance {
        Covariance::Diagonal => terms.add("mixture, diagonal feature", components * d),
        Covariance::Full => {
            terms.add("mixture, full feature", components * d);
            terms.add("mixture, product", components * d * (d - 1) / 2);
        }
    }
}
