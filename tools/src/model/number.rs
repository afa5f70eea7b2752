use super::{Dense, fused};
use couplet::Real;

/// f32, which training computes in, or f64, which gradient checks compute in.
///
/// The products of a dense layer, for which f32 has faster ways; false where a type or a processor has none, and then
/// nothing is done.
pub trait Number: Real {
    /// y = W x + b.
    fn forward<const N: usize>(_: &Dense, _: &[Self], _: &[[Self; N]], _: &mut [[Self; N]]) -> bool {
        false
    }

    /// dx += W^T dy.
    fn backward_input<const N: usize>(_: &Dense, _: &[Self], _: &[[Self; N]], _: &mut [[Self; N]]) -> bool {
        false
    }

    /// dW += sum(dy x^T).
    fn backward_weight<const N: usize>(_: &Dense, _: &[[Self; N]], _: &[[Self; N]], _: &mut [Self]) -> bool {
        false
    }
}

impl Number for f64 {}

impl Number for f32 {
    fn forward<const N: usize>(dense: &Dense, p: &[f32], x: &[[f32; N]], y: &mut [[f32; N]]) -> bool {
        fused::forward(dense, p, x, y)
    }

    fn backward_input<const N: usize>(dense: &Dense, p: &[f32], dy: &[[f32; N]], dx: &mut [[f32; N]]) -> bool {
        fused::backward_input(dense, p, dy, dx)
    }

    fn backward_weight<const N: usize>(dense: &Dense, x: &[[f32; N]], dy: &[[f32; N]], dp: &mut [f32]) -> bool {
        fused::backward_weight(dense, x, dy, dp)
    }
}
