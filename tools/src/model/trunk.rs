use super::Number;
use super::{Activation, Dense, Room};

/// The body of a conditioner: dense layers, each followed by the activation.
#[derive(Clone, Debug)]
pub struct Trunk {
    /// The layers in order.
    pub layers: Vec<Dense>,
    /// The function behind each.
    pub activation: Activation,
}

/// What a trunk's `forward` leaves for its `backward`: for each layer h = f(u), and the sums u = W x + b where they are asked for.
#[derive(Clone, Debug)]
pub struct TrunkTape<T, const N: usize> {
    u: Vec<Vec<[T; N]>>,
    h: Vec<Vec<[T; N]>>,
}

impl<T: Number, const N: usize> TrunkTape<T, N> {
    pub(super) fn new(trunk: &Trunk) -> Self {
        let rows = |count| vec![[T::ZERO; N]; count];
        TrunkTape {
            u: trunk.layers.iter().map(|layer| rows(if trunk.keeps_sums(layer) { layer.outputs } else { 0 })).collect(),
            h: trunk.layers.iter().map(|layer| rows(layer.outputs)).collect(),
        }
    }

    /// What the heads see.
    pub fn output(&self) -> &[[T; N]] {
        &self.h[self.h.len() - 1]
    }

    /// Which side of its kink each ReLU is on, as one number: two points with the same are joined by a smooth path.
    pub(crate) fn sides(&self, hash: u64) -> u64 {
        self.u
            .iter()
            .flatten()
            .flatten()
            .fold(hash, |hash, &u| (hash.rotate_left(5) ^ u64::from(u > T::ZERO)).wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    /// How close any sum is to ReLU's kink at 0, in each of the N points.
    pub(crate) fn margin(&self, margin: &mut [T; N]) {
        for u in self.u.iter().flatten() {
            for (margin, &u) in margin.iter_mut().zip(u) {
                *margin = if u.abs() < *margin { u.abs() } else { *margin };
            }
        }
    }
}

impl Trunk {
    /// silu's derivative needs them, and those who look for ReLU's kinks do; training needs less memory to go through.
    fn keeps_sums(&self, layer: &Dense) -> bool {
        match self.activation {
            Activation::Relu => !layer.fused,
            Activation::Tanh => false,
            Activation::Silu => true,
        }
    }

    /// h = f(W_L ... f(W_1 a + b_1) ... + b_L).
    pub fn forward<T: Number, const N: usize>(&self, p: &[T], a: &[[T; N]], tape: &mut TrunkTape<T, N>) {
        for (l, layer) in self.layers.iter().enumerate() {
            let (below, here) = tape.h.split_at_mut(l);
            let h = &mut here[0];
            layer.forward(p, below.last().map_or(a, |h| h), h);
            if self.keeps_sums(layer) {
                tape.u[l].copy_from_slice(h);
            }
            self.activation.forward(layer.fused, h);
        }
    }

    /// From the last layer down, with dh of the output in `room`: du = dh f'(u), then the dense layer's dW, db and dh of
    /// the layer below; what reaches the input is added to `da`.
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
            self.activation.backward(&tape.u[l], &tape.h[l], du);
            let x = if l == 0 { a } else { &tape.h[l - 1] };
            layer.turn_over(x, &mut room.turned);
            layer.backward_weight(x, du, dp, &room.turned);
            match below.last_mut() {
                Some(dh) => layer.backward_input(p, du, dh, false),
                None => layer.backward_input(p, du, da, true),
            }
        }
    }
}
