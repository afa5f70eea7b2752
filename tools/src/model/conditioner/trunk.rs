use super::{Activation, Dense};
use crate::model::{Number, Room, Rows, rows::rows};

/// The body of a conditioner: dense layers, each followed by the activation.
#[derive(Clone, Debug)]
pub struct Trunk {
    /// The layers in order.
    pub layers: Vec<Dense>,
    /// The function behind each.
    pub activation: Activation,
}

/// What a trunk's `forward` leaves for its `backward`: for each layer h = f(u), and for silu's
/// derivative the sums u = W x + b.
#[derive(Clone, Debug)]
pub struct TrunkTape<T, const N: usize> {
    u: Vec<Rows<T, N>>,
    h: Vec<Rows<T, N>>,
}

impl<T: Number, const N: usize> TrunkTape<T, N> {
    pub(in crate::model) fn new(trunk: &Trunk) -> Self {
        TrunkTape {
            u: trunk
                .layers
                .iter()
                .map(|layer| {
                    rows(if trunk.activation == Activation::Silu { layer.outputs } else { 0 })
                })
                .collect(),
            h: trunk.layers.iter().map(|layer| rows(layer.outputs)).collect(),
        }
    }

    /// What the heads see.
    pub fn output(&self) -> &[[T; N]] {
        &self.h[self.h.len() - 1]
    }

    /// Which side of its kink each ReLU is on, as one number: two points with the same are joined
    /// by a smooth path.
    pub(crate) fn sides(&self, hash: u64) -> u64 {
        self.h.iter().flat_map(|h| h.iter()).flatten().fold(hash, |hash, &h| {
            (hash.rotate_left(5) ^ u64::from(h > T::ZERO)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
        })
    }
}

impl Trunk {
    /// h = f(W_L ... f(W_1 a + b_1) ... + b_L).
    pub fn forward<T: Number, const N: usize>(
        &self,
        p: &[T],
        a: &[[T; N]],
        tape: &mut TrunkTape<T, N>,
    ) {
        for (l, layer) in self.layers.iter().enumerate() {
            let (below, here) = tape.h.split_at_mut(l);
            let h = &mut here[0];
            let relu = self.activation == Activation::Relu;
            layer.forward(p, below.last().map_or(a, |h| h), h, relu);
            if !relu {
                let sums = tape.u[l].len();
                tape.u[l].copy_from_slice(&h[..sums]);
                self.activation.forward(layer.fused, h);
            }
        }
    }

    /// After `forward`: how close any sum is to ReLU's kink at 0, in each of the N points, if that
    /// is closer than `margin`.
    pub(crate) fn margin<T: Number, const N: usize>(
        &self,
        p: &[T],
        a: &[[T; N]],
        tape: &TrunkTape<T, N>,
        margin: &mut [T; N],
    ) {
        for (l, layer) in self.layers.iter().enumerate() {
            let mut u = vec![[T::ZERO; N]; layer.outputs];
            layer.forward(p, if l == 0 { a } else { &tape.h[l - 1] }, &mut u, false);
            for u in &u {
                for (margin, &u) in margin.iter_mut().zip(u) {
                    *margin = if u.abs() < *margin { u.abs() } else { *margin };
                }
            }
        }
    }

    /// What makes du of dh together with the dense layer above: relu's h; otherwise nothing does.
    pub(in crate::model) fn gate<'a, T, const N: usize>(
        &self,
        h: &'a [[T; N]],
    ) -> Option<&'a [[T; N]]> {
        (self.activation == Activation::Relu).then_some(h)
    }

    /// From the last layer down, with dh of the output in `room`: du = dh f'(u) unless a gate did
    /// that, then the dense layer's dW, db and dh of the layer below; what reaches the input is
    /// added to `da`.
    pub fn backward<T: Number, const N: usize>(
        &self,
        p: &[T],
        a: &[[T; N]],
        tape: &TrunkTape<T, N>,
        room: &mut Room<T, N>,
        dp: &mut [T],
        da: &mut [[T; N]],
    ) {
        for (l, layer) in self.layers.iter().enumerate().rev() {
            let (below, here) = room.dh.split_at_mut(l);
            let du = &mut here[0];
            if self.gate(&tape.h[l]).is_none() {
                self.activation.backward(&tape.u[l], &tape.h[l], du);
            }
            let x = if l == 0 { a } else { &tape.h[l - 1] };
            layer.turn_over(x, &mut room.turned);
            layer.backward_weight(x, du, dp, &room.turned);
            match below.last_mut() {
                Some(dh) => Dense::backward_input([(layer, du)], p, dh, false, self.gate(x)),
                None => Dense::backward_input([(layer, du)], p, da, true, None),
            }
        }
    }
}
