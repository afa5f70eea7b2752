use super::Number;
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
    /// Whether products and sums are fused: for training, since it is faster and not the device's bits.
    pub fused: bool,
}

/// How many sums are kept in registers side by side.
const TILE: usize = 16;

impl Dense {
    /// y = W x + b; each sum starts at the bias and runs in input order, rounding after the product and after the sum.
    pub fn forward<T: Number, const N: usize>(&self, p: &[T], x: &[[T; N]], y: &mut [[T; N]]) {
        match self.fused {
            false => self.plain_forward(p, x, y, |sum, w, x| sum + w * x),
            true if T::forward(self, p, x, y) => {}
            true => self.plain_forward(p, x, y, |sum, w, x| w.mul_add(x, sum)),
        }
    }

    /// With y = W x + b and the sum over the points of a block:
    ///
    /// dW += sum(dy x^T), db += sum(dy), dx += W^T dy.
    pub fn backward<T: Number, const N: usize>(&self, p: &[T], x: &[[T; N]], dy: &[[T; N]], dp: &mut [T], dx: &mut [[T; N]]) {
        for (db, dy) in dp[self.bias.clone()].iter_mut().zip(dy) {
            let (eights, rest) = dy.as_chunks::<8>();
            let mut sums = [T::ZERO; 8];
            for eight in eights {
                sums.iter_mut().zip(eight).for_each(|(sum, &dy)| *sum += dy);
            }
            *db += sums.iter().chain(rest).fold(T::ZERO, |sum, &dy| sum + dy);
        }
        match self.fused {
            false => self.plain_backward(p, x, dy, dp, dx, |sum, a, b| sum + a * b),
            true if T::backward(self, p, x, dy, dp, dx) => {}
            true => self.plain_backward(p, x, dy, dp, dx, |sum, a, b| a.mul_add(b, sum)),
        }
    }

    pub(super) fn plain_forward<T: Number, const N: usize>(
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

    pub(super) fn plain_backward<T: Number, const N: usize>(
        &self,
        p: &[T],
        x: &[[T; N]],
        dy: &[[T; N]],
        dp: &mut [T],
        dx: &mut [[T; N]],
        add: impl Fn(T, T, T) -> T,
    ) {
        // One tile of inputs, point by point, so that the sums over points are sums of whole tiles.
        for (tile, x) in x.chunks(TILE).enumerate() {
            let points: [[T; TILE]; N] =
                std::array::from_fn(|point| std::array::from_fn(|i| x.get(i).map_or(T::ZERO, |x| x[point])));
            let rows = dp[self.weight.clone()].chunks_exact_mut(self.inputs);
            for (row, dy) in rows.zip(dy) {
                let mut sum = [T::ZERO; TILE];
                for (point, &dy) in points.iter().zip(dy) {
                    for (sum, &x) in sum.iter_mut().zip(point) {
                        *sum = add(*sum, dy, x);
                    }
                }
                for (dw, sum) in row[tile * TILE..].iter_mut().zip(sum) {
                    *dw += sum;
                }
            }
        }
        let weight = &p[self.weight.clone()];
        for (i, dx) in dx.iter_mut().enumerate() {
            let mut sum = *dx;
            for (&w, dy) in weight[i..].iter().step_by(self.inputs).zip(dy) {
                for (sum, &dy) in sum.iter_mut().zip(dy) {
                    *sum = add(*sum, w, dy);
                }
            }
            *dx = sum;
        }
    }
}
