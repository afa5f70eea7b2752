use super::{FeatureMap, Transform};
use crate::model::{
    Arithmetic, Block, Description, Layout, Number, block,
    conditioner::{Dense, Network, NetworkTape, Scratch},
};

/// A map of one half of the features that the other half conditions.
#[derive(Clone, Debug)]
pub struct Coupling {
    /// The name in the model file, as in `couplets.0.first`.
    pub name: String,
    /// A: where the second half begins.
    split: usize,
    /// Whether the second half conditions the first.
    swapped: bool,
    /// C.
    contexts: usize,
    /// From the half that conditions to parameters.
    pub network: Network,
    /// The map of the other half, given the parameters.
    pub transform: Transform,
}

/// What a coupling's `forward` leaves for its `backward`.
#[derive(Clone, Debug)]
pub struct CouplingTape<T, const N: usize> {
    network: NetworkTape<T, N>,
    transform: Transform,
    kept: Vec<Block<T, N>>,
}

impl<T: Number, const N: usize> CouplingTape<T, N> {
    /// A tape for one coupling.
    pub fn new(coupling: &Coupling) -> Self {
        let transformed = coupling.transformed();
        CouplingTape {
            network: NetworkTape::new(&coupling.network),
            transform: coupling.transform,
            kept: (0..coupling.transform.kept()).map(|_| block(transformed)).collect(),
        }
    }

    /// Takes what the conditioner sees of each point's context.
    pub fn give(&mut self, context: &[[T; N]]) {
        self.network.give(context);
    }

    /// What the conditioner saw: the half, clamped where it is, and the context.
    pub fn seen(&self) -> &[[T; N]] {
        self.network.seen()
    }

    /// A hash of the conditioner's activation pattern, and of the pieces of the transform.
    pub fn activation_pattern(&self, hash: u64) -> u64 {
        self.transform.activation_pattern(&self.kept, self.network.activation_pattern(hash))
    }
}

impl Coupling {
    /// Appends a coupling's tensors to a layout. It maps the second half, given the
    /// first, or with `swapped` the first, given the second.
    pub fn push(
        layout: &mut Layout,
        name: String,
        description: &Description,
        swapped: bool,
    ) -> Self {
        let Description { split: halves, transform, .. } = *description;
        let [conditions, transformed] = if swapped { [halves[1], halves[0]] } else { halves };
        let heads = transform.heads();
        let heads: Vec<(&str, usize)> =
            heads.iter().map(|head| (head.name, head.per_feature * transformed)).collect();
        let inputs = conditions + description.contexts();
        let network = Network::push(layout, &name, inputs, description, &heads);
        let contexts = description.contexts();
        Coupling { name, split: halves[0], swapped, contexts, network, transform }
    }

    /// The number of features that condition.
    pub fn conditions(&self) -> usize {
        self.network.inputs() - self.contexts
    }

    /// The number of features that are transformed.
    pub fn transformed(&self) -> usize {
        self.network.heads[0].outputs / self.transform.heads()[0].per_feature
    }

    /// The half that conditions, and the half that is transformed.
    fn halves<'a, T, const N: usize>(
        &self,
        x: &'a mut [[T; N]],
    ) -> (&'a mut [[T; N]], &'a mut [[T; N]]) {
        let (first, second) = x.split_at_mut(self.split);
        if self.swapped { (second, first) } else { (first, second) }
    }

    /// Maps the data's half to the latents' in place and adds log|det| of this map, point by point.
    pub fn forward<T: Number, const N: usize>(
        &self,
        arithmetic: Arithmetic,
        p: &[T],
        x: &mut [[T; N]],
        log_det: &mut [T; N],
        tape: &mut CouplingTape<T, N>,
    ) {
        let (a, b) = self.halves(x);
        let CouplingTape { network, kept, .. } = tape;
        self.network.forward(arithmetic, p, a, network);
        let NetworkTape { parameters, fixed, .. } = network;
        match self.network.integer {
            None => self.transform.forward(arithmetic, parameters, b, log_det, kept),
            Some(_) => {
                self.transform.forward_fixed(arithmetic, fixed, parameters, b, log_det, kept);
            }
        }
    }

    /// Turns `dx`, the derivative by the features behind the coupling, into that by the features
    /// before it, and adds the derivatives by the parameters to `dp`. `dlog_det` is the derivative
    /// by log_det, point by point.
    #[expect(clippy::too_many_arguments, reason = "what a coupling saw, and the derivatives by it")]
    pub fn backward<T: Number, const N: usize>(
        &self,
        arithmetic: Arithmetic,
        p: &[T],
        tape: &CouplingTape<T, N>,
        scratch: &mut Scratch<T, N>,
        dlog_det: &[T; N],
        dp: &mut [T],
        dx: &mut [[T; N]],
    ) {
        let (da, db) = self.halves(dx);
        let CouplingTape { network, kept, .. } = tape;
        let parameters = &network.parameters;
        self.transform.backward(parameters, kept, dlog_det, &mut scratch.dparameters, db);
        self.network.backward(arithmetic, p, network, scratch, dp, da);
    }

    /// Maps the latents' half to the data's in place and adds log|det| of this map.
    pub fn inverse<T: Number, const N: usize>(
        &self,
        arithmetic: Arithmetic,
        p: &[T],
        z: &mut [[T; N]],
        log_det: &mut [T; N],
        tape: &mut CouplingTape<T, N>,
    ) {
        let (a, b) = self.halves(z);
        self.network.forward(arithmetic, p, a, &mut tape.network);
        let NetworkTape { parameters, fixed, .. } = &mut tape.network;
        match self.network.integer {
            None => self.transform.inverse(arithmetic, parameters, b, log_det),
            Some(_) => self.transform.inverse_fixed(arithmetic, fixed, parameters, b, log_det),
        }
    }

    /// After `forward`: lowers `margin` of each point to its distance from the nearest kink.
    pub fn margin<T: Number, const N: usize>(
        &self,
        p: &[T],
        tape: &CouplingTape<T, N>,
        margin: &mut [T; N],
    ) {
        self.transform.margin(&tape.network.parameters, &tape.kept, margin);
        self.network.margin(p, &tape.network, margin);
    }

    /// See [`Trunk::off`](crate::model::Trunk::off).
    pub fn off<T: Number, const N: usize>(&self, tape: &CouplingTape<T, N>) -> Vec<&Dense> {
        self.network.off(&tape.network)
    }
}
