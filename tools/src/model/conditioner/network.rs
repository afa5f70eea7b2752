use super::{Dense, IntegerNetwork, Trunk, TrunkTape};
use crate::model::{
    Arithmetic, Block, Description, Layout, Number, block,
    kernel::{PANEL, vectorized},
};
use aligned_vec::{AVec, avec};

/// A conditioner: a trunk, and heads that make the transform's parameters of its output.
#[derive(Clone, Debug)]
pub struct Network {
    /// b: the trunk sees clamp(a, -b, b) of each feature a of the half that conditions.
    pub input_bound: Option<f32>,
    /// The body.
    pub trunk: Trunk,
    /// One dense layer for each tensor of parameters, in the transform's order.
    pub heads: Vec<Dense>,
    /// What computes in place of trunk and heads, if the flow is quantised.
    pub integer: Option<IntegerNetwork>,
}

/// What a network's `forward` leaves for its `backward`.
#[derive(Clone, Debug)]
pub struct NetworkTape<T, const N: usize> {
    /// The half that conditions, and what is seen of the context.
    a: Block<T, N>,
    /// What the trunk sees of it, where that is clamped.
    clamped: Option<Block<T, N>>,
    trunk: TrunkTape<T, N>,
    /// The outputs of the heads.
    pub parameters: Vec<Block<T, N>>,
    /// The same in units of 2^-16, if the network is quantised.
    pub fixed: Vec<Vec<[i32; N]>>,
}

/// Scratch for `backward`; each call overwrites it.
#[derive(Clone, Debug)]
pub struct Scratch<T, const N: usize> {
    /// The derivative by each trunk layer's output.
    pub dh: Vec<Block<T, N>>,
    /// The derivative by each head's output: the transform writes it, the network reads it.
    pub dparameters: Vec<Block<T, N>>,
    /// The derivative by what the trunk sees, where that is more or less than the half.
    da: Block<T, N>,
    /// The transpose of a dense layer's input.
    pub transposed: AVec<T>,
}

impl<T: Number, const N: usize> NetworkTape<T, N> {
    /// A tape for one network.
    pub fn new(network: &Network) -> Self {
        NetworkTape {
            a: block(network.inputs()),
            clamped: network.input_bound.map(|_| block(network.inputs())),
            trunk: TrunkTape::new(&network.trunk),
            parameters: network.heads.iter().map(|head| block(head.outputs)).collect(),
            fixed: match network.integer {
                Some(_) => network.heads.iter().map(|head| vec![[0; N]; head.outputs]).collect(),
                None => Vec::new(),
            },
        }
    }

    /// Takes what is seen of each point's context: the last inputs.
    pub fn give(&mut self, context: &[[T; N]]) {
        let half = self.a.len() - context.len();
        self.a[half..].copy_from_slice(context);
    }

    /// A hash of the trunk's activation pattern, and of which features are clamped.
    pub fn activation_pattern(&self, hash: u64) -> u64 {
        let clamped = self.clamped.iter().flat_map(|clamped| clamped.iter().zip(self.a.iter()));
        let hash = clamped.fold(hash, |hash, (seen, a)| {
            (0..N).fold(hash, |hash, i| hash.rotate_left(1) ^ u64::from(seen[i] != a[i]))
        });
        self.trunk.activation_pattern(hash)
    }

    /// What the trunk sees.
    pub fn seen(&self) -> &[[T; N]] {
        self.clamped.as_ref().unwrap_or(&self.a)
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
            da: block(networks.clone().map(Network::inputs).max().unwrap_or(0)),
            transposed: avec![T::ZERO; widest.unwrap_or(0).next_multiple_of(PANEL) * N],
        }
    }
}

impl Network {
    /// Appends a network's tensors, `{name}.trunk.{l}` and `{name}.{head}`, to a layout.
    ///
    /// `heads` has the name and the number of outputs of each.
    pub fn push(
        layout: &mut Layout,
        name: &str,
        inputs: usize,
        description: &Description,
        heads: &[(&str, usize)],
    ) -> Self {
        let Description { hidden, activation, input_bound, .. } = description;
        let mut push = |name: String, inputs, outputs| match description.integer {
            false => Dense::push(layout, &name, inputs, outputs),
            true => Dense::of_shape(inputs, outputs),
        };
        let mut width = inputs;
        let mut layers = Vec::new();
        for (l, &outputs) in hidden.iter().enumerate() {
            layers.push(push(format!("{name}.trunk.{l}"), width, outputs));
            width = outputs;
        }
        let heads =
            heads.iter().map(|(head, outputs)| push(format!("{name}.{head}"), width, *outputs));
        Network {
            heads: heads.collect(),
            integer: None,
            input_bound: *input_bound,
            trunk: Trunk { layers, activation: *activation },
        }
    }

    /// The number of features that condition.
    pub fn inputs(&self) -> usize {
        self.trunk.layers[0].inputs
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
        let NetworkTape { a: given, clamped, trunk, parameters, fixed } = tape;
        given[..a.len()].copy_from_slice(a);
        if let (Some(clamped), Some(bound)) = (&mut *clamped, self.input_bound) {
            clamp(given, T::from_f32(bound), clamped);
        }
        let seen = clamped.as_ref().unwrap_or(given);
        if let Some(integer) = &self.integer {
            return integer.forward(seen, fixed);
        }
        self.trunk.forward(arithmetic, p, seen, trunk);
        for (head, parameters) in self.heads.iter().zip(parameters) {
            head.forward(arithmetic, p, trunk.output(), parameters, false);
        }
    }

    /// With the derivatives by the parameters in the scratch: adds those by the weights to `dp` and
    /// those by the half that conditions to `da`: they are 0 where the trunk saw a bound. Contexts are
    /// not trained, so nothing asks for the derivatives by them.
    pub fn backward<T: Number, const N: usize>(
        &self,
        arithmetic: Arithmetic,
        p: &[T],
        tape: &NetworkTape<T, N>,
        scratch: &mut Scratch<T, N>,
        dp: &mut [T],
        da: &mut [[T; N]],
    ) {
        let Scratch { dh, dparameters, transposed, .. } = scratch;
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
        if tape.clamped.is_none() && da.len() == tape.a.len() {
            return self.trunk.backward(arithmetic, p, &tape.a, &tape.trunk, scratch, dp, da);
        }
        let seen = tape.seen();
        let mut dseen = std::mem::replace(&mut scratch.da, block(0));
        let of_trunk = &mut dseen[..seen.len()];
        of_trunk.fill([T::ZERO; N]);
        self.trunk.backward(arithmetic, p, seen, &tape.trunk, scratch, dp, of_trunk);
        for (((da, dseen), seen), a) in da.iter_mut().zip(&*of_trunk).zip(seen).zip(&*tape.a) {
            for i in 0..N {
                da[i] += if seen[i] == a[i] { dseen[i] } else { T::ZERO };
            }
        }
        scratch.da = dseen;
    }

    /// After `forward`: lowers `margin` of each point to its distance from the nearest kink.
    pub fn margin<T: Number, const N: usize>(
        &self,
        p: &[T],
        tape: &NetworkTape<T, N>,
        margin: &mut [T; N],
    ) {
        if let Some(bound) = self.input_bound.map(T::from_f32) {
            for a in &*tape.a {
                for (margin, &a) in margin.iter_mut().zip(a) {
                    let distance = (a.abs() - bound).abs();
                    *margin = if distance < *margin { distance } else { *margin };
                }
            }
        }
        self.trunk.margin(p, tape.seen(), &tape.trunk, margin);
    }

    /// See [`Trunk::off`].
    pub fn off<T: Number, const N: usize>(&self, tape: &NetworkTape<T, N>) -> Vec<&Dense> {
        self.trunk.off(&tape.trunk)
    }
}

/// clamp(a, -bound, bound) of each feature and point; NaN stays NaN.
fn clamp<T: Number, const N: usize>(a: &[[T; N]], bound: T, clamped: &mut [[T; N]]) {
    vectorized(
        #[inline(always)]
        || {
            for (clamped, a) in clamped.iter_mut().zip(a) {
                for i in 0..N {
                    let below = if a[i] > bound { bound } else { a[i] };
                    clamped[i] = if below < -bound { -bound } else { below };
                }
            }
        },
    );
}
