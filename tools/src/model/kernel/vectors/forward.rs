use super::dispatch;
use crate::model::kernel::Arithmetic;
use pulp::{Simd, WithSimd};

/// y = W x + b, or max(W x + b, 0) with `relu`.
pub fn forward<const N: usize>(
    arithmetic: Arithmetic,
    [weight, bias]: [&[f32]; 2],
    x: &[[f32; N]],
    y: &mut [[f32; N]],
    relu: bool,
) -> bool {
    let (inputs, x, y) = (x.len(), x.as_flattened(), y.as_flattened_mut());
    match arithmetic {
        Arithmetic::Fused => {
            dispatch::<N>(Forward::<true> { weight, bias, x, y, inputs, points: N, relu })
        }
        Arithmetic::Device => {
            dispatch::<N>(Forward::<false> { weight, bias, x, y, inputs, points: N, relu })
        }
    }
}

struct Forward<'a, const FUSED: bool> {
    weight: &'a [f32],
    bias: &'a [f32],
    x: &'a [f32],
    y: &'a mut [f32],
    inputs: usize,
    points: usize,
    relu: bool,
}

impl<const FUSED: bool> WithSimd for Forward<'_, FUSED> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        if FUSED {
            over_tiles!(self, simd, self.bias.len(), self.points, [(6, 2), (4, 2), (2, 4), (1, 4)]);
        } else {
            // On Zen 4 a product that loads its weight from memory is faster than one with both
            // operands in registers. Tiles one vector wide use each weight once, so they load it.
            over_tiles!(
                self,
                simd,
                self.bias.len(),
                self.points,
                [(12, 1), (8, 1), (4, 1), (2, 4), (1, 4)]
            );
        }
    }
}

impl<const FUSED: bool> Forward<'_, FUSED> {
    #[inline(always)]
    fn tile<S: Simd, const R: usize, const V: usize>(&mut self, simd: S, row: usize, point: usize) {
        // Copies, so that no index into the weights is checked.
        let &mut Forward { weight, bias, x, inputs, points, relu, .. } = self;
        let mut rows: [&[f32]; R] = [&[]; R];
        let mut sum = [[simd.splat_f32s(0.0); V]; R];
        for r in 0..R {
            rows[r] = &weight[(row + r) * inputs..][..inputs];
            sum[r] = [simd.splat_f32s(bias[row + r]); V];
        }
        for (i, x) in (0..inputs).zip(x.chunks_exact(points)) {
            let x = &S::as_simd_f32s(&x[point..][..V * S::F32_LANES]).0[..V];
            for r in 0..R {
                let w = simd.splat_f32s(rows[r][i]);
                for v in 0..V {
                    sum[r][v] = add_product::<S, FUSED>(simd, w, x[v], sum[r][v]);
                }
            }
        }
        if relu {
            for sum in sum.as_flattened_mut() {
                *sum = rectified(simd, *sum);
            }
        }
        for (r, sum) in sum.iter().enumerate() {
            let y = &mut self.y[(row + r) * points + point..][..V * S::F32_LANES];
            S::as_mut_simd_f32s(y).0.copy_from_slice(sum);
        }
    }
}

/// sum + a * b, rounded once or twice.
#[inline(always)]
fn add_product<S: Simd, const FUSED: bool>(
    simd: S,
    a: S::f32s,
    b: S::f32s,
    sum: S::f32s,
) -> S::f32s {
    if FUSED { simd.mul_add_e_f32s(a, b, sum) } else { simd.add_f32s(simd.mul_f32s(a, b), sum) }
}

/// max(u, 0), and NaN where u is, as on the device.
#[inline(always)]
fn rectified<S: Simd>(simd: S, u: S::f32s) -> S::f32s {
    let zero = simd.splat_f32s(0.0);
    simd.select_f32s(simd.less_than_f32s(u, zero), zero, u)
}
