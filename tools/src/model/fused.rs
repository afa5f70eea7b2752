//! The three products of a dense layer in f32, with fused multiply-adds in vector registers, for training alone: the bits of the plain
//! loops with fused products, only faster.
//!
//! Each keeps a tile of four rows by two vectors of sums in registers, and each sum runs in the plain loops' order.

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
        let mut points = [[0.0; WIDEST]; N];
        for (k, x) in x.chunks(tile).enumerate() {
            turn_over(x, &mut points);
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

/// points\[n\]\[i\] = x\[i\]\[n\], eight by eight, which the compiler keeps in registers; what is behind x is left as it is.
#[inline(always)]
fn turn_over<const N: usize>(x: &[[f32; N]], points: &mut [[f32; WIDEST]; N]) {
    let (eights, rest) = x.as_chunks::<8>();
    for (k, eight) in eights.iter().enumerate() {
        for (n, points) in points.as_chunks_mut::<8>().0.iter_mut().enumerate() {
            let square: [[f32; 8]; 8] = std::array::from_fn(|i| std::array::from_fn(|j| eight[i][8 * n + j]));
            for (j, point) in points.iter_mut().enumerate() {
                let turned: [f32; 8] = std::array::from_fn(|i| square[i][j]);
                point[8 * k..8 * k + 8].copy_from_slice(&turned);
            }
        }
    }
    for (i, x) in rest.iter().enumerate() {
        for (point, &x) in points.iter_mut().zip(x) {
            point[8 * eights.len() + i] = x;
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
        let dw = &mut dw[r * inputs..][..inputs][columns.clone()];
        if let [first, second] = S::as_mut_simd_f32s(dw).0 {
            *first = simd.add_f32s(*first, sum[r][0]);
            *second = simd.add_f32s(*second, sum[r][1]);
            continue;
        }
        let mut numbers = [0.0; WIDEST];
        let vectors = S::as_mut_simd_f32s(&mut numbers).0;
        vectors[0] = sum[r][0];
        vectors[1] = sum[r][1];
        for (dw, number) in dw.iter_mut().zip(numbers) {
            *dw += number;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Over all shapes of tiles and remainders: vectors change no bit, so a model does not depend on the processor.
    #[test]
    fn vectors_give_the_bits_of_the_plain_loops_with_fused_products() {
        for (inputs, outputs) in [(1, 1), (1, 64), (64, 1), (3, 5), (64, 64), (33, 17), (21, 100), (100, 22)] {
            let mut state = 1_u32;
            let mut random = || {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 8) as f32 / (1 << 23) as f32 - 1.0
            };
            let (weight, bias) = (0..inputs * outputs, inputs * outputs..(inputs + 1) * outputs);
            let dense = Dense { inputs, outputs, weight, bias, fused: true };
            let p: Vec<f32> = (0..(inputs + 1) * outputs).map(|_| random()).collect();
            let mut block = |rows| -> Vec<[f32; 64]> { (0..rows).map(|_| std::array::from_fn(|_| random())).collect() };
            let (x, dy, dx) = (block(inputs), block(outputs), block(inputs));

            let (mut y, mut y_plain) = (dy.clone(), dy.clone());
            let (mut dx_fused, mut dx_plain, mut dp, mut dp_plain) = (dx.clone(), dx.clone(), p.clone(), p.clone());
            if !forward(&dense, &p, &x, &mut y) {
                println!("SKIPPED: this processor has no vectors with fused multiply-add");
                return;
            }
            assert!(backward_weight(&dense, &x, &dy, &mut dp) && backward_input(&dense, &p, &dy, &mut dx_fused));
            dense.plain_forward(&p, &x, &mut y_plain, |sum, w, x| w.mul_add(x, sum));
            dense.plain_backward(&p, &x, &dy, &mut dp_plain, &mut dx_plain, |sum, a, b| a.mul_add(b, sum));
            assert_eq!(y, y_plain, "forward, {inputs} x {outputs}");
            assert_eq!(dx_fused, dx_plain, "by the input, {inputs} x {outputs}");
            assert_eq!(dp, dp_plain, "by the weight, {inputs} x {outputs}");
        }
    }
}
