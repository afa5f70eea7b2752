//! What is counted from a shape.

use crate::{
    cost::{Cost, dense_layers},
    model::{Activation, Base, Coupling, CouplingKind, Dense, Description},
    target::Target,
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
        let layers = dense_layers(coupling);
        let (feature, heads) = match coupling {
            Coupling::Additive(_) => ("added feature", 1),
            Coupling::Affine(_) => ("scaled and added feature", 2),
        };
        let (trunk, heads) = layers.split_at(layers.len() - heads);
        add("coupling", 1);
        add(feature, heads[0].outputs);
        for layer in trunk {
            match description.activation {
                Activation::Relu => {}
                Activation::Tanh => add("tanh", layer.outputs),
                Activation::Silu => add("silu", layer.outputs),
            }
        }
        if target.has_floating_point() {
            trunk.iter().for_each(|layer| in_blocks(layer, &mut add));
            match heads {
                [head, _] if head.outputs < 4 => {
                    add("row of a pair", head.outputs);
                    add("row of a pair, column", head.outputs * head.inputs);
                }
                _ => heads.iter().for_each(|head| in_blocks(head, &mut add)),
            }
        } else {
            for (l, layer) in layers.iter().enumerate() {
                let relu = l > 0 && description.activation == Activation::Relu; // many inputs are 0, which is soon multiplied by
                add("layer", 1);
                add("row", layer.outputs);
                add(if relu { "product with relu" } else { "product" }, layer.outputs * layer.inputs);
            }
        }
    }
    terms
}

/// What `sample` executes more than `log_prob`.
pub fn sample(description: &Description, _: Target) -> Terms {
    let d = description.dimension();
    let base = match description.base {
        Base::Normal => ("normal pair of features", d.div_ceil(2)),
        Base::Logistic => ("logistic feature", d),
    };
    let coupled = match description.coupling {
        CouplingKind::Additive => "added feature",
        CouplingKind::Affine => "scaled and added feature",
    };
    let mut terms =
        vec![base, ("sample", 1), ("feature", d), (coupled, d * description.couplets), ("couplet", description.couplets)];
    if description.permute {
        terms.push(("permuted feature", d * description.couplets));
    }
    terms.into_iter().map(|(name, count)| (name.into(), count as f64)).collect()
}

/// The blocks of rows in which `src/kernel.rs` of the crate goes through a dense layer.
fn in_blocks(layer: &Dense, add: &mut impl FnMut(&str, usize)) {
    let Dense { inputs, outputs, .. } = *layer;
    add("layer", 1);
    if inputs == 1 {
        add("row of one column", outputs);
        return;
    }
    add("8 rows", outputs / 8);
    add("4 rows", outputs % 8 / 4);
    add("row", outputs % 4);
    // What eight rows of a column take depends on how the compiler addresses columns of that many rows.
    let has_own_weight = outputs.is_multiple_of(8) && outputs <= 128;
    let of_width = if has_own_weight { format!("8 of {outputs} rows, column") } else { "8 rows, column".into() };
    add(&of_width, outputs / 8 * inputs);
    add("4 rows, column", outputs % 8 / 4 * inputs);
    add("row, column", outputs % 4 * inputs);
}

/// What is in a program: a function is there once for each width, and for each half where they differ.
pub fn code(description: &Description, target: Target) -> Terms {
    let Description { split: [a, b], hidden, coupling, activation, base, .. } = description;
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
    let of_few_rows: BTreeSet<usize> = match coupling {
        CouplingKind::Additive => {
            add("additive couplings", halves);
            BTreeSet::new()
        }
        CouplingKind::Affine => {
            add("affine couplings", halves);
            [*a, *b].into_iter().filter(|&rows| rows < 4).collect()
        }
    };
    add("pairs of heads with few rows", of_few_rows.len());
    let flow = Cost::flow(description);
    let layers: BTreeSet<[usize; 2]> =
        flow.couplings().flat_map(dense_layers).map(|layer| [layer.inputs, layer.outputs]).collect();
    let of_blocks = |[inputs, outputs]: &&[usize; 2]| target == Target::Rv32 || (*inputs > 1 && !of_few_rows.contains(outputs));
    let widths: BTreeSet<usize> = layers.iter().filter(of_blocks).map(|[_, outputs]| *outputs).collect();
    let blocks: [fn(usize) -> bool; 3] = match target {
        Target::Rv32 => [|rows| rows >= 32, |rows| rows % 32 >= 8, |rows| rows % 8 > 0],
        _ => [|rows| rows >= 8, |rows| rows % 8 >= 4, |rows| rows % 4 > 0],
    };
    for (name, has_block) in ["width of large blocks", "width of small blocks", "width of single rows"].into_iter().zip(blocks) {
        add(name, widths.iter().filter(|&&rows| has_block(rows)).count());
    }
    terms
}

/// What is on the stack.
pub fn stack(description: &Description, _: Target) -> Terms {
    let Description { split: [a, b], hidden, coupling, activation, .. } = description;
    let mut terms = Terms::new();
    let mut add = |name: &str, count: usize| *terms.entry(name.into()).or_default() += count as f64;
    let (coupling, heads) = match coupling {
        CouplingKind::Additive => ("additive coupling", 1),
        CouplingKind::Affine => ("affine coupling", 2),
    };
    add("program", 1);
    add("feature", description.dimension());
    add("hidden feature", hidden.iter().sum());
    add("feature of heads", heads * (a + b));
    add(coupling, 1);
    add("two hidden layers", usize::from(hidden.len() > 1));
    add("three hidden layers", usize::from(hidden.len() > 2));
    add("activation of its own", usize::from(*activation != Activation::Relu));
    add("one column", usize::from(*a == 1));
    add("one column and two hidden layers", usize::from(*a == 1 && hidden.len() > 1));
    add("pair of heads with few rows", usize::from(heads == 2 && *b < 4));
    add("wide", usize::from(hidden.iter().any(|&width| width > 64)));
    terms
}
