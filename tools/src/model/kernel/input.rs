use super::dispatch;
use crate::model::Dense;
use pulp::{Simd, WithSimd};

/// dx = sum(W^T dy) over some layers that see the same x, always fused; that is added to what dx is if `add`, and 0 where `gate`
/// is not positive.
pub fn backward_input<const P: usize, const N: usize>(
    layers: [(&Dense, &[[f32; N]]); P],
    p: &[f32],
    dx: &mut [[f32; N]],
    add: bool,
    gate: Option<&[[f32; N]]>,
) -> bool {
    let inputs = dx.len();
    let layers = layers.map(|(dense, dy)| (&p[dense.weight.clone()], dy.as_flattened()));
    let (dx, gate) = (dx.as_flattened_mut(), gate.map(|gate| gate.as_flattened()));
    dispatch::<N>(BackwardInput { layers, dx, inputs, points: N, add, gate })
}

struct BackwardInput<'a, const P: usize> {
    layers: [(&'a [f32], &'a [f32]); P],
    dx: &'a mut [f32],
    inputs: usize,
    points: usize,
    add: bool,
    gate: Option<&'a [f32]>,
}

impl<const P: usize> WithSimd for BackwardInput<'_, P> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        over_tiles!(self.inputs, self.points / S::F32_LANES, [(6, 2), (4, 2), (2, 4), (1, 4)], |row, column, R, V| {
            self.tile::<S, R, V>(simd, row, column)
        });
    }
}

impl<const P: usize> BackwardInput<'_, P> {
    #[inline(always)]
    fn tile<S: Simd, const R: usize, const V: usize>(&mut self, simd: S, row: usize, column: usize) {
        let width = self.points / S::F32_LANES;
        let place = |r: usize| (row + r) * width + column..(row + r) * width + column + V;
        let dx = S::as_mut_simd_f32s(self.dx).0;
        let mut sum = [[simd.splat_f32s(0.0); V]; R];
        if self.add {
            for r in 0..R {
                sum[r].copy_from_slice(&dx[place(r)]);
            }
        }
        for (weight, dy) in self.layers {
            for (weight, dy) in weight.chunks_exact(self.inputs).zip(S::as_simd_f32s(dy).0.chunks_exact(width)) {
                let (weight, dy) = (&weight[row..row + R], &dy[column..column + V]);
                for r in 0..R {
                    let w = simd.splat_f32s(weight[r]);
                    for v in 0..V {
                        sum[r][v] = simd.mul_add_e_f32s(w, dy[v], sum[r][v]);
                    }
                }
            }
        }
        if let Some(gate) = self.gate {
            let (gate, zero) = (S::as_simd_f32s(gate).0, simd.splat_f32s(0.0));
            for r in 0..R {
                for (sum, gate) in sum[r].iter_mut().zip(&gate[place(r)]) {
                    *sum = simd.select_f32s(simd.less_than_f32s(zero, *gate), *sum, zero);
                }
            }
        }
        for r in 0..R {
            dx[place(r)].copy_from_slice(&sum[r]);
        }
    }
}
