//! The dense layers of a coupling's conditioner as the kernels of the crate see them.

use super::terms::Terms;
use crate::model::{Coupling, Dense, Network};

/// The dense layers of a coupling.
pub struct Conditioner {
    /// The hidden layers.
    pub trunk: Vec<Layer>,
    /// All heads as one layer, since the kernels evaluate them together.
    pub heads: Layer,
    /// How many features the coupling transforms.
    pub features: usize,
    /// How many features it clamps before the first layer sees them.
    pub clamped: usize,
}

impl Conditioner {
    /// The layers of a coupling.
    pub fn of(coupling: &Coupling) -> Self {
        let Network { input_bound, trunk, heads, .. } = &coupling.network;
        let outputs = heads.iter().map(|head| head.outputs).sum();
        let hidden = |dense: &Dense| Layer::new(dense.inputs, dense.outputs);
        Conditioner {
            trunk: trunk.layers.iter().map(hidden).collect(),
            heads: Layer::new(heads[0].inputs, outputs),
            features: coupling.transformed(),
            clamped: input_bound.map_or(0, |_| coupling.conditions()),
        }
    }

    /// The hidden layers, then the heads.
    pub fn layers(&self) -> impl Iterator<Item = Layer> {
        self.trunk.iter().chain([&self.heads]).copied()
    }
}

/// The size of a dense layer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Layer {
    /// Columns of the weights.
    pub inputs: usize,
    /// Rows of the weights.
    pub outputs: usize,
}

impl Layer {
    fn new(inputs: usize, outputs: usize) -> Self {
        Layer { inputs, outputs }
    }

    /// Whether its outputs are set to zero by a function, instead of one by one.
    pub fn is_zeroed_by_a_function(self) -> bool {
        self.outputs > 64
    }

    /// Whether there are blocks of eight rows in it.
    pub fn has_blocks_of_eight(self) -> bool {
        self.inputs > 1 && self.outputs >= 8
    }

    /// Adds the blocks of rows in which `src/kernel` of the crate goes through the layer on a core
    /// with floating point.
    pub fn add_blocks(self, terms: &mut Terms) {
        let Layer { inputs, outputs } = self;
        let pairs = inputs / 2;
        if inputs % 2 == 1 {
            terms.add("column by itself", 1);
            terms.add("column by itself, 4 rows", outputs / 4);
            terms.add("column by itself, row", outputs % 4);
        }
        if pairs > 0 {
            terms.add("blocks of 8 rows", usize::from(outputs >= 8));
            terms.add("8 rows", outputs / 8);
            terms.add("8 rows, pair of columns", outputs / 8 * pairs);
            terms.add("4 rows", outputs % 8 / 4);
            terms.add("4 rows, pair of columns", outputs % 8 / 4 * pairs);
            terms.add("2 rows", outputs % 4 / 2);
            terms.add("2 rows, two pairs of columns", outputs % 4 / 2 * (pairs / 2));
            terms.add("2 rows, pair of columns", outputs % 4 / 2 * (pairs % 2));
            terms.add("1 row", outputs % 2);
            terms.add("1 row, pair of columns", outputs % 2 * pairs);
        }
    }
}
