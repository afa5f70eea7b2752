use super::Number;
use super::{Activation, Dense};

/// The body of a conditioner: dense layers, each followed by the activation.
#[derive(Clone, Debug)]
pub struct Trunk {
    /// The layers in order.
    pub layers: Vec<Dense>,
    /// The function behind each.
    pub activation: Activation,
}

/// What a trunk's `forward` leaves for its `backward`: for each layer the sums u = W x + b and h = f(u).
#[derive(Clone, Debug)]
pub struct TrunkTape<T, const N: usize> {
    u: Vec<Vec<[T; N]>>,
    h: Vec<Vec<[T; N]>>,
    dh: Vec<Vec<[T; N]>>,
}

impl<T: Number, const N: usize> TrunkTape<T, N> {
    pub(super) fn new(trunk: &Trunk) -> Self {
        let like_layers = || trunk.layers.iter().map(|layer| vec![[T::ZERO; N]; layer.outputs]).collect();
        TrunkTape { u: like_layers(), h: like_layers(), dh: like_layers() }
    }

    /// What the heads see.
    pub fn output(&self) -> &[[T; N]] {
        &self.h[self.h.len() - 1]
    }

    /// What the heads saw, and zeros to which they add the derivative by it.
    pub fn output_and_gradient(&mut self) -> (&[[T; N]], &mut [[T; N]]) {
        let last = self.h.len() - 1;
        self.dh[last].fill([T::ZERO; N]);
        (&self.h[last], &mut self.dh[last])
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
    /// h = f(W_L ... f(W_1 a + b_1) ... + b_L).
    pub fn forward<T: Number, const N: usize>(&self, p: &[T], a: &[[T; N]], tape: &mut TrunkTape<T, N>) {
        for (l, layer) in self.layers.iter().enumerate() {
            let (below, here) = tape.h.split_at_mut(l);
            layer.forward(p, below.last().map_or(a, |h| h), &mut tape.u[l]);
            self.activation.forward(layer.fused, &tape.u[l], &mut here[0]);
        }
    }

    /// From the last layer down, with dh of the output in the tape: du = dh f'(u), then the dense layer's dW, db and dh of
    /// the layer below; what reaches the input is added to `da`.
    pub fn backward<T: Number, const N: usize>(
        &self,
        p: &[T],
        a: &[[T; N]],
        tape: &mut TrunkTape<T, N>,
        dp: &mut [T],
        da: &mut [[T; N]],
    ) {
        for (l, layer) in self.layers.iter().enumerate().rev() {
            let (below, here) = tape.dh.split_at_mut(l);
            let du = &mut here[0];
            self.activation.backward(&tape.u[l], &tape.h[l], du);
            match below.last_mut() {
                Some(dh) => {
                    dh.fill([T::ZERO; N]);
                    layer.backward(p, &tape.h[l - 1], du, dp, dh);
                }
                None => layer.backward(p, a, du, dp, da),
            }
        }
    }
}
