use super::{Arithmetic, Layout, Number, kernel::vectorized};
use std::ops::Range;

/// A linear map of the features by a lower triangular matrix, which can whiten them:
/// y_i = exp(s_i) x_i + sum over j < i of W_ij x_j, log_det = sum(s).
#[derive(Clone, Debug)]
pub struct Triangle {
    /// The place of s \[D\] among the parameters.
    pub log_scale: Range<usize>,
    /// The place of W \[D, D\] among the parameters; only what lies below the diagonal counts.
    pub weight: Range<usize>,
}

impl Triangle {
    /// Its name in the model file.
    pub const NAME: &'static str = "triangle";

    /// Appends its tensors to a layout.
    pub fn push(layout: &mut Layout, d: usize) -> Self {
        Triangle {
            log_scale: layout.push(format!("{}.log_scale", Self::NAME), &[d]),
            weight: layout.push(format!("{}.weight", Self::NAME), &[d, d]),
        }
    }

    /// exp(s), and what lies below the diagonal, row by row.
    pub fn rows<'a, T: Number>(
        &self,
        p: &'a [T],
    ) -> impl DoubleEndedIterator<Item = (T, &'a [T])> + ExactSizeIterator {
        let d = self.log_scale.len();
        let weight = &p[self.weight.clone()];
        let log_scale = &p[self.log_scale.clone()];
        (0..d).map(move |i| (log_scale[i].exp(), &weight[i * d..i * d + i]))
    }

    /// The sum of s, which the device has as a constant.
    pub fn log_det<T: Number>(&self, p: &[T]) -> T {
        p[self.log_scale.clone()].iter().fold(T::ZERO, |sum, &s| sum + s)
    }

    /// y_i = exp(s_i) x_i, then W_ij x_j for j = 0, 1, ..., i - 1; log_det += sum(s). In place, from
    /// the last feature to the first.
    pub fn forward<T: Number, const N: usize>(
        &self,
        arithmetic: Arithmetic,
        p: &[T],
        x: &mut [[T; N]],
        log_det: &mut [T; N],
    ) {
        for (i, (scale, weights)) in self.rows(p).enumerate().rev() {
            let (before, y) = x.split_at_mut(i);
            let y = &mut y[0];
            y.iter_mut().for_each(|y| *y = scale * *y);
            for (x, &w) in before.iter().zip(weights) {
                add_product(arithmetic, y, w, x);
            }
        }
        let sum = self.log_det(p);
        log_det.iter_mut().for_each(|log_det| *log_det += sum);
    }

    /// With `x`, the features before the layer, and sums over the points: dW_ij = sum(dy_i x_j),
    /// ds_i = sum(dy_i x_i exp(s_i) + dlog_det). dx_j = exp(s_j) dy_j, and W_ij dy_i for each i > j,
    /// in place of dy from the first feature to the last.
    pub fn backward<T: Number, const N: usize>(
        &self,
        arithmetic: Arithmetic,
        p: &[T],
        x: &[[T; N]],
        dlog_det: &[T; N],
        dp: &mut [T],
        dy: &mut [[T; N]],
    ) {
        let d = self.log_scale.len();
        let sum = |lanes: &[T; N]| lanes.iter().fold(T::ZERO, |sum, &lane| sum + lane);
        let dot = |a: &[T; N], b: &[T; N]| {
            let mut lanes = [T::ZERO; N];
            vectorized(
                #[inline(always)]
                || lanes.iter_mut().zip(a).zip(b).for_each(|((lane, &a), &b)| *lane = a * b),
            );
            sum(&lanes)
        };
        let dlog_det = sum(dlog_det);
        for (i, (scale, weights)) in self.rows(p).enumerate() {
            dp[self.log_scale.start + i] += scale * dot(&dy[i], &x[i]) + dlog_det;
            let (before, here) = dy.split_at_mut(i);
            let dy = &mut here[0];
            for (j, (dx, &w)) in before.iter_mut().zip(weights).enumerate() {
                dp[self.weight.start + i * d + j] += dot(dy, &x[j]);
                add_product(arithmetic, dx, w, dy);
            }
            dy.iter_mut().for_each(|dy| *dy = scale * *dy);
        }
    }

    /// x_i = (y_i - W_ij x_j for j = 0, 1, ..., i - 1) / exp(s_i), log_det -= sum(s). In place, from
    /// the first feature to the last.
    pub fn inverse<T: Number, const N: usize>(
        &self,
        arithmetic: Arithmetic,
        p: &[T],
        y: &mut [[T; N]],
        log_det: &mut [T; N],
    ) {
        for (i, (scale, weights)) in self.rows(p).enumerate() {
            let (before, x) = y.split_at_mut(i);
            let x = &mut x[0];
            for (before, &w) in before.iter().zip(weights) {
                add_product(arithmetic, x, -w, before);
            }
            x.iter_mut().for_each(|x| *x = *x / scale);
        }
        let sum = self.log_det(p);
        log_det.iter_mut().for_each(|log_det| *log_det -= sum);
    }
}

/// y <- y + w x, point by point.
fn add_product<T: Number, const N: usize>(
    arithmetic: Arithmetic,
    y: &mut [T; N],
    w: T,
    x: &[T; N],
) {
    vectorized(
        #[inline(always)]
        || {
            if arithmetic.is_fused() {
                y.iter_mut().zip(x).for_each(|(y, &x)| *y = w.mul_add(x, *y));
            } else {
                y.iter_mut().zip(x).for_each(|(y, &x)| *y += w * x);
            }
        },
    );
}
