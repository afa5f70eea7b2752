use super::Activation;
use crate::model::Number;
use std::ops::Range;

/// y = W x + b.
#[derive(Clone, Debug)]
pub struct Dense {
    /// How many features come in.
    pub inputs: usize,
    /// How many features go out.
    pub outputs: usize,
    /// Where W \[outputs, inputs\] lies among the parameters, row by row.
    pub weight: Range<usize>,
    /// Where b \[outputs\] lies among the parameters.
    pub bias: Range<usize>,
    /// Whether products and sums are fused: for training, since it is faster and not the device's
    /// bits.
    pub fused: bool,
}

/// How many sums the plain loops keep side by side.
const TILE: usize = 16;

/// Up to so many inputs or outputs a layer is narrow.
const NARROW: usize = 4;

impl Dense {
    /// y = W x + b, or with `relu` max(W x + b, 0); each sum starts at the bias and runs in input
    /// order, rounding after the product and after the sum.
    pub fn forward<T: Number, const N: usize>(
        &self,
        p: &[T],
        x: &[[T; N]],
        y: &mut [[T; N]],
        relu: bool,
    ) {
        if T::forward(self, p, x, y, relu) {
            return;
        }
        match self.fused {
            false => self.plain_forward(p, x, y, |sum, w, x| sum + w * x),
            true => self.plain_forward(p, x, y, |sum, w, x| w.mul_add(x, sum)),
        }
        if relu {
            Activation::Relu.forward(self.fused, y);
        }
    }

    /// Makes `turned`, for `backward`, of what `forward` saw.
    pub fn turn_over<T: Number, const N: usize>(&self, x: &[[T; N]], turned: &mut [T]) {
        if self.fused && !self.is_narrow() {
            T::turn_over(x, turned);
        }
    }

    /// With y = W x + b and sums over the points of a block: dW += sum(dy x^T), db += sum(dy).
    ///
    /// `turned` is x turned over, each point's inputs side by side.
    pub fn backward_weight<T: Number, const N: usize>(
        &self,
        x: &[[T; N]],
        dy: &[[T; N]],
        dp: &mut [T],
        turned: &[T],
    ) {
        if self.fused && T::backward_weight(self, x, dy, dp, turned) {
            return;
        }
        match self.fused {
            false => self.plain_backward_weight(x, dy, dp, |sum, a, b| sum + a * b),
            true => self.plain_backward_weight(x, dy, dp, |sum, a, b| a.mul_add(b, sum)),
        }
    }

    /// With y = W x + b of some layers that see the same x: dx = sum(W^T dy), which is added to
    /// what dx is if `add`. Where `gate` is not positive dx is 0: with x = relu(u) as the gate, dx
    /// is the derivative by u.
    pub fn backward_input<T: Number, const P: usize, const N: usize>(
        layers: [(&Dense, &[[T; N]]); P],
        p: &[T],
        dx: &mut [[T; N]],
        add: bool,
        gate: Option<&[[T; N]]>,
    ) {
        let fused = layers.iter().all(|(layer, _)| layer.fused);
        if fused && T::backward_input(layers, p, dx, add, gate) {
            return;
        }
        if !add {
            dx.fill([T::ZERO; N]);
        }
        for (layer, dy) in layers {
            match fused {
                false => layer.plain_backward_input(p, dy, dx, |sum, a, b| sum + a * b),
                true => layer.plain_backward_input(p, dy, dx, |sum, a, b| a.mul_add(b, sum)),
            }
        }
        if let Some(gate) = gate {
            Activation::Relu.backward(&[], gate, dx);
        }
    }

    /// Whether there are so few inputs or outputs that each sum over points is better kept in lanes
    /// of its own.
    pub(in crate::model) fn is_narrow(&self) -> bool {
        self.inputs.min(self.outputs) <= NARROW
    }

    pub(in crate::model) fn plain_forward<T: Number, const N: usize>(
        &self,
        p: &[T],
        x: &[[T; N]],
        y: &mut [[T; N]],
        add: impl Fn(T, T, T) -> T,
    ) {
        let (weight, bias) = (&p[self.weight.clone()], &p[self.bias.clone()]);
        for ((y, w), &b) in y.iter_mut().zip(weight.chunks_exact(self.inputs)).zip(bias) {
            let mut sum = [b; N];
            for (&w, x) in w.iter().zip(x) {
                for (sum, &x) in sum.iter_mut().zip(x) {
                    *sum = add(*sum, w, x);
                }
            }
            *y = sum;
        }
    }

    pub(in crate::model) fn plain_backward_weight<T: Number, const N: usize>(
        &self,
        x: &[[T; N]],
        dy: &[[T; N]],
        dp: &mut [T],
        add: impl Fn(T, T, T) -> T,
    ) {
        plain_narrow_weight(&[[T::ONE; N]], dy, &mut dp[self.bias.clone()], &add);
        let dw = &mut dp[self.weight.clone()];
        match self.is_narrow() {
            true => plain_narrow_weight(x, dy, dw, &add),
            false => plain_weight(x, dy, dw, &add),
        }
    }

    pub(in crate::model) fn plain_backward_input<T: Number, const N: usize>(
        &self,
        p: &[T],
        dy: &[[T; N]],
        dx: &mut [[T; N]],
        add: impl Fn(T, T, T) -> T,
    ) {
        let weight = &p[self.weight.clone()];
        for (i, dx) in dx.iter_mut().enumerate() {
            for (&w, dy) in weight[i..].iter().step_by(self.inputs).zip(dy) {
                for (dx, &dy) in dx.iter_mut().zip(dy) {
                    *dx = add(*dx, w, dy);
                }
            }
        }
    }
}

/// dW of a layer whose sums over points run in tiles of inputs, point by point.
fn plain_weight<T: Number, const N: usize>(
    x: &[[T; N]],
    dy: &[[T; N]],
    dw: &mut [T],
    add: impl Fn(T, T, T) -> T,
) {
    for (tile, inputs) in x.chunks(TILE).enumerate() {
        let points: [[T; TILE]; N] = std::array::from_fn(|point| {
            std::array::from_fn(|i| inputs.get(i).map_or(T::ZERO, |x| x[point]))
        });
        for (dw, dy) in dw.chunks_exact_mut(x.len()).zip(dy) {
            let mut sums = [T::ZERO; TILE];
            for (point, &dy) in points.iter().zip(dy) {
                sums.iter_mut().zip(point).for_each(|(sum, &x)| *sum = add(*sum, dy, x));
            }
            dw[tile * TILE..].iter_mut().zip(sums).for_each(|(dw, sum)| *dw += sum);
        }
    }
}

/// dW of a narrow layer, where each sum over points runs in lanes. A bias is the weight of an input
/// that is always one.
fn plain_narrow_weight<T: Number, const N: usize>(
    x: &[[T; N]],
    dy: &[[T; N]],
    dw: &mut [T],
    add: impl Fn(T, T, T) -> T,
) {
    for (dw, dy) in dw.chunks_exact_mut(x.len()).zip(dy) {
        for (dw, x) in dw.iter_mut().zip(x) {
            let mut lanes = [T::ZERO; LANES];
            for (dy, x) in dy.chunks(LANES).zip(x.chunks(LANES)) {
                lanes
                    .iter_mut()
                    .zip(dy)
                    .zip(x)
                    .for_each(|((sum, &dy), &x)| *sum = add(*sum, dy, x));
            }
            *dw += sum_of_lanes(lanes);
        }
    }
}

/// How many sums over points a narrow layer, or a bias, keeps side by side.
pub(in crate::model) const LANES: usize = 16;

/// Halves added to halves, in the same order on every processor.
fn sum_of_lanes<T: Number>(mut lanes: [T; LANES]) -> T {
    for half in [8, 4, 2, 1] {
        for i in 0..half {
            lanes[i] += lanes[half + i];
        }
    }
    lanes[0]
}
