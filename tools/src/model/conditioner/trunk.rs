use super::{Activation, Dense, Scratch};
use crate::model::{Arithmetic, Block, Number, block};

/// The body of a conditioner: dense layers, each followed by the activation.
#[derive(Clone, Debug)]
pub struct Trunk {
    /// The layers in order.
    pub layers: Vec<Dense>,
    /// The function behind each.
    pub activation: Activation,
}

/// What a trunk's `forward` leaves for its `backward`: h = f(u) of each layer, and the sums
/// u = W x + b where silu's derivative needs them.
#[derive(Clone, Debug)]
pub struct TrunkTape<T, const N: usize> {
    u: Vec<Block<T, N>>,
    h: Vec<Block<T, N>>,
}

impl<T: Number, const N: usize> TrunkTape<T, N> {
    /// A tape for one trunk.
    pub fn new(trunk: &Trunk) -> Self {
        let silu = trunk.activation == Activation::Silu;
        let sums = |layer: &Dense| block(if silu { layer.outputs } else { 0 });
        TrunkTape {
            u: trunk.layers.iter().map(sums).collect(),
            h: trunk.layers.iter().map(|layer| block(layer.outputs)).collect(),
        }
    }

    /// h of the last layer, which the heads see.
    pub fn output(&self) -> &[[T; N]] {
        &self.h[self.h.len() - 1]
    }

    /// A hash of the activation pattern: which side of its kink each ReLU is on.
    ///
    /// Points with the same pattern are joined by a smooth path.
    pub fn activation_pattern(&self, hash: u64) -> u64 {
        self.h.iter().flat_map(|h| h.iter()).flatten().fold(hash, |hash, &h| {
            (hash.rotate_left(5) ^ u64::from(h > T::ZERO)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
        })
    }
}

impl Trunk {
    /// h = f(W_L ... f(W_1 a + b_1) ... + b_L).
    pub fn forward<T: Number, const N: usize>(
        &self,
        arithmetic: Arithmetic,
        p: &[T],
        a: &[[T; N]],
        tape: &mut TrunkTape<T, N>,
    ) {
        for (l, layer) in self.layers.iter().enumerate() {
            let (below, here) = tape.h.split_at_mut(l);
            let h = &mut here[0];
            let relu = self.activation == Activation::Relu;
            layer.forward(arithmetic, p, below.last().map_or(a, |h| h), h, relu);
            if !relu {
                let sums = tape.u[l].len();
                tape.u[l].copy_from_slice(&h[..sums]);
                self.activation.forward(arithmetic, h);
            }
        }
    }

    /// From the last layer down, with the derivative by the output in the scratch: du = dh f'(u)
    /// unless a gate did that, then the layer's dW and db, and dh of the layer below. The
    /// derivative by the input is added to `da`.
    #[expect(clippy::too_many_arguments, reason = "what the trunk saw, and the derivatives by it")]
    pub fn backward<T: Number, const N: usize>(
        &self,
        arithmetic: Arithmetic,
        p: &[T],
        a: &[[T; N]],
        tape: &TrunkTape<T, N>,
        scratch: &mut Scratch<T, N>,
        dp: &mut [T],
        da: &mut [[T; N]],
    ) {
        let Scratch { dh, transposed, .. } = scratch;
        for (l, layer) in self.layers.iter().enumerate().rev() {
            let (below, here) = dh.split_at_mut(l);
            let du = &mut here[0];
            if self.gate(&tape.h[l]).is_none() {
                self.activation.backward(&tape.u[l], &tape.h[l], du);
            }
            let x = if l == 0 { a } else { &tape.h[l - 1] };
            layer.transpose(arithmetic, x, transposed);
            layer.backward_weight(arithmetic, x, du, dp, transposed);
            let one = [(layer, &du[..])];
            match below.last_mut() {
                Some(dh) => Dense::backward_input(arithmetic, one, p, dh, false, self.gate(x)),
                None => Dense::backward_input(arithmetic, one, p, da, true, None),
            }
        }
    }

    /// The gate by which the dense layer above makes du from dh: h for relu, none otherwise.
    pub fn gate<'a, T, const N: usize>(&self, h: &'a [[T; N]]) -> Option<&'a [[T; N]]> {
        (self.activation == Activation::Relu).then_some(h)
    }

    /// After `forward`: lowers `margin` of each point to its distance |u| from the nearest kink.
    pub fn margin<T: Number, const N: usize>(
        &self,
        p: &[T],
        a: &[[T; N]],
        tape: &TrunkTape<T, N>,
        margin: &mut [T; N],
    ) {
        for (l, layer) in self.layers.iter().enumerate() {
            let mut u = vec![[T::ZERO; N]; layer.outputs];
            let x = if l == 0 { a } else { &tape.h[l - 1] };
            layer.forward(Arithmetic::Device, p, x, &mut u, false);
            for u in &u {
                for (margin, &u) in margin.iter_mut().zip(u) {
                    *margin = if u.abs() < *margin { u.abs() } else { *margin };
                }
            }
        }
    }

    /// The layers whose outputs are 0 at all points: where every unit of a layer is off, all
    /// derivatives behind it are 0.
    pub fn off<T: Number, const N: usize>(&self, tape: &TrunkTape<T, N>) -> Vec<&Dense> {
        let is_off = |h: &Block<T, N>| h.as_flattened().iter().all(|&h| h == T::ZERO);
        self.layers.iter().zip(&tape.h).filter(|(_, h)| is_off(h)).map(|(layer, _)| layer).collect()
    }
}
