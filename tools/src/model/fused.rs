//! The three products of a dense layer in f32, with fused multiply-adds in vector registers, for training alone: faster than
//! the layers' own loops, and not the device's bits.
//!
//! Each keeps a tile of four rows by two vectors of sums in registers, and sums in a fixed order.

use super::Dense;
use pulp::{Arch, Simd, WithSimd};

/// Rows of a tile.
const ROWS: usize = 4;

/// Vectors of a tile, side by side.
const VECTORS: usize = 2;

/// The widest tile in numbers: two vectors of sixteen. Blocks of points must be multiples of it.
const WIDEST: usize = 32;

/// Runs an operation with the widest vectors that the processor has; false where it has none with fused multiply-add, or
/// where a block of N points does not fill them.
fn dispatch<const N: usize>(operation: impl WithSimd<Output = ()>) -> bool {
    let arch = Arch::new();
    let possible = !matches!(arch, Arch::Scalar) && N.is_multiple_of(WIDEST);
    if possible {
        arch.dispatch(operation);
    }
    possible
}

/// y = W x + b.
pub fn forward<const N: usize>(dense: &Dense, p: &[f32], x: &[[f32; N]], y: &mut [[f32; N]]) -> bool {
    let (weight, bias) = (&p[dense.weight.clone()], &p[dense.bias.clone()]);
    dispatch::<N>(Forward { weight, bias, x: x.as_flattened(), y: y.as_flattened_mut(), inputs: dense.inputs, lanes: N })
}

struct Forward<'a> {
    weight: &'a [f32],
    bias: &'a [f32],
    x: &'a [f32],
    y: &'a mut [f32],
    inputs: usize,
    lanes: usize,
}

impl WithSimd for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Forward { weight, bias, x, y, inputs, lanes } = self;
        let (x, y) = (S::as_simd_f32s(x).0, S::as_mut_simd_f32s(y).0);
        let width = lanes / S::F32_LANES;
        let weights = weight.chunks_exact(ROWS * inputs);
        let weights_rest = weights.remainder();
        let mut row = 0;
        for weight in weights {
            let weight: [&[f32]; ROWS] = std::array::from_fn(|r| &weight[r * inputs..][..inputs]);
            let bias = std::array::from_fn(|r| bias[row + r]);
            forward_rows(simd, weight, bias, x, &mut y[row * width..], width);
            row += ROWS;
        }
        for weight in weights_rest.chunks_exact(inputs) {
            forward_rows(simd, [weight], [bias[row]], x, &mut y[row * width..], width);
            row += 1;
        }
    }
}

#[inline(always)]
fn forward_rows<S: Simd, const R: usize>(
    simd: S,
    weight: [&[f32]; R],
    bias: [f32; R],
    x: &[S::f32s],
    y: &mut [S::f32s],
    width: usize,
) {
    let mut column = 0;
    while column < width {
        let mut sum = [[simd.splat_f32s(0.0); VECTORS]; R];
        for r in 0..R {
            sum[r] = [simd.splat_f32s(bias[r]); VECTORS];
        }
        for (i, x) in x.chunks_exact(width).enumerate() {
            let x: [S::f32s; VECTORS] = [x[column], x[column + 1]];
            for r in 0..R {
                let w = simd.splat_f32s(weight[r][i]);
                for v in 0..VECTORS {
                    sum[r][v] = simd.mul_add_e_f32s(w, x[v], sum[r][v]);
                }
            }
        }
        for r in 0..R {
            for v in 0..VECTORS {
                y[r * width + column + v] = sum[r][v];
            }
        }
        column += VECTORS;
    }
}

/// dx += W^T dy.
pub fn backward_input<const N: usize>(dense: &Dense, p: &[f32], dy: &[[f32; N]], dx: &mut [[f32; N]]) -> bool {
    let weight = &p[dense.weight.clone()];
    dispatch::<N>(BackwardInput { weight, dy: dy.as_flattened(), dx: dx.as_flattened_mut(), inputs: dense.inputs, lanes: N })
}

struct BackwardInput<'a> {
    weight: &'a [f32],
    dy: &'a [f32],
    dx: &'a mut [f32],
    inputs: usize,
    lanes: usize,
}

impl WithSimd for BackwardInput<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let BackwardInput { weight, dy, dx, inputs, lanes } = self;
        let (dy, dx) = (S::as_simd_f32s(dy).0, S::as_mut_simd_f32s(dx).0);
        let width = lanes / S::F32_LANES;
        let tiled = inputs / ROWS * ROWS;
        for input in (0..tiled).step_by(ROWS) {
            backward_rows::<S, ROWS>(simd, weight, inputs, input, dy, &mut dx[input * width..], width);
        }
        for input in tiled..inputs {
            backward_rows::<S, 1>(simd, weight, inputs, input, dy, &mut dx[input * width..], width);
        }
    }
}

#[inline(always)]
fn backward_rows<S: Simd, const R: usize>(
    simd: S,
    weight: &[f32],
    inputs: usize,
    input: usize,
    dy: &[S::f32s],
    dx: &mut [S::f32s],
    width: usize,
) {
    let mut column = 0;
    while column < width {
        let mut sum = [[simd.splat_f32s(0.0); VECTORS]; R];
        for r in 0..R {
            for v in 0..VECTORS {
                sum[r][v] = dx[r * width + column + v];
            }
        }
        for (weight, dy) in weight.chunks_exact(inputs).zip(dy.chunks_exact(width)) {
            let weight: &[f32] = &weight[input..][..R];
            let dy = [dy[column], dy[column + 1]];
            for r in 0..R {
                let w = simd.splat_f32s(weight[r]);
                for v in 0..VECTORS {
                    sum[r][v] = simd.mul_add_e_f32s(w, dy[v], sum[r][v]);
                }
            }
        }
        for r in 0..R {
            for v in 0..VECTORS {
                dx[r * width + column + v] = sum[r][v];
            }
        }
        column += VECTORS;
    }
}

/// dW += sum(dy x^T), where vectors run along the inputs: x is turned over, point by point, first.
pub fn backward_weight<const N: usize>(dense: &Dense, x: &[[f32; N]], dy: &[[f32; N]], dp: &mut [f32]) -> bool {
    dispatch::<N>(BackwardWeight { x, dy, dw: &mut dp[dense.weight.clone()], inputs: dense.inputs })
}

struct BackwardWeight<'a, const N: usize> {
    x: &'a [[f32; N]],
    dy: &'a [[f32; N]],
    dw: &'a mut [f32],
    inputs: usize,
}

impl<const N: usize> WithSimd for BackwardWeight<'_, N> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let BackwardWeight { x, dy, dw, inputs } = self;
        let tile = VECTORS * S::F32_LANES;
        for (k, x) in x.chunks(tile).enumerate() {
            let mut points = [[0.0; WIDEST]; N];
            for (i, x) in x.iter().enumerate() {
                for (point, &x) in points.iter_mut().zip(x) {
                    point[i] = x;
                }
            }
            let columns = k * tile..k * tile + x.len();
            let mut rows = dw.chunks_exact_mut(ROWS * inputs);
            let mut row = 0;
            for dw in rows.by_ref() {
                let dy: [&[f32; N]; ROWS] = std::array::from_fn(|r| &dy[row + r]);
                weight_rows(simd, dy, &points, dw, inputs, columns.clone());
                row += ROWS;
            }
            for (dw, dy) in rows.into_remainder().chunks_exact_mut(inputs).zip(&dy[row..]) {
                weight_rows(simd, [dy], &points, dw, inputs, columns.clone());
            }
        }
    }
}

#[inline(always)]
fn weight_rows<S: Simd, const R: usize, const N: usize>(
    simd: S,
    dy: [&[f32; N]; R],
    points: &[[f32; WIDEST]; N],
    dw: &mut [f32],
    inputs: usize,
    columns: std::ops::Range<usize>,
) {
    let mut sum = [[simd.splat_f32s(0.0); VECTORS]; R];
    for n in 0..N {
        let x = S::as_simd_f32s(&points[n]).0;
        let x = [x[0], x[1]];
        for r in 0..R {
            let dy = simd.splat_f32s(dy[r][n]);
            for v in 0..VECTORS {
                sum[r][v] = simd.mul_add_e_f32s(dy, x[v], sum[r][v]);
            }
        }
    }
    for r in 0..R {
        let mut numbers = [0.0; WIDEST];
        let vectors = S::as_mut_simd_f32s(&mut numbers).0;
        vectors[0] = sum[r][0];
        vectors[1] = sum[r][1];
        for (dw, number) in dw[r * inputs..][..inputs][columns.clone()].iter_mut().zip(numbers) {
            *dw += number;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same layer the plain way and the fused way, over all shapes of tiles and remainders: relative errors of a few
    /// roundings.
    #[test]
    fn fused_products_equal_the_plain_ones() {
        for (inputs, outputs) in [(1, 1), (1, 64), (64, 1), (3, 5), (64, 64), (33, 17), (21, 100), (100, 22)] {
            let mut state = 1_u32;
            let mut random = || {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 8) as f32 / (1 << 23) as f32 - 1.0
            };
            let plain = Dense {
                inputs,
                outputs,
                weight: 0..inputs * outputs,
                bias: inputs * outputs..(inputs + 1) * outputs,
                fused: false,
            };
            let fused = Dense { fused: true, ..plain.clone() };
            let p: Vec<f32> = (0..(inputs + 1) * outputs).map(|_| random()).collect();
            let mut block = |rows| -> Vec<[f32; 64]> { (0..rows).map(|_| std::array::from_fn(|_| random())).collect() };
            let (x, dy, dx) = (block(inputs), block(outputs), block(inputs));

            let run = |dense: &Dense| {
                let (mut y, mut dx, mut dp) = (dy.clone(), dx.clone(), p.clone());
                dense.forward(&p, &x, &mut y);
                dense.backward(&p, &x, &dy, &mut dp, &mut dx);
                [y.as_flattened(), dx.as_flattened(), &dp].concat()
            };
            let size = 1e-6 * (inputs + outputs + 64) as f32;
            for (i, (plain, fused)) in run(&plain).into_iter().zip(run(&fused)).enumerate() {
                assert!((plain - fused).abs() <= size, "{inputs} x {outputs}, number {i}: {plain} and {fused}");
            }
        }
    }
}
