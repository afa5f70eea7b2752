use super::{
    Arithmetic, Block, Coupling, CouplingTape, Dense, Marginal, MarginalTape, Number, Permutation,
    Scale, Triangle, block, conditioner::Scratch,
};
use std::ops::Range;

/// A layer of a flow behind the standardisation. To add a kind, add a file for it and an arm to
/// each method here.
#[derive(Clone, Debug)]
pub enum Layer {
    /// Bends each feature by a spline.
    Marginal(Marginal),
    /// Mixes the features by a triangular matrix.
    Triangle(Triangle),
    /// Reorders the features.
    Permutation(Permutation),
    /// Maps one half of the features, given the other.
    Coupling(Coupling),
    /// Scales each feature.
    Scale(Scale),
}

/// What a layer's `forward` leaves for its `backward`.
#[derive(Clone, Debug)]
pub enum Tape<T, const N: usize> {
    /// See [`MarginalTape`].
    Marginal(MarginalTape<T, N>),
    /// The features before the layer.
    Triangle(Block<T, N>),
    /// Nothing.
    Permutation,
    /// See [`CouplingTape`].
    Coupling(CouplingTape<T, N>),
    /// The features behind the layer.
    Scale(Block<T, N>),
}

/// Scratch that all layers of a flow share; each call overwrites it.
#[derive(Clone, Debug)]
pub struct LayerScratch<T, const N: usize> {
    conditioner: Scratch<T, N>,
    permuted: Block<T, N>,
}

impl<T: Number, const N: usize> Tape<T, N> {
    /// A tape for one layer of a flow over `d` features.
    pub fn new(layer: &Layer, d: usize) -> Self {
        match layer {
            Layer::Marginal(marginal) => Tape::Marginal(MarginalTape::new(marginal)),
            Layer::Triangle(_) => Tape::Triangle(block(d)),
            Layer::Permutation(_) => Tape::Permutation,
            Layer::Coupling(coupling) => Tape::Coupling(CouplingTape::new(coupling)),
            Layer::Scale(_) => Tape::Scale(block(d)),
        }
    }

    /// Takes what conditioners see of each point's context.
    pub fn give(&mut self, context: &[[T; N]]) {
        if let Tape::Coupling(tape) = self {
            tape.give(context);
        }
    }

    /// A hash of the activation pattern: which side of its kink each ReLU of the layer is on, and
    /// in which bin of a spline each feature is.
    pub fn activation_pattern(&self, hash: u64) -> u64 {
        match self {
            Tape::Marginal(tape) => tape.activation_pattern(hash),
            Tape::Coupling(tape) => tape.activation_pattern(hash),
            _ => hash,
        }
    }
}

impl<T: Number, const N: usize> LayerScratch<T, N> {
    /// Scratch for these layers of a flow over `d` features.
    pub fn new(layers: &[Layer], d: usize) -> Self {
        let networks = layers.iter().filter_map(Layer::coupling).map(|coupling| &coupling.network);
        LayerScratch { conditioner: Scratch::new(networks), permuted: block(d) }
    }
}

impl Layer {
    /// Its name, with which its tensors begin in the model file.
    pub fn name(&self) -> &str {
        match self {
            Layer::Marginal(_) => Marginal::NAME,
            Layer::Triangle(_) => Triangle::NAME,
            Layer::Permutation(permutation) => &permutation.name,
            Layer::Coupling(coupling) => &coupling.name,
            Layer::Scale(_) => Scale::NAME,
        }
    }

    /// The place of its parameters among those of the flow.
    pub fn parameters(&self) -> Range<usize> {
        match self {
            Layer::Marginal(marginal) => marginal.raw.clone(),
            Layer::Triangle(triangle) => triangle.log_scale.start..triangle.weight.end,
            Layer::Permutation(_) => 0..0,
            Layer::Coupling(coupling) => {
                let layers = || coupling.network.layers();
                let start = layers().map(|dense| dense.weight.start).min();
                start.unwrap_or(0)..layers().map(|dense| dense.bias.end).max().unwrap_or(0)
            }
            Layer::Scale(scale) => scale.log_scale.clone(),
        }
    }

    /// The coupling that it is, if it is one.
    pub fn coupling(&self) -> Option<&Coupling> {
        match self {
            Layer::Coupling(coupling) => Some(coupling),
            _ => None,
        }
    }

    /// The coupling that it is, to change it.
    pub fn coupling_mut(&mut self) -> Option<&mut Coupling> {
        match self {
            Layer::Coupling(coupling) => Some(coupling),
            _ => None,
        }
    }

    /// Maps data to latents in place and adds log|det dz/dx|, point by point.
    pub fn forward<T: Number, const N: usize>(
        &self,
        arithmetic: Arithmetic,
        p: &[T],
        x: &mut Block<T, N>,
        log_det: &mut [T; N],
        tape: &mut Tape<T, N>,
        scratch: &mut LayerScratch<T, N>,
    ) {
        match (self, tape) {
            (Layer::Marginal(marginal), Tape::Marginal(tape)) => {
                marginal.forward(arithmetic, p, x, log_det, tape);
            }
            (Layer::Triangle(triangle), Tape::Triangle(before)) => {
                before.copy_from_slice(x);
                triangle.forward(arithmetic, p, x, log_det);
            }
            (Layer::Permutation(permutation), Tape::Permutation) => {
                permutation.forward(x, &mut scratch.permuted);
                std::mem::swap(x, &mut scratch.permuted);
            }
            (Layer::Coupling(coupling), Tape::Coupling(tape)) => {
                coupling.forward(arithmetic, p, x, log_det, tape);
            }
            (Layer::Scale(scale), Tape::Scale(z)) => {
                scale.forward(p, x, log_det);
                z.copy_from_slice(x);
            }
            _ => unreachable!("a tape is used with the layer that it is made for"),
        }
    }

    /// After `forward`: turns `dx`, the derivative by the features behind the layer, into that by
    /// the features before it, and adds the derivatives by the parameters to `dp`. `dlog_det` is
    /// the derivative by log_det, point by point.
    #[expect(clippy::too_many_arguments, reason = "what a layer saw, and the derivatives by it")]
    pub fn backward<T: Number, const N: usize>(
        &self,
        arithmetic: Arithmetic,
        p: &[T],
        tape: &Tape<T, N>,
        scratch: &mut LayerScratch<T, N>,
        dlog_det: &[T; N],
        dp: &mut [T],
        dx: &mut Block<T, N>,
    ) {
        match (self, tape) {
            (Layer::Marginal(marginal), Tape::Marginal(tape)) => {
                marginal.backward(p, tape, dlog_det, dp, dx);
            }
            (Layer::Triangle(triangle), Tape::Triangle(x)) => {
                triangle.backward(arithmetic, p, x, dlog_det, dp, dx);
            }
            (Layer::Permutation(permutation), Tape::Permutation) => {
                permutation.backward(dx, &mut scratch.permuted);
                std::mem::swap(dx, &mut scratch.permuted);
            }
            (Layer::Coupling(coupling), Tape::Coupling(tape)) => {
                let scratch = &mut scratch.conditioner;
                coupling.backward(arithmetic, p, tape, scratch, dlog_det, dp, dx);
            }
            (Layer::Scale(scale), Tape::Scale(z)) => scale.backward(p, z, dlog_det, dp, dx),
            _ => unreachable!("a tape is used with the layer that it is made for"),
        }
    }

    /// Maps latents to data in place and adds log|det dx/dz|, point by point.
    pub fn inverse<T: Number, const N: usize>(
        &self,
        arithmetic: Arithmetic,
        p: &[T],
        z: &mut Block<T, N>,
        log_det: &mut [T; N],
        tape: &mut Tape<T, N>,
        scratch: &mut LayerScratch<T, N>,
    ) {
        match (self, tape) {
            (Layer::Marginal(marginal), Tape::Marginal(tape)) => {
                marginal.inverse(p, z, log_det, tape);
            }
            (Layer::Triangle(triangle), Tape::Triangle(_)) => {
                triangle.inverse(arithmetic, p, z, log_det);
            }
            (Layer::Permutation(permutation), Tape::Permutation) => {
                permutation.inverse(z, &mut scratch.permuted);
                std::mem::swap(z, &mut scratch.permuted);
            }
            (Layer::Coupling(coupling), Tape::Coupling(tape)) => {
                coupling.inverse(arithmetic, p, z, log_det, tape);
            }
            (Layer::Scale(scale), Tape::Scale(_)) => scale.inverse(p, z, log_det),
            _ => unreachable!("a tape is used with the layer that it is made for"),
        }
    }

    /// After `forward`: lowers `margin` of each point to its distance from the nearest kink.
    pub fn margin<T: Number, const N: usize>(
        &self,
        p: &[T],
        tape: &Tape<T, N>,
        margin: &mut [T; N],
    ) {
        match (self, tape) {
            (Layer::Marginal(marginal), Tape::Marginal(tape)) => marginal.margin(tape, margin),
            (Layer::Coupling(coupling), Tape::Coupling(tape)) => coupling.margin(p, tape, margin),
            _ => (),
        }
    }

    /// See [`Trunk::off`](super::Trunk::off).
    pub fn off<T: Number, const N: usize>(&self, tape: &Tape<T, N>) -> Vec<&Dense> {
        match (self, tape) {
            (Layer::Coupling(coupling), Tape::Coupling(tape)) => coupling.off(tape),
            _ => Vec::new(),
        }
    }
}
