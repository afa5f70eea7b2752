//! What is counted from a shape.

use crate::{
    device::cost::Cost,
    device::target::Target,
    model::{Activation, Base, Coupling, Description, FeatureMap},
};
use std::collections::{BTreeMap, BTreeSet};

/// How often there is what.
pub type Terms = BTreeMap<String, f64>;

/// What `log_prob` executes.
pub fn log_prob(description: &Description, target: Target) -> Terms {
    let mut terms = Terms::new();
    let mut add = |name: &str, count: usize| *terms.entry(name.into()).or_default() += count as f64;
    let d = description.dimension();
    add("evaluation", 1);
    add("feature", d);
    if description.permute {
        add("permuted feature", d * description.couplets);
    }
    if description.scale {
        add("scaled feature", d);
    }
    match description.base {
        Base::Normal => add("normal feature", d),
        Base::Logistic => add("logistic feature", d),
    }
    for coupling in Cost::flow(description).couplings() {
        let layers = layers(coupling);
        add("coupling", 1);
        add(&feature(description), coupling.transformed());
        for (l, layer) in layers.iter().enumerate() {
            let is_trunk = l + 1 < layers.len();
            match description.activation {
                _ if !is_trunk => {}
                Activation::Relu => {}
                Activation::Tanh => add("tanh", layer.outputs),
                Activation::Silu => add("silu", layer.outputs),
            }
            let is_zeroed_by_a_function = layer.outputs > WRITTEN_OUT;
            add(
                if is_zeroed_by_a_function {
                    "number zeroed by a function"
                } else {
                    "zeroed number"
                },
                layer.outputs,
            );
            add("function that zeroes", usize::from(is_zeroed_by_a_function));
            if target.has_floating_point() {
                in_registers(layer, &mut add);
            } else {
                let relu = l > 0 && description.activation == Activation::Relu; // many inputs are 0, which is soon multiplied by
                add("layer", 1);
                add("row", layer.outputs);
                add(
                    if relu { "product with relu" } else { "product" },
                    layer.outputs * layer.inputs,
                );
            }
        }
    }
    terms
}

/// Up to so many numbers the crate zeroes one by one.
const WRITTEN_OUT: usize = 64;

/// The term for a feature that the flow's transform maps.
fn feature(description: &Description) -> String {
    format!("{} feature", description.transform.name())
}

/// A dense layer as the kernels see it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Layer {
    pub inputs: usize,
    pub outputs: usize,
}

impl Layer {
    /// Whether there are blocks of eight rows in it.
    pub fn has_eights(&self) -> bool {
        self.inputs > 1 && self.outputs >= 8
    }
}

/// Those of a coupling: the trunk's, and the heads as one.
pub fn layers(coupling: &Coupling) -> Vec<Layer> {
    let (trunk, heads) = (&coupling.network.trunk, &coupling.network.heads);
    let outputs = heads.iter().map(|head| head.outputs).sum();
    let trunk =
        trunk.layers.iter().map(|layer| Layer { inputs: layer.inputs, outputs: layer.outputs });
    trunk.chain([Layer { inputs: heads[0].inputs, outputs }]).collect()
}

/// What `sample` executes more than `log_prob`.
pub fn sample(description: &Description, _: Target) -> Terms {
    let d = description.dimension();
    let base = match description.base {
        Base::Normal => ("normal pair of features", d.div_ceil(2)),
        Base::Logistic => ("logistic feature", d),
    };
    let coupled = feature(description);
    let mut terms = vec![
        base,
        ("sample", 1),
        ("feature", d),
        (coupled.as_str(), d * description.couplets),
        ("couplet", description.couplets),
    ];
    if description.permute {
        terms.push(("permuted feature", d * description.couplets));
    }
    terms.into_iter().map(|(name, count)| (name.into(), count as f64)).collect()
}

/// The blocks of rows in which `src/kernel` of the crate goes through a dense layer.
fn in_registers(layer: &Layer, add: &mut impl FnMut(&str, usize)) {
    let Layer { inputs, outputs } = *layer;
    let pairs = inputs / 2;
    if inputs % 2 == 1 {
        add("column by itself", 1);
        add("column by itself, 4 rows", outputs / 4);
        add("column by itself, row", outputs % 4);
    }
    if pairs > 0 {
        add("blocks of 8 rows", usize::from(outputs >= 8));
        add("8 rows", outputs / 8);
        add("8 rows, pair of columns", outputs / 8 * pairs);
        add("4 rows", outputs % 8 / 4);
        add("4 rows, pair of columns", outputs % 8 / 4 * pairs);
        add("2 rows", outputs % 4 / 2);
        add("2 rows, two pairs of columns", outputs % 4 / 2 * (pairs / 2));
        add("2 rows, pair of columns", outputs % 4 / 2 * (pairs % 2));
        add("1 row", outputs % 2);
        add("1 row, pair of columns", outputs % 2 * pairs);
    }
}

/// What is in a program: each kernel that it uses once, what calls them once for each half where
/// halves differ.
pub fn code(description: &Description, target: Target) -> Terms {
    let Description { split: [a, b], hidden, transform, activation, base, .. } = description;
    let mut terms = Terms::new();
    let mut add = |name: &str, count: usize| *terms.entry(name.into()).or_default() += count as f64;
    let halves = if a == b { 1 } else { 2 };
    add("program", 1);
    add("couplet", description.couplets);
    add("permutation", usize::from(description.permute));
    add("many features", usize::from(description.dimension() > 16));
    add("logistic", usize::from(*base == Base::Logistic));
    add("another hidden layer", halves * (hidden.len() - 1));
    add(
        match activation {
            Activation::Relu => "relu",
            Activation::Tanh => "tanh",
            Activation::Silu => "silu",
        },
        1,
    );
    add(&format!("{} couplings", transform.name()), halves);
    let flow = Cost::flow(description);
    let all: BTreeSet<Layer> = flow.couplings().flat_map(layers).collect();
    for Layer { outputs, .. } in flow.couplings().take(halves).flat_map(layers) {
        add("zeroed number", if outputs > WRITTEN_OUT { 0 } else { outputs });
    }
    add("function that zeroes", usize::from(all.iter().any(|layer| layer.outputs > WRITTEN_OUT)));
    if target.has_floating_point() {
        let mut used = Terms::new();
        all.iter().for_each(|layer| {
            in_registers(layer, &mut |name, count| {
                *used.entry(name.into()).or_default() += count as f64
            })
        });
        for kernel in ["column by itself", "blocks of 8 rows", "4 rows", "2 rows", "1 row"] {
            add(kernel, usize::from(used.get(kernel).is_some_and(|&count| count > 0.0)));
        }
    }
    terms
}
