use super::{Dense, fused};
use couplet::Real;

/// f32, which training computes in, or f64, which gradient checks compute in.
///
/// A dense layer asks for the fast way of its fused products first; false where a type or a processor has none, and then
/// nothing is done.
pub trait Number: Real {
    /// self * b + c, rounded once.
    fn mul_add(self, b: Self, c: Self) -> Self;

    /// y = W x + b.
    fn forward<const N: usize>(_: &Dense, _: &[Self], _: &[[Self; N]], _: &mut [[Self; N]]) -> bool {
        false
    }

    /// dW += sum(dy x^T), dx += W^T dy.
    fn backward<const N: usize>(
        _: &Dense,
        _: &[Self],
        _: &[[Self; N]],
        _: &[[Self; N]],
        _: &mut [Self],
        _: &mut [[Self; N]],
    ) -> bool {
        false
    }
}

impl Number for f64 {
    fn mul_add(self, b: f64, c: f64) -> f64 {
        self.mul_add(b, c)
    }
}

impl Number for f32 {
    fn mul_add(self, b: f32, c: f32) -> f32 {
        self.mul_add(b, c)
    }

    fn forward<const N: usize>(dense: &Dense, p: &[f32], x: &[[f32; N]], y: &mut [[f32; N]]) -> bool {
        fused::forward(dense, p, x, y)
    }

    fn backward<const N: usize>(
        dense: &Dense,
        p: &[f32],
        x: &[[f32; N]],
        dy: &[[f32; N]],
        dp: &mut [f32],
        dx: &mut [[f32; N]],
    ) -> bool {
        fused::backward_weight(dense, x, dy, dp) && fused::backward_input(dense, p, dy, dx)
    }
}
