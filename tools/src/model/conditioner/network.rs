use super::{Activation, Dense, Trunk, TrunkTape};
use crate::model::{Arithmetic, Block, Layout, Number, block, kernel::PANEL};
use aligned_vec::{AVec, avec};

/// A conditioner: a trunk, and heads that make the transform's parameters of its output.
#[derive(Clone, Debug)]
pub struct Network {
    /// The body.
    pub trunk: Trunk,
    /// One dense layer for each tensor of parameters, in the transform's order.
    pub heads: Vec<Dense>,
}

/// What a network's `forward` leaves for its `backward`.
#[derive(Clone, Debug)]
pub struct NetworkTape<T, const N: usize> {
    /// The half that conditions.
    a: Block<T, N>,
    trunk: TrunkTape<T, N>,
    /// The outputs of the heads.
    pub parameters: Vec<Block<T, N>>,
}

/// Scratch for `backward`; each call overwrites it.
#[derive(Clone, Debug)]
pub struct Scratch<T, const N: usize> {
    /// The derivative by each trunk layer's output.
    pub dh: Vec<Block<T, N>>,
    /// The derivative by each head's output: the transform writes it, the network reads it.
    pub dparameters: Vec<Block<T, N>>,
    /// The transpose of a dense layer's input.
    pub transposed: AVec<T>,
}

impl<T: Number, const N: usize> NetworkTape<T, N> {
    /// A tape for one network.
    pub fn new(network: &Network) -> Self {
        NetworkTape {
            a: block(network.trunk.layers[0].inputs),
            trunk: TrunkTape::new(&network.trunk),
            parameters: network.heads.iter().map(|head| block(head.outputs)).collect(),
        }
    }

    /// A hash of the trunk's activation pattern.
    pub fn activation_pattern(&self, hash: u64) -> u64 {
        self.trunk.activation_pattern(hash)
    }
}

impl<T: Number, const N: usize> Scratch<T, N> {
    /// Scratch that suits each of some networks of one depth and one number of heads.
    pub fn new<'a>(networks: impl Iterator<Item = &'a Network> + Clone) -> Self {
        let largest = |sizes: &dyn Fn(&Network) -> Vec<usize>| -> Vec<Block<T, N>> {
            let all: Vec<Vec<usize>> = networks.clone().map(sizes).collect();
            let count = all.first().map_or(0, Vec::len);
            (0..count).map(|i| block(all.iter().map(|sizes| sizes[i]).max().unwrap_or(0))).collect()
        };
        let outputs = |layers: &[Dense]| layers.iter().map(|layer| layer.outputs).collect();
        let widest = networks.clone().flat_map(Network::layers).map(|layer| layer.inputs).max();
        Scratch {
            dh: largest(&|network| outputs(&network.trunk.layers)),
            dparameters: largest(&|network| outputs(&network.heads)),
            transposed: avec![T::ZERO; widest.unwrap_or(0).next_multiple_of(PANEL) * N],
        }
    }
}

impl Network {
    /// Appends a network's tensors, `{name}.trunk.{l}` and `{name}.{head}`, to a layout.
    ///
    /// `heads` are the name and the number of outputs of each.
    pub fn push(
        layout: &mut Layout,
        name: &str,
        inputs: usize,
        hidden: &[usize],
        activation: Activation,
        heads: &[(&str, usize)],
    ) -> Self {
        let mut width = inputs;
        let mut layers = Vec::new();
        for (l, &outputs) in hidden.iter().enumerate() {
            layers.push(Dense::push(layout, &format!("{name}.trunk.{l}"), width, outputs));
            width = outputs;
        }
        let heads = heads
            .iter()
            .map(|(head, outputs)| Dense::push(layout, &format!("{name}.{head}"), width, *outputs));
        Network { heads: heads.collect(), trunk: Trunk { layers, activation } }
    }

    /// All dense layers: the trunk's, then the heads.
    pub fn layers(&self) -> impl Iterator<Item = &Dense> {
        self.trunk.layers.iter().chain(&self.heads)
    }

    /// From the half that conditions to the parameters, which are left in the tape.
    pub fn forward<T: Number, const N: usize>(
        &self,
        arithmetic: Arithmetic,
        p: &[T],
        a: &[[T; N]],
        tape: &mut NetworkTape<T, N>,
    ) {
        let NetworkTape { a: seen, trunk, parameters } = tape;
        seen.copy_from_slice(a);
        self.trunk.forward(arithmetic, p, a, trunk);
        for (head, parameters) in self.heads.iter().zip(parameters) {
            head.forward(arithmetic, p, trunk.output(), parameters, false);
        }
    }

    /// With the derivatives by the parameters in the scratch: adds those by the weights to `dp` and
    /// those by the half that conditions to `da`.
    pub fn backward<T: Number, const N: usize>(
        &self,
        arithmetic: Arithmetic,
        p: &[T],
        tape: &NetworkTape<T, N>,
        scratch: &mut Scratch<T, N>,
        dp: &mut [T],
        da: &mut [[T; N]],
    ) {
        let Scratch { dh, dparameters, transposed } = scratch;
        let h = tape.trunk.output();
        self.heads[0].transpose(arithmetic, h, transposed);
        for (head, d) in self.heads.iter().zip(&*dparameters) {
            head.backward_weight(arithmetic, h, &d[..head.outputs], dp, transposed);
        }
        let (dh, gate) = (&mut dh[self.trunk.layers.len() - 1], self.trunk.gate(h));
        match (&self.heads[..], &dparameters[..]) {
            ([one, two], [d, e]) => {
                let layers = [(one, &d[..one.outputs]), (two, &e[..two.outputs])];
                Dense::backward_input(arithmetic, layers, p, dh, false, gate);
            }
            (heads, dparameters) => {
                for (i, (head, d)) in heads.iter().zip(dparameters).enumerate() {
                    let gate = gate.filter(|_| i + 1 == heads.len());
                    let layer = [(head, &d[..head.outputs])];
                    Dense::backward_input(arithmetic, layer, p, dh, i > 0, gate);
                }
            }
        }
        self.trunk.backward(arithmetic, p, &tape.a, &tape.trunk, scratch, dp, da);
    }

    /// After `forward`: lowers `margin` of each point to its distance from the nearest kink.
    pub fn margin<T: Number, const N: usize>(
        &self,
        p: &[T],
        tape: &NetworkTape<T, N>,
        margin: &mut [T; N],
    ) {
        self.trunk.margin(p, &tape.a, &tape.trunk, margin);
    }

    /// See [`Trunk::off`].
    pub fn off<T: Number, const N: usize>(&self, tape: &NetworkTape<T, N>) -> Vec<&Dense> {
        self.trunk.off(&tape.trunk)
    }
}
