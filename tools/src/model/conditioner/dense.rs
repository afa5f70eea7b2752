use crate::model::{
    Layout, Number,
    kernel::{self, Arithmetic},
};
use std::ops::Range;

/// y = W x + b.
#[derive(Clone, Debug)]
pub struct Dense {
    /// The number of inputs.
    pub inputs: usize,
    /// The number of outputs.
    pub outputs: usize,
    /// The place of W \[outputs, inputs\] among the parameters, row by row.
    pub weight: Range<usize>,
    /// The place of b \[outputs\] among the parameters, behind W.
    pub bias: Range<usize>,
}

impl Dense {
    /// Appends the layer's tensors, `{name}.weight` and `{name}.bias`, to a layout.
    pub fn push(layout: &mut Layout, name: &str, inputs: usize, outputs: usize) -> Self {
        let weight = layout.push(format!("{name}.weight"), &[outputs, inputs]);
        let bias = layout.push(format!("{name}.bias"), &[outputs]);
        Dense { inputs, outputs, weight, bias }
    }

    /// A layer without tensors of its own: where integers stand in its place, only its shape counts.
    pub fn of_shape(inputs: usize, outputs: usize) -> Self {
        Dense { inputs, outputs, weight: 0..0, bias: 0..0 }
    }

    /// y = W x + b, or max(W x + b, 0) with `relu`.
    ///
    /// Each sum starts at the bias and runs in input order. [`Arithmetic::Device`] rounds after the
    /// product and after the sum.
    pub fn forward<T: Number, const N: usize>(
        &self,
        arithmetic: Arithmetic,
        p: &[T],
        x: &[[T; N]],
        y: &mut [[T; N]],
        relu: bool,
    ) {
        let layer = [&p[self.weight.clone()], &p[self.bias.clone()]];
        kernel::forward(arithmetic, layer, x, y, relu);
    }

    /// Writes the transpose of x, which `backward_weight` reads.
    pub fn transpose<T: Number, const N: usize>(
        &self,
        arithmetic: Arithmetic,
        x: &[[T; N]],
        transposed: &mut [T],
    ) {
        kernel::transpose(arithmetic, self.outputs, x, transposed);
    }

    /// dW += sum(dy x^T), db += sum(dy); the sums run over the points of a block.
    pub fn backward_weight<T: Number, const N: usize>(
        &self,
        arithmetic: Arithmetic,
        x: &[[T; N]],
        dy: &[[T; N]],
        dp: &mut [T],
        transposed: &[T],
    ) {
        let (dw, db) = dp[self.weight.start..self.bias.end].split_at_mut(self.weight.len());
        kernel::backward_weight(arithmetic, x, dy, [dw, db], transposed);
    }

    /// dx = sum(W^T dy) over some layers that share x; with `add` the old dx is added.
    ///
    /// dx is 0 where `gate` is not positive. With x = relu(u) as the gate, dx is the derivative by
    /// u.
    pub fn backward_input<T: Number, const P: usize, const N: usize>(
        arithmetic: Arithmetic,
        layers: [(&Dense, &[[T; N]]); P],
        p: &[T],
        dx: &mut [[T; N]],
        add: bool,
        gate: Option<&[[T; N]]>,
    ) {
        let layers = layers.map(|(layer, dy)| (&p[layer.weight.clone()], dy));
        kernel::backward_input(arithmetic, layers, dx, add, gate);
    }
}
