use super::dispatch;
use pulp::{Simd, WithSimd};

/// dx = sum(W^T dy) over some layers (W, dy) that share x, always fused; see
/// [`crate::model::kernel::backward_input`].
pub fn backward_input<const P: usize, const N: usize>(
    layers: [(&[f32], &[[f32; N]]); P],
    dx: &mut [[f32; N]],
    add: bool,
    gate: Option<&[[f32; N]]>,
) -> bool {
    let inputs = dx.len();
    let layers = layers.map(|(weight, dy)| (weight, dy.as_flattened()));
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
        over_tiles!(self, simd, self.inputs, self.points, [(6, 2), (4, 2), (2, 4), (1, 4)]);
    }
}

impl<const P: usize> BackwardInput<'_, P> {
    #[inline(always)]
    fn tile<S: Simd, const R: usize, const V: usize>(&mut self, simd: S, row: usize, point: usize) {
        let &mut BackwardInput { layers, inputs, points, add, gate, .. } = self;
        let place =
            |r: usize| (row + r) * points + point..(row + r) * points + point + V * S::F32_LANES;
        let mut sum = [[simd.splat_f32s(0.0); V]; R];
        if add {
            for (r, sum) in sum.iter_mut().enumerate() {
                sum.copy_from_slice(S::as_simd_f32s(&self.dx[place(r)]).0);
            }
        }
        for (weight, dy) in layers {
            for (weight, dy) in weight.chunks_exact(inputs).zip(dy.chunks_exact(points)) {
                let weight = &weight[row..row + R];
                let dy = &S::as_simd_f32s(&dy[point..][..V * S::F32_LANES]).0[..V];
                for r in 0..R {
                    let w = simd.splat_f32s(weight[r]);
                    for v in 0..V {
                        sum[r][v] = simd.mul_add_e_f32s(w, dy[v], sum[r][v]);
                    }
                }
            }
        }
        if let Some(gate) = gate {
            let zero = simd.splat_f32s(0.0);
            for (r, sum) in sum.iter_mut().enumerate() {
                for (sum, gate) in sum.iter_mut().zip(S::as_simd_f32s(&gate[place(r)]).0) {
                    *sum = simd.select_f32s(simd.less_than_f32s(zero, *gate), *sum, zero);
                }
            }
        }
        for (r, sum) in sum.iter().enumerate() {
            S::as_mut_simd_f32s(&mut self.dx[place(r)]).0.copy_from_slice(sum);
        }
    }
}
